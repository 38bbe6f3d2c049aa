"""All sources are copied into a stage that needs few of them.

## What it finds

`COPY . .` in a stage that nobody builds or continues, where all that is done there and all that other
stages copy from it is known to need a few files.

## Why it matters

Any change of any file carries out the stage again.

## How to fix it

    COPY package.json package-lock.json ./

`layerscope advise --only narrow-copy` writes it as a patch.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.finding import Severity
from layerscope.rules.suggested import SuggestionRule

__all__ = ["BroadCopy"]


class BroadCopy(SuggestionRule):
    """A COPY of more than a stage needs."""

    id: ClassVar[str] = "LS212"
    name: ClassVar[str] = "broad-copy"
    severity: ClassVar[Severity] = Severity.INFO
    kinds: ClassVar[tuple[str, ...]] = ("narrow-copy",)
    message: ClassVar[str] = "all sources are copied into a stage that needs few of them"
