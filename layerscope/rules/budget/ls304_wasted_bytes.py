"""How many stored bytes nothing can reach.

## What it finds

The bytes that are stored in some layer and not in the final root filesystem are more than the
configuration allows: files that later layers remove, overwrite, or write again. What the base image
wastes is counted, too.

## Why it matters

Wasted bytes are pulled and stored by everybody and are of no use to anybody.

## How to fix it

LS101 to LS108 say of each wasted byte who stored it, who hid it, and what to change.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["WastedBytes"]


class WastedBytes(Budget):
    """How many stored bytes nothing can reach."""

    id = "LS304"
    name = "wasted-bytes"
    measures = "bytes that are stored and hidden"
    exceeds = "more bytes are wasted than allowed"
    fix = Fix("remove files in the instruction that makes them; layerscope inspect names each")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """The ledger's waste; the places are those that stored it."""
        totals = image.totals
        return Measurement(
            totals.wasted_bytes,
            image.layer_places(lambda layer: layer.wasted_bytes),
            in_base=totals.wasted_bytes > 0 and not totals.own_wasted_bytes,
        )
