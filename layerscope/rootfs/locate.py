"""Looking up very many paths of a finished tree: each directory is walked to once, inside the root."""

from __future__ import annotations

from collections.abc import Mapping

from layerscope.blobs.limits import Limits
from layerscope.errors import LimitExceeded
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.lookup import LinkBudget, PathWalk
from layerscope.rootfs.tree import Directory, Node

__all__ = ["Locator"]

_NOTHING: dict[bytes, Node] = {}
_REMEMBERED_BYTES = 64 << 20
"""Of paths that are remembered; the directories of a million packages need less."""
_CLIMBED = 200
"""Components of a path whose directories are remembered one by one; deeper ones are walked to."""


class Locator:
    """Finds directories by path. Symbolic links on the way and at the end are followed, `..` goes up from
    where it leads; a leading slash means nothing. The tree must not change meanwhile."""

    def __init__(self, root: Directory, inodes: InodeTable, limits: Limits) -> None:
        self._root = root
        self._inodes = inodes
        self._budget = LinkBudget(limits)
        self._found: dict[bytes, Directory | None] = {b"": root}
        self._room = _REMEMBERED_BYTES
        self._anchors: dict[bytes, tuple[Directory, bytes]] = {}
        self.exhausted = False
        """Whether the limit of components walked (`link_components`) was reached: what was not found yet, is
        not."""

    def names_in(self, path: bytes) -> Mapping[bytes, Node]:
        """The names in a directory; none if the path leads to no directory."""
        directory = self.directory(path)
        return _NOTHING if directory is None else directory.children

    def directory(self, path: bytes) -> Directory | None:
        """The directory that a path leads to."""
        found = self._found
        if path in found:
            return found[path]
        self._room -= len(path)
        if self._room < 0:
            return self._walk(path)
        parent, _, name = path.rpartition(b"/")
        if name == b".." or path.count(b"/") >= _CLIMBED:
            result = self._walk(path)
        elif name in (b"", b"."):
            result = self.directory(parent)
        else:
            result = self._below(self.directory(parent), name, path)
        found[path] = result
        return result

    def _below(self, parent: Directory | None, name: bytes, path: bytes) -> Directory | None:
        node = None if parent is None else parent.children.get(name)
        if node is None or isinstance(node, Directory):
            return node
        return None if self._inodes.symlink_target(node) is None else self._walk(path)

    def _walk(self, path: bytes) -> Directory | None:
        try:
            self._budget.spend(path.count(b"/"))
            return self._follow(PathWalk(self._root, path, self._budget))
        except LimitExceeded:
            self.exhausted = True
            return None

    def _follow(self, walk: PathWalk) -> Directory | None:
        while (part := walk.next()) is not None:
            node = walk.directory.children.get(part)
            if isinstance(node, Directory):
                walk.enter(node)
                continue
            target = self._inodes.symlink_target(node) if node is not None else None
            if target is None or not walk.follow(target):
                return None
        return walk.directory

    def node(self, path: bytes) -> Node | None:
        """What stands at a path; a link at its end is not followed."""
        parent, _, name = path.rpartition(b"/")
        return self.names_in(parent).get(name)

    def anchor(self, path: bytes) -> tuple[Directory, bytes]:
        """The last directory on the way to a directory's path that is there, and what is left of the path.

        So two spellings of a path compare equal although neither is there any more.
        """
        known = self._anchors.get(path)
        if known is not None:
            return known
        if path.count(b"/") >= _CLIMBED:
            return self._root, path
        missing: list[bytes] = []
        above, directory = path, self.directory(path)
        while directory is None:
            above, _, name = above.rpartition(b"/")
            missing.append(name)
            directory = self.directory(above)
        result = self._anchors[path] = (directory, b"/".join(reversed(missing)))
        return result
