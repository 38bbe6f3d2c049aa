"""LS1xx: bytes that the image need not have. One rule is one file."""
