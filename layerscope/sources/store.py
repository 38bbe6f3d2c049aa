"""Where a source's documents and blobs lie: an archive, a directory, or what a stream left behind.

A store knows names and bytes and nothing of images. What images there are is read from documents
(`docker_archive.py`, `oci_layout.py`, `docker_v1.py`), in the same way from every store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.errors import InvalidImage, LimitExceeded
from layerscope.image.layer import LayerReading
from layerscope.notices import Notice

__all__ = ["Store", "Stored", "check_document_size", "is_stored"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A blob that is there: where its bytes lie, or what reading them in passing gave. `size` is bytes."""

    size: int
    blob: FileRange | None = None
    reading: LayerReading | None = None


class Store(Protocol):
    """Names and bytes. Names are `/`-separated text as documents give them; links are followed."""

    label: str
    """How the user named the source, for messages."""
    is_archive: bool
    """Whether the blobs are members of an archive (otherwise files of a directory)."""
    error: InvalidImage | None
    """Set when the archive broke off; what came before is there."""

    def find(self, name: str) -> Stored | None:
        """Find a blob. Raises Malformed when links lead in a circle."""
        ...

    def read(self, name: str) -> bytes | None:
        """Read a document; None if it is not there.

        Raises LimitExceeded past `document_bytes`, Truncated if the archive ends inside it.
        """
        ...

    def names(self) -> Iterator[bytes]:
        """Normalized names of all files and links."""
        ...

    def notices(self) -> tuple[Notice, ...]:
        """What is odd about the store as a whole."""
        ...

    def close(self) -> None:
        """Release what is open."""
        ...


def is_stored(store: Store, name: str) -> bool:
    """Tell whether a blob is there; one that links lead to in a circle is not."""
    try:
        return store.find(name) is not None
    except InvalidImage:
        return False


def check_document_size(name: str, size: int, limits: Limits) -> None:
    """Raise LimitExceeded for a document that is too large to be one."""
    if size > limits.document_bytes:
        bound = limits.document_bytes
        raise LimitExceeded(f"{name}: {size:,} bytes, more than {bound:,} (limit document_bytes)")
