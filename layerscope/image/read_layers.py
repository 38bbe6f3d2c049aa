"""Reading all layers of an image, or the different layers of many images, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from layerscope.image import read_work
from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.image.read import ReadOptions, verify_reading
from layerscope.image.read_work import Progress, ReadWork
from layerscope.image.reading_cache import ReadingCache

__all__ = ["DistinctLayer", "LayerUse", "Progress", "read_distinct_layers", "read_layers"]

_LAYERS_AHEAD = 16
"""Layers that are read before the caller asks for them: enough for all cores, few enough for memory."""


@dataclass(frozen=True, slots=True)
class LayerUse:
    """One image's layer: its place, and the reading compared with what this image promises.

    The changeset of `reading` is the same object for all uses of a `DistinctLayer`.
    """

    image: int
    """Position of the image among those that were given."""
    layer: Layer
    reading: LayerReading


@dataclass(frozen=True, slots=True)
class DistinctLayer:
    """One blob, and who uses it: at least one use, in the order of images, then of layers.

    `reading` is what its bytes gave, compared with nothing; `reading.digest` and `reading.diff_id` are
    computed from all bytes of each use (None without verification, and for a blob that broke off). A layer
    that is not there has one use, with the reason in `uses[0].layer.absent`.
    """

    reading: LayerReading
    uses: tuple[LayerUse, ...]


def read_layers(
    image: Image,
    options: ReadOptions,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Iterator[LayerReading]:
    """Read all layers, yield their readings from the base up, each as soon as it and those below are there.

    A layer whose bytes are not there gives an empty reading, a damaged one what came before the damage.
    `jobs` is the number of processes, this one included; by default one for each processor it may use. What
    the cache has is hashed and not parsed; without verification there is nothing to find it by, and it is
    not used. `meanwhile` is called by this thread while others hash what the cache has; never, if nobody
    else is at work, or if they read.
    """
    work = ReadWork(image.layers, options, progress, cache=cache)
    try:
        _start(work, jobs)
        if meanwhile is not None and work.only_hashes:
            meanwhile()
        for index, layer in enumerate(image.layers):
            yield _verified(layer, work.result(index))
    finally:
        work.close()


def read_distinct_layers(
    images: Sequence[Image],
    options: ReadOptions,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
) -> Iterator[DistinctLayer]:
    """Read the layers of many images, each different blob once, and yield it with all its uses.

    In the order of first use: of the images as given, of the layers from the base up. A blob that lies in
    several files is parsed once; each other copy whose image promises the same diff ID is hashed, and is the
    same layer only if its bytes have the same digest. So a diff ID may come several times: once for each way
    in which its tar is compressed. Without verification each copy is read and comes by itself; what lies in
    one place of one file, as in an OCI layout, is read once in any case.

    In memory are, besides what the caller keeps, at most some twenty readings (130 bytes an entry), and
    those of streams, which their images hold. The arguments mean what they mean for `read_layers`.
    """
    places = [(i, layer) for i, image in enumerate(images) for layer in image.layers]
    work = ReadWork((layer for _, layer in places), options, progress, cache=cache, ahead=_LAYERS_AHEAD)
    groups: dict[int, list[int]] = {}
    for index in range(len(places)):
        groups.setdefault(work.leader(index), []).append(index)
    try:
        _start(work, jobs)
        for indexes in groups.values():
            yield from _distinct(places, indexes, work)
            for index in indexes:
                work.forget(index)
    finally:
        work.close()


def _distinct(places: list[tuple[int, Layer]], indexes: list[int], work: ReadWork) -> list[DistinctLayer]:
    """Layers that promise the same diff ID, by what they are."""
    found: dict[object, tuple[LayerReading, list[LayerUse]]] = {}
    for index in indexes:
        image, layer = places[index]
        reading = work.result(index)
        known = reading.error is None and reading.digest and reading.diff_id
        key: object = (reading.digest, reading.diff_id) if known else work.same(index)
        first, uses = found.setdefault(key, (reading, []))
        uses.append(LayerUse(image, layer, _verified(layer, first)))
    return [DistinctLayer(reading, tuple(uses)) for reading, uses in found.values()]


def _start(work: ReadWork, jobs: int | None) -> None:
    helpers = min(jobs or _processors(), len(work.ranges)) - 1
    if work.total >= read_work.PARALLEL_BYTES:
        work.start_helpers(helpers)


def _verified(layer: Layer, reading: LayerReading) -> LayerReading:
    return reading if layer.absent else verify_reading(layer, reading)


def _processors() -> int:
    with suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
