"""What reading layers asks of a cache of readings; `layerscope.cache` has one on disk."""

from __future__ import annotations

from typing import Protocol

from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions
from layerscope.oci.digest import DiffID, Digest

__all__ = ["ReadingCache"]


class ReadingCache(Protocol):
    """Readings of blobs by what was computed from their bytes: the diff ID, and the digest as stored.

    Nothing is found by what an image promises alone: who asks has hashed the blob. No method raises an error
    for what is wrong with the cache: then there is nothing in it. Methods are called from several threads.
    """

    def expects(
        self, options: ReadOptions, diff_id: DiffID, digest: Digest | None, stored_bytes: int
    ) -> bool:
        """Whether a blob of `stored_bytes` bytes that promises this may be in it, so that hashing it pays."""
        ...

    def load(self, options: ReadOptions, diff_id: DiffID, digest: Digest) -> LayerReading | None:
        """The reading of the blob whose bytes *have* this digest, as `read_range` would give it."""
        ...

    def keep(self, options: ReadOptions, reading: LayerReading) -> None:
        """Remember a reading that is complete: without an error, its digest and diff ID computed."""
        ...
