"""Reading all layers of an image, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.image.read import ReadOptions, digest_algorithm, empty_reading, read_range, verify_reading

__all__ = ["Progress", "read_layers"]

Progress = Callable[[int, int], None]
"""Called with (stored bytes read so far, stored bytes to read)."""


def read_layers(
    image: Image, options: ReadOptions, *, jobs: int | None = None, progress: Progress | None = None
) -> Iterator[LayerReading]:
    """Read all layers, yield their readings from the base up.

    A layer whose bytes are not there gives an empty reading, a damaged one what came before the damage.
    """
    done = 0
    total = sum(layer.blob.length for layer in image.layers if layer.blob)

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    for layer in image.layers:
        yield read_layer(layer, options, advance if progress else None)


def read_layer(layer: Layer, options: ReadOptions, progress: Callable[[int], None] | None) -> LayerReading:
    """Read one layer here and compare it with what the image promises."""
    reading = layer.reading
    if reading is None:
        if layer.blob is None:
            return empty_reading(options)
        chosen = replace(options, digest_algorithm=digest_algorithm(layer))
        reading = read_range(layer.blob, chosen, progress)
    return verify_reading(layer, reading)
