"""What holds for all tests: none reads or writes the cache of whoever runs them."""

from __future__ import annotations

import os

os.environ["LAYERSCOPE_CACHE_SIZE"] = "0"
os.environ.pop("LAYERSCOPE_CACHE_DIR", None)
