"""How much more waste there may be.

## What it finds

One's own layers waste more bytes (LS307) than those of the baseline, by more than the configuration
allows.

What is allowed is a number of bytes (`5 MB`) or a part of what was wasted (`2%`). Without a baseline it
is skipped, and says so.

## Why it matters

An image with waste that nobody has the time to remove can still be kept from getting worse.

## How to fix it

LS101 to LS108 say of each wasted byte who stored it, who hid it, and what to change.
"""

from __future__ import annotations

from dataclasses import replace

from layerscope.analysis.growth import Change, Growth
from layerscope.rules.finding import Fix
from layerscope.rules.growing import grown
from layerscope.rules.measuring import Budget, Measured, Measurement, NotMeasured, Unit
from layerscope.rules.own_waste import own_hiders

__all__ = ["NewWaste"]


class NewWaste(Budget):
    """How much more waste there may be."""

    id = "LS323"
    name = "new-waste"
    units = (Unit.BYTES, Unit.RATIO)
    by_baseline = True
    measures = "bytes that your own layers hid, since the baseline"
    exceeds = "your own layers waste more than before, by more than allowed"
    fix = Fix("remove files in the instruction that makes them; layerscope inspect names each")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:  # noqa: ARG002
        """The difference, or its part of what was there; the places are those that hid bytes."""
        found = grown(image, unit, _waste)
        return replace(found, locations=own_hiders(image)) if isinstance(found, Measurement) else found


def _waste(growth: Growth) -> Change:
    if not growth.base_apart:
        return growth.wasted
    return Change(growth.before.own_wasted_bytes, growth.after.own_wasted_bytes)
