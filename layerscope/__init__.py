"""Account for every byte of a container image: who wrote it, who hid it, and what to change.

    import layerscope

    analysis = layerscope.inspect("image.tar")
    print(analysis.ledger.wasted_bytes)
    for finding in layerscope.examine(analysis):
        print(finding.freed_bytes, finding.message)

The names below are the public API; they are loaded when first used, so that `import layerscope` and
`layerscope --version` stay fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope import errors
    from layerscope.advising import advise
    from layerscope.api import (
        analyze_image,
        choose_image,
        examine,
        inspect,
        open_cache,
        open_source,
        read_distinct,
    )
    from layerscope.checking import check, configuration_for
    from layerscope.optimizing import optimize
    from layerscope.several import compare, share

__all__ = [
    "__version__",
    "advise",
    "analyze_image",
    "check",
    "choose_image",
    "compare",
    "configuration_for",
    "errors",
    "examine",
    "inspect",
    "open_cache",
    "open_source",
    "optimize",
    "read_distinct",
    "share",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name == "errors":
        return importlib.import_module("layerscope.errors")
    if name in ("compare", "share"):
        return getattr(importlib.import_module("layerscope.several"), name)
    if name == "advise":
        return importlib.import_module("layerscope.advising").advise
    if name in ("check", "configuration_for"):
        return getattr(importlib.import_module("layerscope.checking"), name)
    if name == "optimize":
        return importlib.import_module("layerscope.optimizing").optimize
    if name in __all__:
        from layerscope import api  # noqa: PLC0415  # loading it here keeps `import layerscope` cheap

        return getattr(api, name)
    raise AttributeError(f"module 'layerscope' has no attribute {name!r}")
