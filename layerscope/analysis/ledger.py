"""The byte ledger: every stored byte is live or wasted, every wasted byte has one cause."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["ByteLedger", "WasteCause", "WastedFile"]


class WasteCause(StrEnum):
    """Why stored bytes are not in the final root filesystem. The order is that of every table."""

    OVERWRITTEN = "overwritten"  #: a later layer wrote another content at the path
    METADATA_ONLY = "metadata_only"  #: rewritten with the same content, other mode, owner, time or xattr
    UNCHANGED = "unchanged"  #: rewritten identically
    REMOVED = "removed"  #: a whiteout of the path or of a directory above it
    OPAQUE = "opaque"  #: an opaque whiteout of a directory above it
    REPLACED = "replaced"  #: the path, or one above it, became something of another type
    DUPLICATE_ENTRY = "duplicate_entry"  #: written and hidden by the same layer


@dataclass(frozen=True, slots=True)
class WastedFile:
    """One file's content that is stored and not reachable: who wrote it, who hid it, why."""

    path: bytes
    bytes: int
    cause: WasteCause
    written_in: int
    """Index of the layer that stored the bytes."""
    hidden_in: int
    """Index of the layer that took the last name away."""


@dataclass(slots=True)
class ByteLedger:
    """The account of one image.

    The law, for every image: `stored_bytes == live_bytes + wasted_bytes`, and `wasted_bytes` is the sum of
    `by_cause` and of `files()`. An inode counts once in the layer that stored it, however many names it has;
    it is wasted when its last name is gone.
    """

    stored_bytes: int
    live_bytes: int
    wasted_bytes: int
    by_cause: dict[WasteCause, int]
    """Bytes for each cause, every cause present, in the order of WasteCause."""

    def files(self) -> Iterator[WastedFile]:
        """Wasted files with at least one byte, most bytes first, then by path, written_in, hidden_in."""
        raise NotImplementedError

    @property
    def efficiency_ratio(self) -> float:
        """live / stored; 1.0 for an image without content."""
        return self.live_bytes / self.stored_bytes if self.stored_bytes else 1.0
