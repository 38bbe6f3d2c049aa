"""The merged root filesystem."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.image.changeset import Changeset
from layerscope.image.entry import IMPLICIT_MODE, EntryKind
from layerscope.rootfs.apply import LayerApplication
from layerscope.rootfs.change import LayerChanges
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.locate import Locator
from layerscope.rootfs.tree import Directory, Node, layer_of_implicit

__all__ = ["Rootfs", "RootfsEntry"]


class RootfsEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
    """The tree that a stack of changesets makes, lowest first.

    Time and memory are linear in entries and markers: a layer touches only what it names, what it removes is
    taken apart once, and no tree is copied.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._root = Directory(0)
        self.inodes = InodeTable()

    def __repr__(self) -> str:
        """In one line, without a walk through the tree."""
        return f"<Rootfs of {len(self.inodes.changesets)} layers>"

    def apply(self, changeset: Changeset) -> LayerChanges:
        """Put one more layer on top.

        Raises LimitExceeded for layers that are made to exhaust memory or time.
        """
        self.inodes.add_layer(changeset)
        return LayerApplication(self._root, self.inodes, len(self.inodes.changesets) - 1, self._limits).run()

    def locator(self) -> Locator:
        """A way to look up many paths of the tree as it is now."""
        return Locator(self._root, self.inodes, self._limits)

    def nodes(self) -> Iterator[tuple[bytes, Directory, bytes, Node]]:
        """Path, parent, name and node of everything but the root: parents first, names in order."""
        stack = [(b"", self._root)]
        while stack:
            above, directory = stack.pop()
            below = []
            for name, node in sorted(directory.children.items(), key=lambda item: item[0]):
                path = above + name
                yield path, directory, name, node
                if isinstance(node, Directory):
                    below.append((path + b"/", node))
            stack.extend(reversed(below))

    @property
    def root(self) -> Directory:
        """The directory that everything is in."""
        return self._root

    def entries(self) -> Iterator[RootfsEntry]:
        """All paths but the root, sorted by path bytes."""
        numbers: dict[int, int] = {}  # inodes with several names
        for count, (path, node) in enumerate(self._walk(), 1):
            if isinstance(node, Directory):
                yield self._directory_entry(path, node, count)
            else:
                number = numbers.setdefault(node, count) if self.inodes.names(node) > 1 else count
                yield self._inode_entry(path, node, number)

    def inodes_by_path(self) -> Iterator[tuple[bytes, int]]:
        """Every path that is no directory with its inode, sorted by path bytes."""
        return ((path, node) for path, node in self._walk() if not isinstance(node, Directory))

    def _walk(self) -> Iterator[tuple[bytes, Node]]:
        """Depth first, in the order of whole paths: `a`, `a-b`, `a/c`, since `-` sorts before `/`."""
        stack: list[tuple[bytes, Node | None, Directory | None]] = [(b"", None, self._root)]
        while stack:
            path, node, inside = stack.pop()
            if node is not None:
                yield path, node
            if inside is None:
                continue
            following: list[tuple[bytes, Node | None, Directory | None]] = []
            for name, child in inside.children.items():
                following.append((path + name, child, None))
                if isinstance(child, Directory):
                    following.append((path + name + b"/", None, child))
            following.sort(key=lambda item: item[0], reverse=True)
            stack.extend(following)

    def _directory_entry(self, path: bytes, directory: Directory, number: int) -> RootfsEntry:
        if directory.entry >= 0:
            return self._inode_entry(path, directory.entry, number)
        return RootfsEntry(
            path=path,
            kind=EntryKind.DIRECTORY,
            mode=IMPLICIT_MODE,
            uid=0,
            gid=0,
            size=0,
            mtime_ns=0,
            link_target=None,
            device=None,
            xattrs=(),
            content_digest=b"",
            inode=number,
            layer=layer_of_implicit(directory.entry),
            implicit=True,
        )

    def _inode_entry(self, path: bytes, inode: int, number: int) -> RootfsEntry:
        """The content is the inode's; mode, owner and times are the last hard link's, if there are links."""
        content, index, layer = metadata, metadata_index, _ = self.inodes.locate(inode)
        described = self.inodes.metadata_entry(inode)
        if described != inode:
            metadata, metadata_index, layer = self.inodes.locate(described)
        mode, uid, gid = metadata.attributes[metadata.attribute_ids[metadata_index]]
        kind = EntryKind(content.kinds[index])
        dangling = kind is EntryKind.HARDLINK
        return RootfsEntry(
            path=path,
            kind=EntryKind.FILE if dangling else kind,
            mode=mode,
            uid=uid,
            gid=gid,
            size=content.sizes[index],
            mtime_ns=metadata.mtime_ns(metadata_index),
            link_target=None if dangling else content.link_targets.get(index),
            device=content.devices.get(index),
            xattrs=metadata.xattrs.get(metadata_index) or content.xattrs.get(index, ()),
            content_digest=content.content_digest(index),
            inode=number,
            layer=layer,
            implicit=False,
        )
