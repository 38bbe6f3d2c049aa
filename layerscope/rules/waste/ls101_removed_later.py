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

What a `COPY` brought and a later `RUN rm` removes should not be copied: name it in `.dockerignore`, copy
only what stays, or mount it where it is needed: `RUN --mount=type=bind,source=.,target=/src …`.

What the base image stores cannot be removed by an image that is built on it. Where it matters, take a smaller
variant of the base, or copy what is needed of it into a stage that starts from a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.origins import Writer, writer_of
from layerscope.rules.pairs import LayerPair, pair_drafts

__all__ = ["RemovedLater"]

_RUN = Fix(
    "remove them in the instruction that writes them, before it ends, or write them in another stage",
    "RUN make && make install && rm -rf build",
)
_WRITERS = {
    Writer.CONTEXT: Fix(
        "do not copy what is removed again: name it in .dockerignore, or mount it where it is needed",
        "RUN --mount=type=bind,source=.,target=/src,rw make -C /src install",
    ),
    Writer.STAGE: Fix(
        "do not copy what is removed again: copy only what stays, or mount it where it is needed",
        "RUN --mount=type=bind,from=build,source=/src,target=/src,rw make -C /src install",
    ),
    Writer.URL: Fix(
        "download it in the RUN that uses it, and remove it before that ends",
        "RUN curl -fsSLo /tmp/app.bin URL && sh /tmp/app.bin && rm /tmp/app.bin",
    ),
}
_BASE = Fix(
    "the base image stores these files, so removing them frees nothing: leave out the removal, "
    "or choose a smaller variant of the base"
)


class RemovedLater(Rule):
    """Every byte of the ledger whose cause is a removal, by the layers that wrote and removed it."""

    id = "LS101"
    name = "removed-later"
    rank = 90

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers."""

        def draft(pair: LayerPair) -> Draft:
            return Draft(
                f"files of layer {pair.written_in} are removed by layer {pair.hidden_in}",
                _WRITERS.get(writer_of(evidence, pair.written_in), _RUN),
                inodes=pair.inodes,
                base_fix=_BASE,
            )

        yield from pair_drafts(
            evidence,
            evidence.wasted(WasteCause.REMOVED, WasteCause.OPAQUE),
            draft=draft,
            several="files of several layers are removed by later ones",
            fix=_RUN,
            base_fix=_BASE,
        )
