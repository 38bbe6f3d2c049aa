"""A RUN does together what depends on the sources and what does not.

## What it finds

A list of commands below a COPY of which the first ones need nothing of what it brings: packages are
installed, then the sources are compiled.

## Why it matters

The packages are installed again with every change of the sources.

## How to fix it

Make two of it, and put the first above the COPY; the finding has a sketch:

    RUN apt-get update && apt-get install -y --no-install-recommends gcc
    COPY . /src
    RUN make -C /src
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.finding import Severity
from layerscope.rules.suggested import SuggestionRule

__all__ = ["MixedRun"]


class MixedRun(SuggestionRule):
    """A RUN that could be two."""

    id: ClassVar[str] = "LS213"
    name: ClassVar[str] = "mixed-run"
    severity: ClassVar[Severity] = Severity.INFO
    kinds: ClassVar[tuple[str, ...]] = ("split-run",)
    message: ClassVar[str] = "a RUN does together what depends on the sources and what does not"
