"""Files that a later layer removes.

## What it finds

Files that one layer stores and a later one removes, with a whiteout of the file, of a directory above it, or
with an opaque whiteout.

## Why it matters

A layer only adds to what lies below it. A removed file is gone from the container and still in the image: it
is stored in the registry, and every pull brings it.

## How to fix it

Remove it in the instruction that writes it, before that instruction ends: `RUN make && rm -rf build`. What
is needed only while building belongs into another stage, or on a mount: `RUN --mount=type=cache,target=…`.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix

__all__ = ["RemovedLater"]

_CAUSES = (WasteCause.REMOVED, WasteCause.OPAQUE)


class RemovedLater(Rule):
    """Every byte of the ledger whose cause is a removal, by the layers that wrote and removed it."""

    id = "LS101"
    name = "removed-later"
    rank = 90

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers."""
        for (written, hidden), inodes in evidence.wasted(*_CAUSES).items():
            yield Draft(
                f"files of layer {written} are removed by layer {hidden}",
                Fix(
                    "remove them in the instruction that writes them, or write them in another stage",
                    "RUN make && make install && rm -rf build",
                ),
                inodes=inodes,
                hidden_in=hidden,
            )
