"""An image replayed once more, with the tree as the kept layers left it beside the final one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerscope.blobs.limits import Limits
from layerscope.blobs.tar_write import Metadata
from layerscope.image.changeset import Changeset
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.rootfs import Rootfs
from layerscope.rootfs.tree import Directory, Node

__all__ = ["Replay", "replay"]


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """The final root filesystem, and what the lowest `kept` layers alone make.

    Entries are numbers counted over all layers; those from `first` on are of layers that are written anew.
    """

    rootfs: Rootfs
    kept: int
    first: int
    before: dict[Directory, dict[bytes, Node]]
    """Directories of the kept layers, with what was in them when the kept layers had been applied."""
    entries_before: dict[Directory, int]
    """The entry that described each of them then; negative where none did."""
    linked_before: frozenset[int]
    """Inodes that had several names then, or metadata of a hard link."""
    latest_ns: int | None = None
    """Later times of what is written anew become this one, in nanoseconds since 1970; None changes none."""

    @property
    def inodes(self) -> InodeTable:
        """Inodes of the final tree."""
        return self.rootfs.inodes

    @property
    def changesets(self) -> Sequence[Changeset]:
        """Of all layers, base first."""
        return self.rootfs.inodes.changesets

    def layer(self, entry: int) -> int:
        """The layer of an entry."""
        return self.inodes.locate(entry)[2]

    def path(self, entry: int) -> bytes:
        """The path of an entry as its layer has it."""
        changeset, index, _ = self.inodes.locate(entry)
        return changeset.path(index)

    def name_entry(self, parent: Directory, name: bytes, inode: int) -> int:
        """The entry that gave an inode this name: its own, or that of a hard link."""
        entry = parent.links.get(name) if parent.links else None
        return entry if entry is not None and self.inodes.linked(entry) == inode else inode

    def metadata(self, entry: int, inode: int) -> Metadata:
        """What an inode has once this entry has named it: xattrs are the inode's where the entry has none."""
        changeset, index, _ = self.inodes.locate(entry)
        content, content_index, _ = self.inodes.locate(inode)
        mode, uid, gid = changeset.attributes[changeset.attribute_ids[index]]
        xattrs = changeset.xattrs.get(index) or content.xattrs.get(content_index, ())
        time = changeset.mtime_ns(index)
        if self.latest_ns is not None and entry >= self.first:
            time = min(time, self.latest_ns)
        return Metadata(mode, uid, gid, time, xattrs)


def replay(
    changesets: Sequence[Changeset], kept: int, limits: Limits, *, latest_ns: int | None = None
) -> Replay:
    """Apply all changesets; the lowest `kept` are those of layers that stay as they are."""
    rootfs = Rootfs(limits)
    for changeset in changesets[:kept]:
        rootfs.apply(changeset)
    first = sum(map(len, changesets[:kept]))
    before = {rootfs.root: dict(rootfs.root.children)}
    for _, _, _, node in rootfs.nodes():
        if isinstance(node, Directory):
            before[node] = dict(node.children)
    entries = {directory: directory.entry for directory in before}
    linked = rootfs.inodes.linked_inodes()
    for changeset in changesets[kept:]:
        rootfs.apply(changeset)
    return Replay(rootfs, kept, first, before, entries, linked, latest_ns)
