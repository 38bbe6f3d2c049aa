"""What a medium has to offer so that an image can be written to it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from layerscope.blobs.streams import Block
from layerscope.oci.digest import Digest

__all__ = ["Sink"]


class Sink(Protocol):
    """A medium in the making, beside its place. Blobs are written one after the other, then documents.

    Everything raises OutputError where it cannot be written. `staged` is a source already when all documents
    are written, and takes its place with `commit`; whatever else ends the writing, `discard` leaves nothing.
    """

    format: str
    """`docker-archive`, `oci-archive` or `oci`."""
    staged: Path

    def begin(self) -> None:
        """Make what is to take the place of the target."""
        ...

    def begin_blob(self) -> None:
        """Begin a blob whose digest is not known yet."""
        ...

    def write(self, block: Block) -> None:
        """Add to the blob."""
        ...

    def end_blob(self, digest: Digest) -> None:
        """Name the blob; one that is there already is not stored twice."""
        ...

    def add(self, name: str, data: bytes) -> None:
        """Write a document."""
        ...

    def complete(self) -> None:
        """Everything is written: from here on `staged` can be read."""
        ...

    def commit(self) -> None:
        """Put it in its place."""
        ...

    def discard(self) -> None:
        """Take away what was written, unless it is in its place; may be called at any time."""
        ...
