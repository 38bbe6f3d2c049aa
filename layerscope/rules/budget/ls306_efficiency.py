"""What part of the stored bytes is live.

## What it finds

The live bytes, as a part of all that the image stores, are less than the configuration asks for. It is 1
minus the ratio of LS305; whoever comes from `dive` knows it as `lowestEfficiency`, where it is computed
in another way (the how-to about the gate says how).

## Why it matters

The same bound suits small and large images.

## How to fix it

As for LS304: LS101 to LS108 say what to change.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Bound, Budget, Measured, Measurement, Unit

__all__ = ["Efficiency"]


class Efficiency(Budget):
    """What part of the stored bytes is live."""

    id = "LS306"
    name = "efficiency"
    units = (Unit.RATIO,)
    bound = Bound.AT_LEAST
    measures = "live part of what is stored"
    exceeds = "a smaller part of the image is live than asked for"
    fix = Fix("remove files in the instruction that makes them; layerscope inspect names each")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """Live / stored; 1 of nothing."""
        totals = image.totals
        return Measurement(
            image.analysis.ledger.efficiency_ratio,
            image.layer_places(lambda layer: layer.wasted_bytes),
            in_base=totals.wasted_bytes > 0 and not totals.own_wasted_bytes,
        )
