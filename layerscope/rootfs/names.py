"""What one layer did to each name: added, modified, removed or left as it was, each name counted once.

Most names of a layer are new and stay; those are counted where they are placed. Only names at which lower
layers had something, or at which a hard link was placed, are remembered with what stood there before, and
judged when the layer is complete. So a path may be removed, made again and replaced within one layer, and
still counts once, for what it was before and is after.
"""

from __future__ import annotations

from collections.abc import Callable

from layerscope.rootfs.change import LayerChanges
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.tree import Directory, Node, implicit_in

__all__ = ["NameChanges"]

_Comparison = Callable[[int, int], bool]
"""Compares two inodes, or the entries of two directories."""


class NameChanges:
    """The names that one layer touches."""

    def __init__(self, inodes: InodeTable, layer: int) -> None:
        self._inodes = inodes
        self._base = inodes.bases[layer]
        self._implicit = implicit_in(layer)
        self._before: dict[Directory, dict[bytes, Node | None]] = {}
        self._merged: dict[Directory, int] = {}  # lower directories with an entry here -> their entry before
        self._gone: set[Directory] = set()
        self._links: set[tuple[Directory, bytes]] = set()
        self.counted = LayerChanges()
        """Counts as they stand; complete after `judge`."""

    # --- recording ------------------------------------------------------------------------------------

    def is_new(self, node: Node) -> bool:
        """Whether this layer made the node."""
        if isinstance(node, Directory):
            return (node.entry >= self._base or node.entry == self._implicit) and node not in self._merged
        return node >= self._base

    def touches(self, directory: Directory) -> bool:
        """Whether names of this directory are remembered."""
        return directory in self._before

    def is_remembered(self, directory: Directory, name: bytes) -> bool:
        """Whether what stood at this name before the layer is remembered."""
        return name in self._before.get(directory, ())

    def remember(self, directory: Directory, name: bytes, node: Node | None) -> None:
        """Remember what stood at a name before this layer; the first word counts."""
        self._before.setdefault(directory, {}).setdefault(name, node)

    def place(self, directory: Directory, name: bytes, size: int) -> None:
        """Count a name that had nothing before, unless it is remembered and will be judged."""
        if not self.is_remembered(directory, name):
            self.counted.added += 1
            self.counted.added_bytes += size

    def place_link(self, directory: Directory, name: bytes) -> None:
        """A name that had nothing becomes a hard link, which stores no bytes of its own."""
        self.remember(directory, name, None)
        self._links.add((directory, name))

    def adopt(self, parent: Directory, name: bytes, new: Directory) -> None:
        """A directory is made at a name; what a directory there had in it before, it may get back."""
        before = self._before.get(parent, {}).get(name)
        if isinstance(before, Directory):
            self._before[new] = dict(self._children_before(before))

    def replace(self, directory: Directory, name: bytes, old: Node, size: int, *, link: bool = False) -> bool:
        """Something of `size` bytes takes the place of `old`; tells whether this layer itself wrote that."""
        written_here = self._replace(directory, name, old, size)
        if link:
            self._links.add((directory, name))
        else:
            self._links.discard((directory, name))
        return written_here

    def _replace(self, directory: Directory, name: bytes, old: Node, size: int) -> bool:
        if self.is_remembered(directory, name):
            return True
        if not self.is_new(old):
            self.remember(directory, name, old)
            return False
        if isinstance(old, int):
            size -= self._size(directory, name, old)
        self.counted.added_bytes += size
        return True

    def merge(self, directory: Directory) -> bool:
        """A directory gets an entry of this layer; tells whether lower layers had made it."""
        lower = not self.is_new(directory) and directory not in self._merged
        if lower:
            self._merged[directory] = directory.entry
        return lower

    def drop(self, directory: Directory, name: bytes, node: Node) -> None:
        """A name goes together with the directory it is in."""
        if isinstance(node, Directory):
            self._gone.add(node)
        if self.is_new(node) and not self.is_remembered(directory, name):
            self.counted.added -= 1
            if isinstance(node, int):
                self.counted.added_bytes -= self._size(directory, name, node)

    def drop_top(self, node: Node) -> None:
        """The same for the node at which a removal begins: its name is remembered or goes on."""
        if isinstance(node, Directory):
            self._gone.add(node)

    # --- judging --------------------------------------------------------------------------------------

    def judge(self, is_unchanged: _Comparison, same_directory: _Comparison) -> None:
        """Count the names that were remembered, now that the layer is complete."""
        changes = self.counted
        for directory, entry in self._merged.items():
            if directory not in self._gone:
                same = same_directory(entry, directory.entry)
                changes.unchanged += same
                changes.modified += not same
        for directory, names in self._before.items():
            if directory in self._gone:
                continue
            for name, before in names.items():
                after = directory.children.get(name)
                if before is None:
                    changes.added += after is not None
                    changes.added_bytes += self._size(directory, name, after)
                    continue
                if after is None:
                    changes.removed += self._count_before(before)
                    continue
                changes.modified_bytes += self._size(directory, name, after)
                same = self._is_same(before, after, is_unchanged, same_directory)
                changes.unchanged += same
                changes.modified += not same
                if isinstance(before, Directory) and not isinstance(after, Directory):
                    changes.removed += self._count_before(before) - 1

    def _is_same(
        self,
        before: Node,
        after: Node,
        is_unchanged: _Comparison,
        same_directory: _Comparison,
    ) -> bool:
        if isinstance(before, Directory):
            entry = self._merged.get(before, before.entry)
            return isinstance(after, Directory) and same_directory(entry, after.entry)
        return isinstance(after, int) and is_unchanged(before, after)

    def _size(self, directory: Directory, name: bytes, node: Node | None) -> int:
        """Content bytes that this layer stored at a name."""
        if not isinstance(node, int) or node < self._base or (directory, name) in self._links:
            return 0
        return self._inodes.size(node)

    def _children_before(self, directory: Directory) -> dict[bytes, Node]:
        """What a directory of a lower layer had in it before this layer."""
        known = self._before.get(directory, {})
        children = {
            name: node
            for name, node in directory.children.items()
            if name not in known and not self.is_new(node)
        }
        children.update((name, node) for name, node in known.items() if node is not None)
        return children

    def _count_before(self, node: Node) -> int:
        """Paths that a node of a lower layer stood for before this layer, itself included."""
        count = 0
        stack = [node]
        while stack:
            node = stack.pop()
            count += 1
            if isinstance(node, Directory):
                stack.extend(self._children_before(node).values())
        return count
