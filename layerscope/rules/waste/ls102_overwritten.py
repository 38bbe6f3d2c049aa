"""Files that a later layer writes again.

## What it finds

Files that one layer stores and a later one stores again with another content, or replaces by something else:
a directory, a link.

## Why it matters

Both contents are in the image; only the last one can be seen. Every pull brings both.

## How to fix it

Write the file once. Where two `RUN` instructions change the same file, make them one: a package manager's
database, for example, is stored again by each instruction that installs something. Where a `COPY` brings a
file that a later instruction edits (`sed -i`), edit it in another stage, or copy the right one.

What the base image stores stays stored: configure it by a file of one's own beside it where the program
allows that (`conf.d`), and upgrade packages by taking a newer base.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.pairs import LayerPair, pair_drafts

__all__ = ["Overwritten"]

_RUN = Fix(
    "write them once: make one RUN of the instructions that change the same files",
    "RUN ./configure --prefix=/usr && make && make install",
)
_COPY = Fix(
    "copy the files as they are meant to be: change them in another stage, and copy them from there",
    "COPY --from=build /src/dist /srv/app",
)
_BASE = Fix(
    "the base image stores the files as they were: choose a base that has them as they are needed, "
    "or leave them alone and put files of your own beside them"
)


class Overwritten(Rule):
    """Every byte of the ledger whose file has another content now, or became something else."""

    id = "LS102"
    name = "overwritten"
    rank = 90

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers."""

        def draft(pair: LayerPair) -> Draft:
            copied = evidence.keyword(pair.written_in) in ("COPY", "ADD")
            return Draft(
                f"files of layer {pair.written_in} are written again by layer {pair.hidden_in}",
                _COPY if copied else _RUN,
                inodes=pair.inodes,
                base_fix=_BASE,
            )

        yield from pair_drafts(
            evidence,
            evidence.wasted(WasteCause.OVERWRITTEN, WasteCause.REPLACED),
            draft=draft,
            several="files of several layers are written again by later ones",
            fix=_RUN,
            base_fix=_BASE,
        )
