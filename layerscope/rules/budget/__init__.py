"""LS3xx: what an image may be at most, or at least. One budget a file."""
