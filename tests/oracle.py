"""An independent, naive replay: the rules of layers on a dictionary of paths, with its own account of bytes.

It takes the members that a layer is written from, so neither tar nor the reader is part of it. It is slow
(every question is answered by looking at all paths) and written from the rules. These are, for each layer:

1. Names are cleaned; whiteout and opaque markers are put aside.
2. Markers act on the tree of the lower layers, wherever they stand. On the way to a marker a path that is no
   directory makes way for an empty one.
3. Entries follow in order. A directory over a directory takes the new attributes; anything else replaces what
   is there with all that is below it.
4. Missing parents become directories 0755 0:0. A parent that is no directory is replaced by one, but a link
   of the same layer is followed, inside the root, for at most 255 steps.
5. A hard link is one more name of what its target is at that moment, and its attributes become those of all
   names. Without a file to point to it is kept as an empty file.
6. An overlayfs whiteout (a character device 0:0) is a whiteout and not an entry.

Bytes are wasted when the last name of what holds them is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from layerscope.analysis.ledger import WasteCause
from layerscope.image.entry import EntryKind
from tests.builders import Member

__all__ = ["Node", "Oracle", "Path", "Waste", "clean"]

Path = tuple[bytes, ...]
Waste = tuple[bytes, int, WasteCause, int, int]
"""Path where it was stored, bytes, cause, written in, hidden in."""

_MAX_LINKS = 255


@dataclass(eq=False)
class Node:
    """What a path stands for; two paths with the same object are hard links."""

    kind: EntryKind
    layer: int
    stored_at: bytes = b""
    content: bytes = b""
    link_target: bytes | None = None
    device: tuple[int, int] | None = None
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    mtime_ns: int | None = None
    """None for a directory that nothing describes."""
    xattrs: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def implicit(self) -> bool:
        """A directory without an entry."""
        return self.mtime_ns is None

    def describe(self, member: Member) -> None:
        """Take the attributes of an entry. An entry without xattrs leaves those of a linked file alone."""
        self.mode, self.uid, self.gid = member.mode, member.uid, member.gid
        self.mtime_ns = member.mtime_ns
        if member.xattrs or member.kind is not EntryKind.HARDLINK:
            self.xattrs = tuple(sorted(member.xattrs))

    def metadata(self) -> object:
        """What a `chmod`, a `chown`, a `touch` or a `setfattr` changes."""
        return self.mode, self.uid, self.gid, self.mtime_ns, self.xattrs

    def substance(self) -> object:
        """Everything else."""
        return self.kind, self.content, self.link_target, self.device


@dataclass
class Oracle:
    """Tree and account after the layers applied so far."""

    tree: dict[Path, Node] = field(default_factory=dict)
    waste: list[Waste] = field(default_factory=list)
    layer: int = -1

    def apply(self, members: Iterable[Member]) -> None:
        """Put one more layer on top."""
        self.layer += 1
        whiteouts: set[Path] = set()
        opaques: set[Path] = set()
        entries = []
        for member in members:
            path = clean(member.path)
            name = path[-1] if path else b""
            if name == b".wh..wh..opq":
                opaques.add(path[:-1])
            elif name.startswith(b".wh."):
                whiteouts.add((*path[:-1], name[4:]))
            elif member.kind is EntryKind.CHAR_DEVICE and member.device == (0, 0):
                whiteouts.add(path)
            elif path:
                entries.append((path, member))
        for path in sorted(whiteouts | opaques):
            if path in whiteouts:
                self._remove(path)
            if path in opaques:
                self._empty(path)
        for path, member in entries:
            self._add(path, member)

    # --- markers

    def _remove(self, path: Path) -> None:
        for depth in range(1, len(path)):
            if path[:depth] not in self.tree:
                return
            self._make_directory(path[:depth])
        self._take_away(path, WasteCause.REMOVED)

    def _empty(self, path: Path) -> None:
        for depth in range(1, len(path) + 1):
            self._make_directory(path[:depth])
        for child in self._children(path):
            self._take_away(child, WasteCause.OPAQUE)

    # --- entries

    def _add(self, path: Path, member: Member) -> None:
        place = (*self._parent(path[:-1]), path[-1])
        old = self.tree.get(place)
        if member.kind is EntryKind.HARDLINK:
            self._add_link(path, place, member)
        elif member.kind is EntryKind.DIRECTORY and old and old.kind is EntryKind.DIRECTORY:
            old.describe(member)
        else:
            node = Node(member.kind, self.layer, b"/".join(path), member.content)
            if member.kind is EntryKind.SYMLINK:
                node.link_target = member.link_target
            if member.kind in (EntryKind.CHAR_DEVICE, EntryKind.BLOCK_DEVICE):
                node.device = member.device
            node.describe(member)
            self._put(place, node)

    def _add_link(self, path: Path, place: Path, member: Member) -> None:
        target = self._find(clean(member.link_target))
        itself = clean(member.link_target) == path
        if target is None or target.kind is EntryKind.DIRECTORY or itself:
            if not itself or place not in self.tree:
                dangling = Node(EntryKind.HARDLINK, self.layer, b"/".join(path))
                dangling.describe(member)
                self._put(place, dangling)
            return
        target.describe(member)
        if self.tree.get(place) is not target:
            self._put(place, target)

    def _put(self, place: Path, node: Node) -> None:
        """Let `node` take the place, with the account of what was there."""
        old = self.tree.get(place)
        if old is not None:
            below = [other for other in self.tree if other[: len(place)] == place and other != place]
            self.tree[place] = node
            for path in below:
                self._forget(self.tree.pop(path), WasteCause.REPLACED)
            self._forget(old, self._cause(old, node))
        self.tree[place] = node

    def _parent(self, path: Path) -> Path:
        """Where entries below `path` go."""
        todo, done, links = list(path), (), 0
        while todo:
            name = todo.pop(0)
            if name == b"..":
                done = done[:-1]
                continue
            if name in (b"", b"."):
                continue
            node = self.tree.get((*done, name))
            followed = node is not None and node.kind is EntryKind.SYMLINK and node.layer == self.layer
            if followed and links < _MAX_LINKS:
                assert node is not None
                assert node.link_target is not None
                links += 1
                todo = node.link_target.split(b"/") + todo
                done = () if node.link_target.startswith(b"/") else done
                continue
            done = (*done, name)
            self._make_directory(done)
        return done

    def _find(self, path: Path) -> Node | None:
        """What a path leads to: links on the way are followed, one at its end is not."""
        todo, done, links = list(path), (), 0
        while todo:
            name = todo.pop(0)
            if name == b"..":
                done = done[:-1]
                continue
            if name in (b"", b"."):
                continue
            node = self.tree.get((*done, name))
            if not todo:
                return node
            if node is None or links == _MAX_LINKS:
                return None
            if node.kind is EntryKind.SYMLINK:
                assert node.link_target is not None
                links += 1
                todo = node.link_target.split(b"/") + todo
                done = () if node.link_target.startswith(b"/") else done
            elif node.kind is EntryKind.DIRECTORY:
                done = (*done, name)
            else:
                return None
        return Node(EntryKind.DIRECTORY, 0)  # a path that ends in `..` or in nothing is no file

    # --- the tree

    def _make_directory(self, path: Path) -> None:
        """Make sure that a directory is there, without an entry to describe it."""
        old = self.tree.get(path)
        if old is None or old.kind is not EntryKind.DIRECTORY:
            self._put(path, Node(EntryKind.DIRECTORY, self.layer))

    def _children(self, path: Path) -> list[Path]:
        return [p for p in self.tree if len(p) == len(path) + 1 and p[:-1] == path]

    def _take_away(self, path: Path, cause: WasteCause) -> None:
        for other in [p for p in self.tree if p[: len(path)] == path]:
            self._forget(self.tree.pop(other), cause)

    # --- the account

    def _forget(self, node: Node, cause: WasteCause) -> None:
        """A name of `node` is gone; book its bytes if it was the last."""
        if node.content and not any(other is node for other in self.tree.values()):
            if node.layer == self.layer:
                cause = WasteCause.DUPLICATE_ENTRY
            self.waste.append((node.stored_at, len(node.content), cause, node.layer, self.layer))

    @staticmethod
    def _cause(old: Node, new: Node) -> WasteCause:
        if old.kind is not new.kind:
            return WasteCause.REPLACED
        if old.substance() != new.substance():
            return WasteCause.OVERWRITTEN
        return WasteCause.UNCHANGED if old.metadata() == new.metadata() else WasteCause.METADATA_ONLY


def clean(path: bytes) -> Path:
    """A name without `.`, `..`, empty components and a slash in front."""
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            parts[-1:] = []
        elif part not in (b"", b"."):
            parts.append(part)
    return tuple(parts)
