"""Which record goes into which written layer.

Everything is derived from two trees: the final one, and the one that the kept layers make. What is in the
final tree and came from a rewritten layer is taken, each name once; what is in the kept tree and not in the
final one is hidden, by the marker that hid it where there was one. Nothing is copied from the old layers
because it was there, so nothing that is hidden can be left over, and what a dropped entry hid is hidden still
(docs/decisions/0026-optimize.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from layerscope.blobs.tar_write import Metadata
from layerscope.image.entry import IMPLICIT_MODE, EntryKind
from layerscope.optimizer.inodes import InodeName, link_target, place_inode
from layerscope.optimizer.markers import Markers
from layerscope.optimizer.picks import Edit, LayerPicks
from layerscope.optimizer.replay import Replay
from layerscope.rootfs.tree import Directory, layer_of_implicit

__all__ = ["select"]

_FILE, _HARDLINK, _DIRECTORY = int(EntryKind.FILE), int(EntryKind.HARDLINK), int(EntryKind.DIRECTORY)
_IMPLICIT = Metadata(IMPLICIT_MODE, 0, 0, 0)


def select(
    replay: Replay, groups: Sequence[tuple[int, ...]], *, extra: int | None = None
) -> list[LayerPicks]:
    """Decide for all layers above the kept ones.

    `groups` are their indices, base first; each group becomes one layer. A layer that nothing is left of is
    empty, not absent. `extra` is the index of a topmost layer that stands in no source: it has whiteouts and
    nothing else, and goes into the last group.
    """
    return _Selection(replay, groups, extra).run()


class _Selection:
    def __init__(self, replay: Replay, groups: Sequence[tuple[int, ...]], extra: int | None) -> None:
        self._replay = replay
        self._layers = [LayerPicks(group) for group in groups]
        self._of = {source: out for out, group in enumerate(groups) for source in group}
        if extra is not None:
            self._of[extra] = len(groups) - 1
        self._markers = Markers(replay, self._of)
        self._directories: dict[bytes, Directory] = {b"": replay.rootfs.root}
        self._implied: list[tuple[bytes, int]] = []
        self._linked: dict[int, list[InodeName]] = {}
        self._needed: list[set[bytes]] = [set() for _ in groups]
        """Directories that have something below them in each written layer."""
        self._described: list[set[bytes]] = [set() for _ in groups]
        """Directories whose final entry is in each written layer."""

    def run(self) -> list[LayerPicks]:
        self._walk()
        for inode, names in self._linked.items():
            self._place(inode, names)
        self._make_implied()
        self._markers.place(self._layers, self._directories, self._first_layer_of, self._make_directory)
        self._take_parents()
        self._take_roots()
        return self._layers

    def _walk(self) -> None:
        """Every path of the final tree that a rewritten layer has a part in."""
        replay, first, inodes = self._replay, self._replay.first, self._replay.inodes
        for path, parent, name, node in replay.rootfs.nodes():
            if isinstance(node, Directory):
                self._directories[path] = node
                self._take_directory(path, node)
                continue
            entry = replay.name_entry(parent, name, node)
            described = inodes.metadata_entry(node)
            if entry < first and described < first:
                continue
            if entry == node == described and inodes.names(node) == 1:
                if not self._is_below_already(path, parent, name, node):
                    self._take(path, node)
            else:
                self._linked.setdefault(node, []).append(InodeName(entry, path))

    def _take_directory(self, path: bytes, directory: Directory) -> None:
        entry = directory.entry
        if entry >= self._replay.first:
            self._take(path, entry)
            self._described[self._of[self._replay.layer(entry)]].add(path)
        elif entry < 0 and layer_of_implicit(entry) >= self._replay.kept:
            self._implied.append((path, layer_of_implicit(entry)))

    def _take(self, path: bytes, entry: int) -> None:
        """Take an entry into the written layer of its own, under the path that it has in the tree."""
        changeset, index, layer = self._replay.inodes.locate(entry)
        edit = None
        target = link_target(changeset, index, path)
        # Its path differs if it was reached through a symbolic link.
        if changeset.path(index) != path or target != changeset.link_targets.get(index):
            edit = Edit(path, target)
        out = self._of[layer]
        self._layers[out].take(layer, changeset, index, edit)
        self._need(out, path)

    def _need(self, out: int, path: bytes) -> None:
        """The directories above a path have something in a written layer."""
        needed = self._needed[out]
        while path:
            path = path.rpartition(b"/")[0]
            if path in needed:
                return
            needed.add(path)

    def _is_below_already(self, path: bytes, parent: Directory, name: bytes, node: int) -> bool:
        """Whether the kept layers have the very same at this path, in plain sight."""
        replay, inodes = self._replay, self._replay.inodes
        old = replay.before.get(parent, {}).get(name)
        if not isinstance(old, int) or old in replay.linked_before or inodes.metadata_entry(old) != old:
            return False
        if self._markers.is_opaque(path.rpartition(b"/")[0]) or inodes.kind(old) == _HARDLINK:
            return False
        same = inodes.same_content if inodes.kind(old) == _FILE else inodes.same_target
        return same(old, node) and replay.metadata(old, old) == replay.metadata(node, node)

    def _place(self, inode: int, names: list[InodeName]) -> None:
        """Place an inode of several names, or of which several entries said something."""
        for out, path in place_inode(self._replay, self._layers, self._of, inode, names):
            self._need(out, path)

    def _make_implied(self) -> None:
        """Directories that nothing describes, and that nothing below them implies any more."""
        for path, layer in self._implied:
            if not any(path in needed for needed in self._needed):
                self._make_directory(path, self._of[layer])

    def _make_directory(self, path: bytes, out: int) -> None:
        self._layers[out].directories[path] = _IMPLICIT
        self._need(out, path)

    def _first_layer_of(self, path: bytes) -> int:
        """The lowest written layer that has a directory or something below it."""
        for out, layer in enumerate(self._layers):
            if path in self._needed[out] or path in self._described[out] or path in layer.directories:
                return out
        return len(self._layers) - 1

    def _take_parents(self) -> None:
        """Directories above what is written keep the entry that their layer has for them.

        The final metadata stand in another layer, but engines give a directory without an entry a mode and an
        owner of their own.
        """
        for out, layer in enumerate(self._layers):
            needed, described = self._needed[out], self._described[out]
            for path in (*layer.whiteouts, *layer.opaques):
                self._need(out, path + b"/." if path in layer.opaques else path)
            found: dict[bytes, tuple[int, int]] = {}
            for source in layer.sources:
                changeset = self._replay.changesets[source]
                base = self._replay.inodes.bases[source]
                for index, kind in enumerate(changeset.kinds):
                    if kind != _DIRECTORY:
                        continue
                    path = changeset.path(index)
                    if path in needed and path not in described and path not in layer.directories:
                        directory = self._directories.get(path)
                        if directory is not None and base + index < directory.entry:
                            found[path] = (source, index)
            for source, index in found.values():
                layer.take(source, self._replay.changesets[source], index)

    def _take_roots(self) -> None:
        """The root's own entry: the last one counts, and those of layers that are not empty stay."""
        changesets = self._replay.changesets
        last = max((i for i, each in enumerate(changesets) if each.root_entry is not None), default=-1)
        for layer in self._layers:
            with_root = [source for source in layer.sources if changesets[source].root_entry is not None]
            if with_root and (last in with_root or not layer.is_empty):
                layer.root_of = with_root[-1]
