"""Which package owns which path: what package managers wrote down in the image, compared layer by layer."""
