"""Many layers with next to nothing in them.

## What it finds

More than ten layers of the image's own that store less than 10 kB each.

## Why it matters

Each layer is a request to the registry, a file in its storage and a mount when a container starts, however
little is in it. The number of layers of an image is limited, too: 127 with Docker's overlay driver.

## How to fix it

Join instructions that belong together: one `RUN` with `&&`, or a here-document; one `COPY` for several files;
`COPY --chmod=…` instead of `RUN chmod`. What only sets configuration (`ENV`, `LABEL`, `CMD`) makes no layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity

__all__ = ["ManyTinyLayers"]

_TINY_BYTES = 10_000
_MANY = 10

_FIX = Fix(
    "join instructions that belong together",
    "RUN mkdir -p /srv/app && useradd --create-home app && chown app: /srv/app",
)


class ManyTinyLayers(Rule):
    """Own layers that were read whole and hold next to nothing."""

    id = "LS161"
    name = "many-tiny-layers"
    severity = Severity.INFO

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft, if there are many."""
        layers, stored = evidence.analysis.layers, evidence.analysis.ledger.stored_by_layer
        tiny = [
            index
            for index in evidence.own_layers
            if stored[index] < _TINY_BYTES
            and layers[index].layer.absent is None
            and layers[index].reading.error is None
        ]
        if len(tiny) > _MANY:
            yield Draft(f"{len(tiny)} layers have next to nothing in them", _FIX, layers=tiny)
