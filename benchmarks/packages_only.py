"""`python -m benchmarks.packages_only IMAGE`: `inspect --format json`, packages and all, but no rule is asked.

No option of layerscope does that. What rules add is the time that `inspect` takes beyond this.
"""

from __future__ import annotations

import gc
import sys

from layerscope.api import inspect
from layerscope.report.json import json_blocks

if __name__ == "__main__":
    analysis = inspect(sys.argv[1])
    gc.freeze()  # as the command line does
    for block in json_blocks(analysis, None):
        sys.stdout.buffer.write(block)
