"""How large the image is on disk.

## What it finds

The contents of all layers, each file once for each layer that stores it, are more than the configuration
allows. This is close to what `docker images` shows: it counts what later layers hide, too.

## Why it matters

It is what the image takes on every machine that runs it, and what grows unnoticed from build to build.

## How to fix it

`layerscope inspect` says which layers and files to look at, and its findings what to change. Then
`layerscope files` lists what is left.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["ImageSize"]


class ImageSize(Budget):
    """How large the image is on disk."""

    id = "LS302"
    name = "image-size"
    measures = "contents of all layers"
    exceeds = "the image is larger than allowed"
    fix = Fix("leave out what the findings name; layerscope inspect has the layers and the largest packages")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """Stored bytes."""
        places = image.layer_places(lambda layer: layer.reading.changeset.content_bytes)
        return Measurement(image.totals.stored_bytes, places)
