"""Where images come from: one module for each medium, all giving the same `Image`."""
