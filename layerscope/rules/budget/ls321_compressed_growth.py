"""How much more a pull may transfer.

## What it finds

The blobs of all layers, as they are stored, grew by more than the configuration allows, compared with a
baseline. Both have to be stored in the same way: an archive of `docker save` has uncompressed ones.

What is allowed is a number of bytes (`5 MB`) or a part of what was there (`2%`); both may be given.
Without a baseline it is skipped, and says so.

## Why it matters

It is what every pull waits for.

## How to fix it

The report says what grew: by instruction, directory, package and file. If it is meant to be, accept it:
`layerscope check IMAGE --write-baseline FILE`, and commit the file.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.growing import grown
from layerscope.rules.measuring import Budget, Measured, Measurement, NotMeasured, Unit

__all__ = ["CompressedGrowth"]


class CompressedGrowth(Budget):
    """How much more a pull may transfer."""

    id = "LS321"
    name = "compressed-growth"
    units = (Unit.BYTES, Unit.RATIO)
    by_baseline = True
    measures = "blobs of all layers, since the baseline"
    exceeds = "the blobs of the image grew by more than allowed"
    fix = Fix("leave out what grew; or accept it: layerscope check with --write-baseline")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:  # noqa: ARG002
        """The difference, or its part of what was there."""
        return grown(image, unit, lambda growth: growth.compressed)
