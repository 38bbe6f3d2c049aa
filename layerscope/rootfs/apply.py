"""Applying one changeset to the tree.

Spec: image-spec v1.1.1, layer.md#applying-changesets, #whiteouts. In two steps, because markers act on lower
layers only, wherever they stand in the archive: first all markers, then the entries in order.

Where the specification is silent, the result is what the default engines (overlayfs) show, and a notice tells
where others differ (docs/decisions/0011-layer-semantics.md).
"""

from __future__ import annotations

from layerscope.blobs.limits import Limits
from layerscope.errors import LimitExceeded
from layerscope.image.entry import EntryKind
from layerscope.notices import NoticeLog
from layerscope.rootfs.change import LayerChanges, WasteCause
from layerscope.rootfs.divergence import Divergences
from layerscope.rootfs.inode import CAUSES, InodeTable
from layerscope.rootfs.lookup import LinkBudget, PathWalk, find
from layerscope.rootfs.names import NameChanges
from layerscope.rootfs.tree import Directory, Node, implicit_in

__all__ = ["LayerApplication"]

_DIRECTORY = int(EntryKind.DIRECTORY)
_HARDLINK = int(EntryKind.HARDLINK)
_CHAR_DEVICE = int(EntryKind.CHAR_DEVICE)
_MERGING = frozenset({_DIRECTORY, _HARDLINK})
"""Kinds that need a look at the tree even where their name is new."""

_UNCHANGED = CAUSES.index(WasteCause.UNCHANGED)
_REMOVED = CAUSES.index(WasteCause.REMOVED)
_OPAQUE = CAUSES.index(WasteCause.OPAQUE)
_REPLACED = CAUSES.index(WasteCause.REPLACED)


class LayerApplication:
    """Puts one layer on the tree and counts what it did. Made for one layer, used once."""

    def __init__(self, root: Directory, inodes: InodeTable, layer: int, limits: Limits) -> None:
        self._limits = limits
        self._implied = 0
        self._budget = LinkBudget(limits)
        self._root = root
        self._inodes = inodes
        self._layer = layer
        self._changeset = inodes.changesets[layer]
        self._base = inodes.bases[layer]
        self._directories: list[Directory | None] = [None] * len(self._changeset.directories)
        self._names = NameChanges(inodes, layer)
        self._log = NoticeLog()
        self._divergences = Divergences(root, inodes, layer, self._log, self._budget)
        self._changes = self._names.counted

    def run(self) -> LayerChanges:
        """Apply markers, then entries; returns what the layer did."""
        overlay_whiteouts = self._overlay_whiteouts()
        whiteouts = [*self._changeset.whiteouts, *overlay_whiteouts.values()]
        # Sorted, so that nothing depends on where a marker stood: what is above goes first, and of a path its
        # removal before its emptying.
        markers = [(path, False) for path in whiteouts] + [(path, True) for path in self._changeset.opaques]
        for path, opaque in sorted(set(markers)):
            if opaque:
                self._apply_opaque(path)
            else:
                self._apply_whiteout(path)
        self._apply_entries(frozenset(overlay_whiteouts))
        self._names.judge(self._is_unchanged, self._same_directory)
        self._divergences.note_markers()
        self._divergences.note_kept_attributes()
        self._changes.notices = self._log.notices()
        return self._changes

    def _overlay_whiteouts(self) -> dict[int, bytes]:
        """Entries that overlayfs takes for whiteouts (character device 0:0), with the path each one hides."""
        changeset = self._changeset
        return {
            index: changeset.path(index)
            for index, device in changeset.devices.items()
            if device == (0, 0) and changeset.kinds[index] == _CHAR_DEVICE
        }

    # --- markers ---------------------------------------------------------------------------------------

    def _apply_whiteout(self, path: bytes) -> None:
        """Remove a path of the lower layers, with all that is below it."""
        parent_path, _, name = path.rpartition(b"/")
        parent = self._marker_directory(parent_path, create=False)
        node = parent.children.pop(name, None) if parent is not None else None
        if parent is None or node is None:
            self._divergences.note_useless_whiteout(path)
            return
        self._names.remember(parent, name, node)
        if isinstance(node, Directory):
            self._divergences.removed_directories.add(path)
        self._hide(node, _REMOVED)

    def _apply_opaque(self, path: bytes) -> None:
        """Empty a directory of the lower layers; it exists afterwards, even if it did not before."""
        directory = self._marker_directory(path, create=True)
        assert directory is not None
        if not directory.children:
            return
        hidden = directory.children
        directory.children = {}
        for name, node in hidden.items():
            self._names.remember(directory, name, node)
            self._hide(node, _OPAQUE)

    def _marker_directory(self, path: bytes, *, create: bool) -> Directory | None:
        """The directory a marker stands in, in the lower tree. Links of lower layers are not followed:
        overlayfs puts a real directory in their place."""
        directory = self._root
        for part in path.split(b"/") if path else ():
            node = directory.children.get(part)
            if isinstance(node, Directory):
                directory = node
                continue
            if node is None and not create:
                return None
            directory = self._imply(directory, part, node, path)
        return directory

    def _hide(self, node: Node, cause: int) -> None:
        """Take a node apart that is out of the tree, or about to be: every name below it is gone."""
        changes, names, layer = self._changes, self._names, self._layer
        names.drop_top(node)
        if isinstance(node, int):
            changes.removed_bytes += self._inodes.unlink(node, cause, layer)
            return
        stack = [node]
        while stack:
            directory = stack.pop()
            for name, child in directory.children.items():
                names.drop(directory, name, child)
                if isinstance(child, Directory):
                    stack.append(child)
                else:
                    changes.removed_bytes += self._inodes.unlink(child, cause, layer)

    # --- entries ---------------------------------------------------------------------------------------

    def _apply_entries(self, skipped: frozenset[int]) -> None:
        """Place the entries in archive order; new names, the usual case, inline."""
        changeset, changes, base, touches = self._changeset, self._changes, self._base, self._names.touches
        sizes, directories = changeset.sizes, self._directories
        added = added_bytes = 0
        columns = zip(changeset.parents, changeset.names, changeset.kinds, strict=True)
        for index, (parent, name, kind) in enumerate(columns):
            if skipped and index in skipped:
                continue
            directory = directories[parent]
            if directory is None:
                directory = directories[parent] = self._resolve(changeset.directories[parent])
            children = directory.children
            if name in children or kind in _MERGING or touches(directory):
                self._place(directory, name, kind, index)
                continue
            children[name] = base + index
            added += 1
            added_bytes += sizes[index]
        changes.added += added
        changes.added_bytes += added_bytes

    def _place(self, directory: Directory, name: bytes, kind: int, index: int) -> None:
        """Place one entry whatever is there."""
        old = directory.children.get(name)
        if kind == _HARDLINK:
            self._place_link(directory, name, old, index)
        elif kind != _DIRECTORY:
            self._place_inode(directory, name, old, index)
        elif isinstance(old, Directory):
            self._merge_directory(old, self._base + index)
        else:
            new = Directory(self._base + index)
            self._make_directory(directory, name, old, new, self._changeset.path(index))

    def _merge_directory(self, directory: Directory, entry: int) -> None:
        """A directory over a directory: what is in it stays, the attributes are the entry's."""
        before = directory.entry
        if self._names.merge(directory):
            self._divergences.note_xattrs(before, entry)
        directory.entry = entry

    def _make_directory(
        self, parent: Directory, name: bytes, old: int | None, new: Directory, path: bytes
    ) -> None:
        """A directory takes a name at which there is none."""
        parent.children[name] = new
        if old is None:
            self._names.place(parent, name, 0)
        elif self._names.replace(parent, name, old, 0):
            self._divergences.note_duplicate(path)
        self._names.adopt(parent, name, new)
        if old is not None:
            self._forget_resolved(old)
            self._changes.removed_bytes += self._inodes.unlink(old, _REPLACED, self._layer)

    def _place_inode(self, parent: Directory, name: bytes, old: Node | None, index: int) -> None:
        """A file, a symbolic link, a device or a fifo takes the name."""
        parent.children[name] = inode = self._base + index
        size = self._changeset.sizes[index]
        if old is None:
            self._names.place(parent, name, size)
            return
        if self._names.replace(parent, name, old, size):
            self._divergences.note_duplicate(self._changeset.path(index))
        self._take_away(old, inode)

    def _place_link(self, parent: Directory, name: bytes, old: Node | None, index: int) -> None:
        """A hard link: one more name for the inode that its target has at this moment."""
        entry = self._base + index
        target, path = self._changeset.link_targets[index], self._changeset.path(index)
        inode = find(self._root, self._inodes, target, self._budget)
        if not isinstance(inode, int) or target == path:
            self._divergences.note_dangling(target, path)
            if target != path or old is None:
                self._place_inode(parent, name, old, index)
            return
        if inode == old:
            self._say_link_again(parent, name, inode, entry)
            return
        if inode < self._base:
            self._divergences.note_link_below(path)
        self._inodes.link(inode, entry)
        parent.children[name] = inode
        parent.note_link(name, entry)
        if old is None:
            self._names.place_link(parent, name)
            return
        if self._names.replace(parent, name, old, 0, link=True):
            self._divergences.note_duplicate(path)
        self._take_away(old, inode)

    def _say_link_again(self, parent: Directory, name: bytes, inode: int, entry: int) -> None:
        """A hard link to the inode that the name has already: only the metadata may be new."""
        if not self._names.is_new(inode) and not self._names.is_remembered(parent, name):
            same = self._inodes.same_metadata(self._inodes.metadata_entry(inode), entry)
            self._changes.unchanged += same
            self._changes.modified += not same
        self._inodes.set_metadata(inode, entry)
        parent.note_link(name, entry)

    def _take_away(self, old: Node, new: int) -> None:
        """What a name stood for loses it to the inode `new`."""
        if isinstance(old, Directory):
            self._forget_all_resolved()
            self._hide(old, _REPLACED)
            return
        cause = self._inodes.cause(old, new)
        self._forget_resolved(old)
        hidden = self._inodes.unlink(old, cause, self._layer)
        if cause == _REPLACED:
            self._changes.removed_bytes += hidden

    def _is_unchanged(self, old: int, new: int) -> bool:
        return self._inodes.cause(old, new) == _UNCHANGED

    def _same_directory(self, old_entry: int, new_entry: int) -> bool:
        return old_entry >= 0 and new_entry >= 0 and self._inodes.same_metadata(old_entry, new_entry)

    # --- resolving ------------------------------------------------------------------------------------------

    def _resolve(self, path: bytes) -> Directory:
        """The directory that entries below `path` go to, made where it is missing.

        A symbolic link of this layer is followed, inside the root; one of a lower layer is replaced by a real
        directory, as overlayfs shows it.
        """
        walk = PathWalk(self._root, path, self._budget)
        while (part := walk.next()) is not None:
            node = walk.directory.children.get(part)
            if isinstance(node, Directory):
                self._divergences.note_parent(node)
                walk.enter(node)
                continue
            target = self._inodes.symlink_target(node) if node is not None and node >= self._base else None
            if target is None or not walk.follow(target):
                walk.enter(self._imply(walk.directory, part, node, path))
        return walk.directory

    def _imply(self, parent: Directory, name: bytes, old: Node | None, path: bytes) -> Directory:
        """Make a directory that no entry describes (yet), in the place of whatever is there."""
        self._implied += 1
        if self._implied > self._limits.implied_directories:
            most = self._limits.implied_directories
            raise LimitExceeded(f"more than {most:,} directories without entries (limit implied_directories)")
        if old is not None:
            assert isinstance(old, int)
            self._divergences.note_path_through(EntryKind(self._inodes.kind(old)), path)
        new = Directory(implicit_in(self._layer))
        self._make_directory(parent, name, old, new, path)
        return new

    def _forget_resolved(self, old: Node) -> None:
        """Resolve directories anew after a link that they may have been reached through is gone."""
        if isinstance(old, int) and old >= self._base and self._inodes.symlink_target(old) is not None:
            self._forget_all_resolved()

    def _forget_all_resolved(self) -> None:
        self._directories[:] = [None] * len(self._directories)
