"""Walking paths of the tree, symbolic links included, without ever leaving the root."""

from __future__ import annotations

from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.tree import Directory, Node

__all__ = ["PathWalk", "find"]

_MAX_LINKS = 255
"""Symbolic links followed for one path, as in Linux's and Go's resolvers; then the path counts as a loop."""


class PathWalk:
    """A walk down a path: the caller looks at each component and says where it leads."""

    def __init__(self, root: Directory, path: bytes) -> None:
        self._parts = path.split(b"/")[::-1] if path else []
        self._trail = [root]
        self._links = 0

    @property
    def directory(self) -> Directory:
        """Where the walk stands."""
        return self._trail[-1]

    @property
    def at_last(self) -> bool:
        """Whether the component that `next` gave was the last one."""
        return not self._parts

    def next(self) -> bytes | None:
        """The next component to look at; None at the end. `..` goes up, and no further than the root."""
        while self._parts:
            part = self._parts.pop()
            if part == b"..":
                if len(self._trail) > 1:
                    self._trail.pop()
            elif part not in (b"", b"."):
                return part
        return None

    def enter(self, directory: Directory) -> None:
        """Go on below `directory`."""
        self._trail.append(directory)

    def follow(self, target: bytes) -> bool:
        """Go on at a link's target, absolute ones from the root; False after too many links."""
        self._links += 1
        if self._links > _MAX_LINKS:
            return False
        if target.startswith(b"/"):
            del self._trail[1:]
        self._parts.extend(target.split(b"/")[::-1])
        return True


def find(root: Directory, inodes: InodeTable, path: bytes) -> Node | None:
    """What stands at a path: links on the way are followed, a link at its end is not."""
    walk = PathWalk(root, path)
    while (part := walk.next()) is not None:
        node = walk.directory.children.get(part)
        if walk.at_last:
            return node
        if isinstance(node, Directory):
            walk.enter(node)
            continue
        target = inodes.symlink_target(node) if node is not None else None
        if target is None or not walk.follow(target):
            return None
    return walk.directory
