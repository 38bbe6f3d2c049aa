"""Files stored again as they were.

## What it finds

Files that a later layer stores again although nothing about them changed: content, mode, owner, times and
extended attributes are the same.

## Why it matters

The same bytes are in the image twice, and every pull brings them twice.

## How to fix it

Copy each file once. `COPY . .` after `COPY package.json .` stores that file a second time: small, and worth
it for the build cache. A whole tree that is copied twice is not: copy it by the instruction that needs it
first, and name in `.dockerignore` what the second `COPY` should leave out.

A `RUN` that writes files again which were right already (`cp -r` over a tree, a database written anew) should
write only what changes.

Builders that make a layer of everything they see (and not of what changed) do this with each layer; build
with another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.pairs import LayerPair, pair_drafts

__all__ = ["RewrittenUnchanged"]

_FIX = Fix(
    "copy each file once: leave out of the later instruction what is there already",
    "COPY src /srv/app/src",
)
_BASE = Fix(
    "the base image has these files already: leave them out of the instruction that stores them again",
    "COPY src /srv/app/src",
)
_RUN = Fix(
    "write only what changes: a file that is written again as it was is stored again",
    "RUN cp --update --recursive new/. /srv/app",
)


class RewrittenUnchanged(Rule):
    """Every byte of the ledger that was rewritten identically."""

    id = "LS104"
    name = "rewritten-unchanged"
    rank = 90

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers."""

        def draft(pair: LayerPair) -> Draft:
            return Draft(
                f"files of layer {pair.written_in} are stored again, unchanged, by layer {pair.hidden_in}",
                _fix(evidence, pair),
                inodes=pair.inodes,
                by_hider=True,
            )

        yield from pair_drafts(
            evidence,
            evidence.wasted(WasteCause.UNCHANGED),
            draft=draft,
            several="files of several layers are stored again, unchanged, by later ones",
            fix=_FIX,
            by_hider=True,
        )


def _fix(evidence: Evidence, pair: LayerPair) -> Fix:
    if evidence.keyword(pair.hidden_in) == "RUN":
        return _RUN
    return _BASE if evidence.in_base(pair.written_in) else _FIX
