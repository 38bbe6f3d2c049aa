"""The byte ledger: every stored byte is live or wasted, every wasted byte has one cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layerscope.rootfs.change import WasteCause
from layerscope.rootfs.inode import HiddenInode
from layerscope.rootfs.rootfs import Rootfs

__all__ = ["ByteLedger", "WasteCause", "WastedFile"]

WastedFile = HiddenInode
"""One file's content that is stored and not reachable: `path`, `size` in bytes, `cause`, the layer that
stored the bytes (`written_in`) and the layer that took the last name away (`hidden_in`)."""


@dataclass(frozen=True, slots=True)
class ByteLedger:
    """The account of one image.

    The law, for every image: `stored_bytes == live_bytes + wasted_bytes`, and `wasted_bytes` is the sum
    of `by_cause`, of `wasted_by_layer`, of `hidden_by_layer` and of `files()`. An inode counts once, in the
    layer that stored it, however many names it has; it is wasted when its last name is gone.
    """

    rootfs: Rootfs
    stored_by_layer: tuple[int, ...]
    wasted_by_layer: tuple[int, ...]
    """Wasted bytes by the layer that stored them."""
    hidden_by_layer: tuple[int, ...]
    """Wasted bytes by the layer that hid them."""
    by_cause: dict[WasteCause, int]
    """Bytes for each cause, every cause present, in the order of WasteCause."""

    @classmethod
    def of(cls, rootfs: Rootfs) -> ByteLedger:
        """Draw up the account of a root filesystem after its last layer."""
        by_cause, wasted, hidden = rootfs.inodes.hidden_sizes()
        stored = tuple(changeset.content_bytes for changeset in rootfs.inodes.changesets)
        return cls(rootfs, stored, tuple(wasted), tuple(hidden), by_cause)

    @property
    def stored_bytes(self) -> int:
        """Content bytes of all layers, each inode once for each layer that stores it."""
        return sum(self.stored_by_layer)

    @property
    def wasted_bytes(self) -> int:
        """Stored bytes that the final root filesystem cannot reach."""
        return sum(self.wasted_by_layer)

    @property
    def live_bytes(self) -> int:
        """Stored bytes that the final root filesystem reaches."""
        return self.stored_bytes - self.wasted_bytes

    @property
    def efficiency_ratio(self) -> float:
        """live / stored; 1.0 for an image without content."""
        return self.live_bytes / self.stored_bytes if self.stored_bytes else 1.0

    def files(self) -> Iterator[WastedFile]:
        """Wasted files with at least one byte, most bytes first, then by path, written_in, hidden_in."""
        return iter(
            sorted(
                self.rootfs.inodes.hidden(),
                key=lambda file: (-file.size, file.path, file.written_in, file.hidden_in),
            )
        )
