"""How much one's own layers may grow.

## What it finds

The contents of the layers above the base image grew by more than the configuration allows, compared with
a baseline. Where the base of one of the two is unknown, all layers are compared.

What is allowed is a number of bytes (`5 MB`) or a part of what was there (`2%`); both may be given.
Without a baseline it is skipped, and says so.

## Why it matters

What the base image gains by an update is not the doing of whoever opens a pull request. It is checked
wherever a baseline is given and nothing else is configured: 10 % at most.

## How to fix it

The report says what grew: by instruction, directory, package and file. If it is meant to be, accept it:
`layerscope check IMAGE --write-baseline FILE`, and commit the file.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.growing import grown
from layerscope.rules.measuring import Budget, Measured, Measurement, NotMeasured, Unit

__all__ = ["OwnGrowth"]


class OwnGrowth(Budget):
    """How much one's own layers may grow."""

    id = "LS322"
    name = "own-growth"
    units = (Unit.BYTES, Unit.RATIO)
    by_baseline = True
    measures = "contents of your own layers, since the baseline"
    exceeds = "your own layers grew by more than allowed"
    fix = Fix("leave out what grew; or accept it: layerscope check with --write-baseline")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:  # noqa: ARG002
        """The difference, or its part of what was there."""
        return grown(image, unit, lambda growth: growth.own)
