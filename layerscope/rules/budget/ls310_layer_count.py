"""How many layers the image has.

## What it finds

The image has more layers than the configuration allows, empty ones among them. Those of the base image
are counted.

## Why it matters

Engines have a limit (overlayfs takes some hundred), each layer costs a request when the image is pulled,
and what many small `RUN` instructions do to the same files is stored many times.

## How to fix it

Make one `RUN` of those that belong together. `COPY` several paths at once. Build in a stage of its own,
and copy what is needed.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["LayerCount"]


class LayerCount(Budget):
    """How many layers the image has."""

    id = "LS310"
    name = "layer-count"
    units = (Unit.COUNT,)
    measures = "layers"
    exceeds = "the image has more layers than allowed"
    fix = Fix("make one RUN of the instructions that belong together")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """All layers."""
        return Measurement(len(image.layers))
