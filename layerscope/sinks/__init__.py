"""Where images go to: blobs first, then the documents that name them, then one rename."""
