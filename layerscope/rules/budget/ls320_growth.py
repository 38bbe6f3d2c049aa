"""How much the image may grow.

## What it finds

The contents of all layers grew by more than the configuration allows, compared with a baseline.

What is allowed is a number of bytes (`5 MB`) or a part of what was there (`2%`); both may be given.
Without a baseline it is skipped, and says so.

## Why it matters

Images grow a little with each change, and nobody notices the one that adds half a gigabyte. The
difference to the last accepted build is what a review can be about.

## How to fix it

The report says what grew: by instruction, directory, package and file. If it is meant to be, accept it:
`layerscope check IMAGE --write-baseline FILE`, and commit the file.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.growing import grown
from layerscope.rules.measuring import Budget, Measured, Measurement, NotMeasured, Unit

__all__ = ["GrowthBudget"]


class GrowthBudget(Budget):
    """How much the image may grow."""

    id = "LS320"
    name = "growth"
    units = (Unit.BYTES, Unit.RATIO)
    by_baseline = True
    measures = "contents of all layers, since the baseline"
    exceeds = "the image grew by more than allowed"
    fix = Fix("leave out what grew; or accept it: layerscope check with --write-baseline")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:  # noqa: ARG002
        """The difference, or its part of what was there."""
        return grown(image, unit, lambda growth: growth.stored)
