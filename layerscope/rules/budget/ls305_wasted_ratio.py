"""What part of the stored bytes nothing can reach.

## What it finds

The wasted bytes of the image (LS304), as a part of all that it stores, are more than the configuration
allows.

## Why it matters

The same bound suits small and large images.

## How to fix it

As for LS304: LS101 to LS108 say what to change.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["WastedRatio"]


class WastedRatio(Budget):
    """What part of the stored bytes nothing can reach."""

    id = "LS305"
    name = "wasted-ratio"
    units = (Unit.RATIO,)
    measures = "wasted part of what is stored"
    exceeds = "a larger part of the image is wasted than allowed"
    fix = Fix("remove files in the instruction that makes them; layerscope inspect names each")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """Wasted / stored; 0 of nothing."""
        totals = image.totals
        ratio = totals.wasted_bytes / totals.stored_bytes if totals.stored_bytes else 0.0
        return Measurement(
            ratio,
            image.layer_places(lambda layer: layer.wasted_bytes),
            in_base=totals.wasted_bytes > 0 and not totals.own_wasted_bytes,
        )
