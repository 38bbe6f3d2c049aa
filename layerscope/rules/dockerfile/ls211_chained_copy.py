"""A COPY is carried out again because of what stands above it.

## What it finds

A COPY below steps that change, which BuildKit could keep apart with `--link`: no link leads to its
destination, and the directories there are as a builder makes them.

## Why it matters

Its layer is made and pushed again, although it holds the same files. With `--link` it is a layer of its own
that only its files decide about, and that stays when the base image is another one.

## How to fix it

    COPY --link --from=build /out /opt/app

`layerscope advise --only copy-link` writes it as a patch.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.finding import Severity
from layerscope.rules.suggested import SuggestionRule

__all__ = ["ChainedCopy"]


class ChainedCopy(SuggestionRule):
    """A COPY that could be linked."""

    id: ClassVar[str] = "LS211"
    name: ClassVar[str] = "chained-copy"
    severity: ClassVar[Severity] = Severity.INFO
    kinds: ClassVar[tuple[str, ...]] = ("copy-link",)
    message: ClassVar[str] = "a COPY is carried out again for what stands above it"
