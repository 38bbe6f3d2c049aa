"""Images, layers and changesets: what a source offers and what one layer says."""
