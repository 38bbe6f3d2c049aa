"""Files that one layer stores twice.

## What it finds

Paths that have several entries in the tar of one layer: all but the last one are hidden by that same layer.

## Why it matters

The earlier contents are stored and can never be seen. Programs differ in which of the entries they take, so
such a layer may not even mean the same everywhere.

## How to fix it

No instruction of a Dockerfile does this: the program that wrote the layer does, by appending to a tar
(`tar --append`), by listing a file twice, or by joining layers without leaving out what is overwritten. Build
the layer anew with a program that writes each path once.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix

__all__ = ["DuplicateEntry"]

_FIX = Fix("write the layer anew with a builder that stores each path once: appending to a tar keeps both")


class DuplicateEntry(Rule):
    """Every byte of the ledger that was written and hidden by the same layer."""

    id = "LS105"
    name = "duplicate-entry"
    rank = 90

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each layer."""
        for (layer, _), inodes in evidence.wasted(WasteCause.DUPLICATE_ENTRY).items():
            yield Draft(f"layer {layer} stores several entries for the same path", _FIX, inodes=inodes)
