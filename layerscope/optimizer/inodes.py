"""Inodes of several names: which name gets the content, and what links to it.

The names that are left are written in the order of the layers. The first gets the content, in its own layer,
and the others become hard links to it, or stay the links that they are. Names that are gone are not written:
the content may have stood under one of them, and then gets another name, or moves to another layer.

Where the result is to depend on the content alone, the order of the entries counts for nothing: the first
name by its path gets the content, and all links are made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from layerscope.blobs.tar_write import Metadata
from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.optimizer.order import path_order
from layerscope.optimizer.picks import Edit, LayerPicks
from layerscope.optimizer.replay import Replay

__all__ = ["InodeName", "link_target", "place_inode"]


_NOWHERE = b"/nowhere"


def link_target(changeset: Changeset, index: int, path: bytes) -> bytes | None:
    """What an entry that became an inode links to: a symbolic link's text; None for a file or a device.

    A hard link becomes one if its target was not there. It must not be found in the written layer either, so
    it links to a path below itself.
    """
    if changeset.kinds[index] == EntryKind.HARDLINK:
        return path + _NOWHERE
    return changeset.link_targets.get(index)


class InodeName(NamedTuple):
    """A name of an inode in the final tree, and the entry that gave it; sorts by the entry."""

    entry: int
    path: bytes


def place_inode(
    replay: Replay,
    layers: Sequence[LayerPicks],
    written_as: Mapping[int, int],
    inode: int,
    names: Sequence[InodeName],
) -> Iterator[tuple[int, bytes]]:
    """Take the records of one inode; yields the written layer and the path of each.

    `names` are all that it has in the final tree, those of kept layers too.
    """
    if replay.latest_ns is not None:
        yield from _place_by_path(replay, layers, written_as, inode, names)
        return
    ordered = sorted(names)
    below = [name for name in ordered if name.entry < replay.first]
    above = [name for name in ordered if name.entry >= replay.first]
    described = replay.inodes.metadata_entry(inode)
    if inode < replay.first and below and above:
        yield from _Links(replay, layers, written_as, inode).place(above, {n.path for n in below})
        return
    # Without names of rewritten layers, one that is gone gave the metadata to an inode of the kept layers.
    out = written_as[replay.layer(above[0].entry if above else described)]
    first = ordered[0]
    final = replay.metadata(described, inode)
    # Where links follow, they say the final metadata: some engines listen to them, others to the file alone.
    says_all = len(ordered) == 1 or not above
    edited = final if says_all and final != replay.metadata(inode, inode) else None
    yield out, _take_content(replay, layers[out], inode, first.path, edited)
    if above:
        yield from _Links(replay, layers, written_as, inode).place(ordered[1:], {first.path})
        return
    for name in ordered[1:]:
        layers[out].links.append((name.path, first.path, final))
        yield out, name.path


def _place_by_path(
    replay: Replay,
    layers: Sequence[LayerPicks],
    written_as: Mapping[int, int],
    inode: int,
    names: Sequence[InodeName],
) -> Iterator[tuple[int, bytes]]:
    """The same, in an order and with links that depend on paths alone."""
    described = replay.inodes.metadata_entry(inode)
    final = replay.metadata(described, inode)
    below = sorted(name.path for name in names if name.entry < replay.first)
    above = sorted(
        (written_as[replay.layer(name.entry)], path_order(name.path), name.path)
        for name in names
        if name.entry >= replay.first
    )
    if inode < replay.first and below and above:
        for out, _, path in above:
            layers[out].links.append((path, below[0], final))
            yield out, path
        return
    out = above[0][0] if above else written_as[replay.layer(described)]
    links = [(layer, path) for layer, _, path in above] or [(out, path) for path in below]
    first = links[0][1]
    yield out, _take_content(replay, layers[out], inode, first, final)
    for layer, path in links[1:]:
        layers[layer].links.append((path, first, final))
        yield layer, path


def _take_content(
    replay: Replay, layer: LayerPicks, inode: int, path: bytes, metadata: Metadata | None
) -> bytes:
    changeset, index, source = replay.inodes.locate(inode)
    edit = None
    target = link_target(changeset, index, path)
    if metadata is not None or changeset.path(index) != path or target != changeset.link_targets.get(index):
        edit = Edit(path, target, metadata)
    layer.take(source, changeset, index, edit)
    return path


class _Links:
    """Takes the hard links to one inode."""

    def __init__(
        self, replay: Replay, layers: Sequence[LayerPicks], written_as: Mapping[int, int], inode: int
    ) -> None:
        self._replay = replay
        self._layers = layers
        self._written_as = written_as
        self._inode = inode

    def place(self, names: Sequence[InodeName], known: set[bytes]) -> Iterator[tuple[int, bytes]]:
        """Take one entry for each name; `known` are the paths that may be linked to already."""
        anchor = min(known)
        for position, name in enumerate(names):
            changeset, index, source = self._replay.inodes.locate(name.entry)
            target = changeset.link_targets.get(index, anchor)
            metadata = self._corrected(name.entry) if position == len(names) - 1 else None
            edit = None
            if target not in known or changeset.path(index) != name.path or metadata is not None:
                edit = Edit(name.path, target if target in known else anchor, metadata)
            assert changeset.kinds[index] == EntryKind.HARDLINK
            out = self._written_as[source]
            self._layers[out].take(source, changeset, index, edit)
            known.add(name.path)
            yield out, name.path

    def _corrected(self, entry: int) -> Metadata | None:
        """The final metadata, where the last link that is written says something else."""
        described = self._replay.inodes.metadata_entry(self._inode)
        final = self._replay.metadata(described, self._inode)
        return None if final == self._replay.metadata(entry, self._inode) else final
