"""How much a pull of the image transfers.

## What it finds

The sum of the blobs of all layers, as they are stored, is more than the configuration allows.

An archive that `docker save` wrote has uncompressed layers. What such an archive is compressed to is
unknown: if it is within the budget as it is, that passes; else the budget is skipped, and says why.

## Why it matters

It is what every pull of a machine without any layer of the image waits for, and what a registry stores
and bills.

## How to fix it

As for a smaller image (LS302). Compress with zstd where all that pull it can read that (`docker buildx
build --output type=registry,compression=zstd`). To check it, save the image in its compressed form:
`skopeo copy docker://… oci-archive:app.tar`, or `docker buildx build --output type=oci,dest=app.tar`.
"""

from __future__ import annotations

from layerscope.blobs.compression import Compression
from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["CompressedSize"]


class CompressedSize(Budget):
    """How much a pull of the image transfers."""

    id = "LS301"
    name = "compressed-size"
    measures = "blobs of all layers, as they are stored"
    exceeds = "the blobs of the image are larger than allowed"
    fix = Fix("leave out what the findings name, and large files that the program does not need")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """The stored bytes of all blobs."""
        places = image.layer_places(lambda layer: layer.reading.compressed_bytes)
        return Measurement(image.totals.compressed_bytes, places)

    def unreliable(self, image: Measured) -> str:
        """Blobs that are not compressed yet say at most how large the image is."""
        layers = [layer for layer in image.layers if layer.reading.compression is Compression.NONE]
        if not any(layer.reading.changeset.content_bytes for layer in layers):
            return ""
        return (
            "layers are stored uncompressed here, and nobody knows what they are compressed to; "
            "save the image as a registry has it: skopeo copy docker://… oci-archive:app.tar"
        )
