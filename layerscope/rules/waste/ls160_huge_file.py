"""A single file that is a large part of the image.

## What it finds

Files of at least 100 MB in the final root filesystem that are at least a quarter of what the image's own
layers store.

## Why it matters

A layer with a changed byte is pulled as a whole. A large file that changes seldom, in one layer with code
that changes often, is pulled with every release.

## How to fix it

Often nothing: a model or a database that the program needs is what the image is for. Put it into a layer of
its own, before what changes more often, so that it is pulled once. If it is needed only by some containers,
mount it as a volume or let the program fetch it.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity

__all__ = ["HugeFile"]

_LEAST_BYTES = 100_000_000
_LEAST_RATIO = 0.25

_FIX = Fix(
    "give it a layer of its own, before what changes more often, or mount it as a volume",
    "COPY model.bin /srv/model.bin",
)


class HugeFile(Rule):
    """Live files of own layers that outweigh the rest; no bytes are claimed, for they may be needed."""

    id = "LS160"
    name = "huge-file"
    severity = Severity.INFO

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each file."""
        own = sum(evidence.analysis.ledger.stored_by_layer[layer] for layer in evidence.own_layers)
        least = max(_LEAST_BYTES, _LEAST_RATIO * own)
        for inode in evidence.large_files:
            if inode >= evidence.first_own and evidence.size(inode) >= least:
                yield Draft(
                    "a single file is a large part of what the image adds to its base",
                    _FIX,
                    mentions=[inode],
                )
