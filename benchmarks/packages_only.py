"""`python -m benchmarks.packages_only IMAGE`: `inspect --format json`, packages and all, but no rule asked.

No option of layerscope does that. What rules add is the time that `inspect` takes beyond this. It is the
command itself, so that both start alike, with nothing in the place of the rules.
"""

from __future__ import annotations

import sys

from layerscope.cli.commands import inspect as command
from layerscope.cli.main import main

if __name__ == "__main__":
    vars(command)["examine"] = lambda _: ()
    sys.argv = ["layerscope", "inspect", "--format", "json", sys.argv[1]]
    main()
