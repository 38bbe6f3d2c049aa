"""Reading layers: from where the bytes lie to a LayerReading, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.image.image import Image
from layerscope.image.layer import LayerReading

__all__ = ["ReadOptions", "read_blocks", "read_layers"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How layers are read. Plain data: it travels to worker processes."""

    verify: bool = True
    content_hash: str = "xxh3-128"
    """`xxh3-128` (to tell rewritten files from changed ones), `sha256` (to list digests) or `none`."""
    limits: Limits = DEFAULT_LIMITS


def read_blocks(blocks: Iterable[bytes], options: ReadOptions, *, keep_going: bool = True) -> LayerReading:
    """Read one layer's blob from its stored bytes, in one pass (whatever its compression)."""
    raise NotImplementedError


def read_layers(
    image: Image, options: ReadOptions, *, jobs: int | None = None, progress: Progress | None = None
) -> Iterator[LayerReading]:
    """Read all layers, yield their readings from the base up; layers that are absent give an empty reading."""
    raise NotImplementedError
