"""Inodes: what names of the tree point to, and what becomes of their bytes.

An inode is the number of the entry that stored it, counted over all layers, base first. So an inode costs
nothing until it has a second name, and its layer, size and digest are looked up in the changesets.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Container, Iterator
from dataclasses import dataclass

from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.rootfs.change import WasteCause

__all__ = ["CAUSES", "HiddenInode", "InodeTable"]

CAUSES = tuple(WasteCause)
_DUPLICATE = CAUSES.index(WasteCause.DUPLICATE_ENTRY)
_OVERWRITTEN = CAUSES.index(WasteCause.OVERWRITTEN)
_METADATA_ONLY = CAUSES.index(WasteCause.METADATA_ONLY)
_UNCHANGED = CAUSES.index(WasteCause.UNCHANGED)
_REPLACED = CAUSES.index(WasteCause.REPLACED)
_FILE = int(EntryKind.FILE)
_SYMLINK = int(EntryKind.SYMLINK)


@dataclass(frozen=True, slots=True)
class HiddenInode:
    """An inode with content whose last name is gone."""

    path: bytes
    size: int
    cause: WasteCause
    written_in: int
    hidden_in: int


class InodeTable:
    """The changesets put on top of each other so far, their inodes' names, and those that have none left."""

    def __init__(self) -> None:
        self.changesets: list[Changeset] = []
        self.bases: list[int] = []
        """Number of the first entry of each layer."""
        self._next = 0
        self._names: dict[int, int] = {}  # names of an inode, where there are more than one
        self._metadata: dict[int, int] = {}  # inode -> entry of the hard link that last set its metadata
        self._linked: dict[int, int] = {}  # entry of a hard link -> inode
        self._hidden = array("q")
        self._hidden_cause = bytearray()
        self._hidden_in = array("I")

    def add_layer(self, changeset: Changeset) -> int:
        """Take the next layer's changeset; returns the number of its first entry."""
        self.changesets.append(changeset)
        self.bases.append(self._next)
        self._next += len(changeset)
        return self.bases[-1]

    def locate(self, number: int) -> tuple[Changeset, int, int]:
        """The changeset, the index in it, and the layer of an entry number.

        Empty layers share their base with the layer above; the last of those that share one has the entries.
        """
        layer = bisect_right(self.bases, number) - 1
        return self.changesets[layer], number - self.bases[layer], layer

    def kind(self, inode: int) -> int:
        """EntryKind value; HARDLINK for a dangling link, which is kept as an empty file."""
        changeset, index, _ = self.locate(inode)
        return changeset.kinds[index]

    def size(self, inode: int) -> int:
        """Content bytes."""
        changeset, index, _ = self.locate(inode)
        return changeset.sizes[index]

    def symlink_target(self, inode: int) -> bytes | None:
        """The text of a symbolic link; None for anything else."""
        changeset, index, _ = self.locate(inode)
        return changeset.link_targets.get(index) if changeset.kinds[index] == _SYMLINK else None

    def metadata_entry(self, inode: int) -> int:
        """The entry whose mode, owner and times the inode has: the last hard link's, else its own."""
        return self._metadata.get(inode, inode)

    def link(self, inode: int, entry: int) -> None:
        """Give an inode one more name; the metadata of the link's entry becomes the inode's."""
        self._names[inode] = self._names.get(inode, 1) + 1
        self.set_metadata(inode, entry)

    def set_metadata(self, inode: int, entry: int) -> None:
        """Let an entry that names the inode again set its metadata."""
        self._metadata[inode] = entry
        self._linked[entry] = inode

    def linked(self, entry: int) -> int | None:
        """The inode that a hard link's entry gave one more name; None for other entries."""
        return self._linked.get(entry)

    def linked_inodes(self) -> frozenset[int]:
        """Inodes that hard links have named by now."""
        return frozenset(self._metadata)

    def names(self, inode: int) -> int:
        """How many names the inode has."""
        return self._names.get(inode, 1)

    def unlink(self, inode: int, cause: int, layer: int) -> int:
        """Take one name away. Returns the bytes that this hides: 0 while another name is left.

        `cause` is an index into CAUSES; what the same layer stored is a duplicate entry whatever hid it.
        """
        names = self._names.get(inode, 1)
        if names > 1:
            self._names[inode] = names - 1
            return 0
        changeset, index, written_in = self.locate(inode)
        size = changeset.sizes[index]
        if size:
            self._hidden.append(inode)
            self._hidden_cause.append(_DUPLICATE if written_in == layer else cause)
            self._hidden_in.append(layer)
        return size

    def cause(self, old: int, new: int) -> int:
        """Why the bytes of `old` are hidden when `new` takes its name: an index into CAUSES.

        Each of the two is located once: this is asked twice of every name that is written again.
        """
        changeset, index, _ = self.locate(old)
        other, other_index, _ = self.locate(new)
        kind = changeset.kinds[index]
        if kind != other.kinds[other_index]:
            return _REPLACED
        same = _same_content if kind == _FILE else _same_target
        if not same(changeset, index, other, other_index):
            return _OVERWRITTEN
        if old in self._metadata or new in self._metadata:
            unchanged = self.same_metadata(self.metadata_entry(old), self.metadata_entry(new))
        else:
            unchanged = _same_metadata(changeset, index, other, other_index)
        return _UNCHANGED if unchanged else _METADATA_ONLY

    def same_content(self, old: int, new: int) -> bool:
        """Whether two inodes are files with equal content; False where contents were not hashed."""
        changeset, index, _ = self.locate(old)
        other, other_index, _ = self.locate(new)
        return _same_content(changeset, index, other, other_index)

    def same_metadata(self, old: int, new: int) -> bool:
        """Whether two entries agree in mode, owner, time and xattrs."""
        changeset, index, _ = self.locate(old)
        other, other_index, _ = self.locate(new)
        return _same_metadata(changeset, index, other, other_index)

    def same_target(self, old: int, new: int) -> bool:
        """Whether two entries that are no files have the same kind, link target and device."""
        changeset, index, _ = self.locate(old)
        other, other_index, _ = self.locate(new)
        return _same_target(changeset, index, other, other_index)

    def hidden_sizes(self) -> tuple[dict[WasteCause, int], list[int], list[int]]:
        """Hidden bytes by cause, by the layer that stored them, by the layer that hid them."""
        by_cause = dict.fromkeys(CAUSES, 0)
        written = [0] * len(self.changesets)
        hidden = [0] * len(self.changesets)
        for inode, cause, layer in zip(self._hidden, self._hidden_cause, self._hidden_in, strict=True):
            changeset, index, written_in = self.locate(inode)
            size = changeset.sizes[index]
            by_cause[CAUSES[cause]] += size
            written[written_in] += size
            hidden[layer] += size
        return by_cause, written, hidden

    @property
    def hidden_count(self) -> int:
        """How many inodes with content are hidden."""
        return len(self._hidden)

    def hidden_in(self, inodes: Container[int]) -> dict[int, int]:
        """Those of the given inodes that are hidden and have content, with the layer that hid each."""
        pairs = zip(self._hidden, self._hidden_in, strict=True)
        return {inode: layer for inode, layer in pairs if inode in inodes}

    def hidden_numbers(self) -> set[int]:
        """Every hidden inode with content."""
        return set(self._hidden)

    def hidden_inodes(self) -> Iterator[tuple[int, WasteCause, int]]:
        """Every hidden inode with content, its cause and the layer that hid it, in the order of hiding."""
        for inode, cause, layer in zip(self._hidden, self._hidden_cause, self._hidden_in, strict=True):
            yield inode, CAUSES[cause], layer

    def hidden(self) -> list[HiddenInode]:
        """All hidden inodes with content, each under the path it was stored at, in the order of hiding."""
        result = []
        for inode, cause, layer in self.hidden_inodes():
            changeset, index, written_in = self.locate(inode)
            result.append(
                HiddenInode(changeset.path(index), changeset.sizes[index], cause, written_in, layer)
            )
        return result


def _same_content(changeset: Changeset, index: int, other: Changeset, other_index: int) -> bool:
    size = changeset.sizes[index]
    if size != other.sizes[other_index]:
        return False
    if changeset.kinds[index] != _FILE or other.kinds[other_index] != _FILE:
        return False
    if size == 0:
        return True
    digest = changeset.content_digest(index)
    return bool(digest) and digest == other.content_digest(other_index)


def _same_metadata(changeset: Changeset, index: int, other: Changeset, other_index: int) -> bool:
    return (
        changeset.mtimes[index] == other.mtimes[other_index]
        and changeset.mtime_nanos[index] == other.mtime_nanos[other_index]
        and changeset.attributes[changeset.attribute_ids[index]]
        == other.attributes[other.attribute_ids[other_index]]
        and changeset.xattrs.get(index, ()) == other.xattrs.get(other_index, ())
    )


def _same_target(changeset: Changeset, index: int, other: Changeset, other_index: int) -> bool:
    return (
        changeset.kinds[index] == other.kinds[other_index]
        and changeset.link_targets.get(index) == other.link_targets.get(other_index)
        and changeset.devices.get(index) == other.devices.get(other_index)
    )
