"""Benchmarks: deterministic images, and one command that times layerscope against its peers on them."""
