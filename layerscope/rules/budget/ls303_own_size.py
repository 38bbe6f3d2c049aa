"""How much one's own layers add to the base image.

## What it finds

The contents of the layers above the base image are more than the configuration allows. Without a known
base image all layers are one's own: `--base` or `--dockerfile` tells it.

## Why it matters

A budget for one's own part stays the same when the base image is updated, and asks nobody to answer for
what somebody else stores.

## How to fix it

`layerscope inspect` says which layers and files to look at, and its findings what to change.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["OwnSize"]


class OwnSize(Budget):
    """How much one's own layers add to the base image."""

    id = "LS303"
    name = "own-size"
    measures = "contents of your own layers"
    exceeds = "your own layers are larger than allowed"
    fix = Fix("leave out what the findings name, and what only the build needs: build in a stage of its own")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """Stored bytes above the base."""
        below = image.analysis.base.layers
        places = image.layer_places(
            lambda layer: layer.reading.changeset.content_bytes if layer.layer.index >= below else 0
        )
        return Measurement(image.totals.own_stored_bytes, places)
