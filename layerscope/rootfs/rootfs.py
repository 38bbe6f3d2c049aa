"""The merged root filesystem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.rootfs.change import LayerChanges

__all__ = ["Rootfs", "RootfsEntry"]


@dataclass(frozen=True, slots=True)
class RootfsEntry:
    """One path of the root filesystem, as a view made on demand.

    `kind` is never HARDLINK: names of one inode are equal entries with the same `inode` number. Numbers are
    given in path order from 1 and mean nothing beyond one walk. `layer` is the layer that last wrote the
    path. `implicit` marks a directory that no layer has an entry for.
    """

    path: bytes
    kind: EntryKind
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    link_target: bytes | None
    device: tuple[int, int] | None
    xattrs: tuple[tuple[bytes, bytes], ...]
    content_digest: bytes
    inode: int
    layer: int
    implicit: bool


class Rootfs:
    """The tree that a stack of changesets makes, lowest first."""

    def apply(self, changeset: Changeset) -> LayerChanges:
        """Put one more layer on top."""
        raise NotImplementedError

    def entries(self) -> Iterator[RootfsEntry]:
        """All paths but the root, sorted by path bytes."""
        raise NotImplementedError
