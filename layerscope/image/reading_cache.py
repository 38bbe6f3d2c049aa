"""What reading layers asks of a cache of readings; `layerscope.cache` has one on disk."""

from __future__ import annotations

from typing import Protocol

from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions
from layerscope.oci.digest import DiffID

__all__ = ["ReadingCache"]


class ReadingCache(Protocol):
    """Readings of blobs by what was computed from their bytes: the diff ID, and the fingerprint as stored.

    Nothing is found by what an image promises alone: who asks has hashed the blob. No method raises an error
    for what is wrong with the cache: then there is nothing in it. Methods are called from several threads.
    """

    fingerprint_algorithm: str
    """How blobs are to be hashed to be found."""

    def expects(self, options: ReadOptions, diff_id: DiffID, stored_bytes: int) -> bool:
        """Whether a blob of `stored_bytes` bytes that promises this may be in it, so that hashing it pays."""
        ...

    def load(self, options: ReadOptions, diff_id: DiffID, fingerprint: str) -> LayerReading | None:
        """The reading of the blob whose bytes *have* this fingerprint, as `read_range` would give it."""
        ...

    def keep(self, options: ReadOptions, reading: LayerReading) -> None:
        """Remember a reading that is complete: without an error, and all that is computed is there."""
        ...
