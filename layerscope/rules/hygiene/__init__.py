"""LS4xx: what should not be in an image, however small it is. One rule is one file."""
