"""How large a single layer may be.

## What it finds

A layer stores more contents than the configuration allows; the largest is measured, the next ones are
named.

## Why it matters

A layer is pulled as a whole by one connection, and stored again as a whole when one byte of it changes.

## How to fix it

Put what changes often into a layer of its own, after what seldom changes: dependencies first, then the
program. LS1xx findings say what in the layer need not be there.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["LayerSize"]


class LayerSize(Budget):
    """How large a single layer may be."""

    id = "LS311"
    name = "layer-size"
    measures = "contents of the largest layer"
    exceeds = "a layer is larger than allowed"
    fix = Fix("put what seldom changes into an instruction of its own, before what often does")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """The largest layer's stored bytes."""
        places = image.layer_places(lambda layer: layer.reading.changeset.content_bytes)
        largest = places[0] if places else None
        return Measurement(
            largest.freed_bytes if largest else 0,
            places,
            in_base=largest is not None and largest.is_below(image.analysis.base.layers),
        )
