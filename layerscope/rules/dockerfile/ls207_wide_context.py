"""The build context holds what the image does not need.

## What it finds

Files that a COPY of a whole directory takes and that nothing needs: `.git`, what tools leave behind
(`node_modules`, `__pycache__`), results of builds, settings of editors and CI, documentation and tests; and
files that a COPY brings and a RUN removes again. `.git` is left alone where something reads it.

## Why it matters

They are sent to the builder in every build, are part of what the COPY is compared by, so that it and all
below it miss the cache, and end up in the image. With `.git` every commit misses.

## How to fix it

Name them in `.dockerignore`; `layerscope advise --only dockerignore` writes the lines as a patch, and says
which paths of the image go.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.suggested import SuggestionRule

__all__ = ["WideContext"]


class WideContext(SuggestionRule):
    """Entries that .dockerignore lacks."""

    id: ClassVar[str] = "LS207"
    name: ClassVar[str] = "wide-context"
    kinds: ClassVar[tuple[str, ...]] = ("dockerignore", "ignore-removed")
    about_content: ClassVar[bool] = True
    message: ClassVar[str] = "the build context holds what the image does not need"
