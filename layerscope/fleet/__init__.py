"""Many images at once: which ones a user means, and each of their layers read once."""
