"""Walking paths of the tree, symbolic links included, without ever leaving the root."""

from __future__ import annotations

from layerscope.blobs.limits import Limits
from layerscope.errors import LimitExceeded
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.tree import Directory, Node

__all__ = ["LinkBudget", "PathWalk", "find"]

_MAX_LINKS = 255
"""Symbolic links followed for one path, as in Linux's and Go's resolvers; then the path counts as a loop."""
_MAX_TARGET_BYTES = 4096
"""PATH_MAX of Linux: no engine follows a longer link."""


class LinkBudget:
    """How many components symbolic links may still lead through, for all walks of one layer together."""

    def __init__(self, limits: Limits) -> None:
        self._most = self._left = limits.link_components

    def spend(self, components: int) -> None:
        """Take components off; raises LimitExceeded when there are none left."""
        self._left -= components
        if self._left < 0:
            raise LimitExceeded(
                f"symbolic links lead through more than {self._most:,} components (limit link_components)"
            )


class PathWalk:
    """A walk down a path: the caller looks at each component and says where it leads."""

    def __init__(self, root: Directory, path: bytes, budget: LinkBudget) -> None:
        self._budget = budget
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
        if self._links > _MAX_LINKS or len(target) > _MAX_TARGET_BYTES:
            return False
        if target.startswith(b"/"):
            del self._trail[1:]
        parts = target.split(b"/")
        self._budget.spend(len(parts))
        self._parts.extend(reversed(parts))
        return True


def find(root: Directory, inodes: InodeTable, path: bytes, budget: LinkBudget) -> Node | None:
    """What stands at a path: links on the way are followed, a link at its end is not."""
    walk = PathWalk(root, path, budget)
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
