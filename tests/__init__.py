"""The tests of layerscope, and the small language they build images with."""
