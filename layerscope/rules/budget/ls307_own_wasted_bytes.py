"""How many bytes one's own layers waste.

## What it finds

The bytes that one's own layers hid, whoever stored them, are more than the configuration allows. What the
base image has wasted before is not counted.

## Why it matters

It is the part of the waste that the people who get the message can do something about.

## How to fix it

LS101 to LS108 say of each wasted byte who stored it, who hid it, and what to change.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit
from layerscope.rules.own_waste import own_hiders

__all__ = ["OwnWastedBytes"]


class OwnWastedBytes(Budget):
    """How many bytes one's own layers waste."""

    id = "LS307"
    name = "own-wasted-bytes"
    measures = "bytes that your own layers hid"
    exceeds = "your own layers waste more bytes than allowed"
    fix = Fix("remove files in the instruction that makes them; layerscope inspect names each")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """What one's own layers made waste; the places are those that hid it."""
        return Measurement(image.totals.own_wasted_bytes, own_hiders(image))
