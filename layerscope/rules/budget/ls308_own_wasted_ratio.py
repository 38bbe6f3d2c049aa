"""What part of the bytes that one's own layers answer for is wasted.

## What it finds

The bytes that one's own layers hid (LS307), as a part of what they store and of what they hid in the base
image, are more than the configuration allows. It is 0 where they hide nothing, and 1 where they do
nothing else: a number in any case.

## Why it matters

The same bound suits small and large images, and the base image's waste fails nobody's build. It is
checked if nothing else is configured: 10 % at most.

## How to fix it

LS101 to LS108 say of each wasted byte who stored it, who hid it, and what to change.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit
from layerscope.rules.own_waste import hidden_in_base, own_hiders

__all__ = ["OwnWastedRatio"]


class OwnWastedRatio(Budget):
    """What part of the bytes that one's own layers answer for is wasted."""

    id = "LS308"
    name = "own-wasted-ratio"
    units = (Unit.RATIO,)
    measures = "wasted part of what your own layers store and hide"
    exceeds = "a larger part of your own layers is wasted than allowed"
    fix = Fix("remove files in the instruction that makes them; layerscope inspect names each")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """Hidden by one's own layers / (stored by them + stored by the base and hidden by them)."""
        totals = image.totals
        answered = totals.own_stored_bytes + hidden_in_base(image)
        ratio = totals.own_wasted_bytes / answered if answered else 0.0
        return Measurement(ratio, own_hiders(image))
