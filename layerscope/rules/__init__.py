"""Named problems with their bytes, who stored them, and what to change."""
