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
from layerscope.rootfs.tree import Directory, Node, implicit_in

__all__ = ["LayerApplication"]

_FILE = int(EntryKind.FILE)
_DIRECTORY = int(EntryKind.DIRECTORY)
_HARDLINK = int(EntryKind.HARDLINK)
_CHAR_DEVICE = int(EntryKind.CHAR_DEVICE)
_MERGING = frozenset({_DIRECTORY, _HARDLINK})
"""Kinds that need a look at the tree even where their name is new."""

_OVERWRITTEN = CAUSES.index(WasteCause.OVERWRITTEN)
_METADATA_ONLY = CAUSES.index(WasteCause.METADATA_ONLY)
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
        self._shadows: dict[Directory, dict[bytes, Node]] = {}
        """What markers of this layer took out of a directory, so that what comes back counts as modified."""
        self._successors: set[Directory] = set()
        """Directories of this layer that stand in the place of something of a lower one."""
        self._linked_below: set[tuple[int, bytes]] = set()
        """Names of this layer that are hard links to inodes of lower layers."""
        self._log = NoticeLog()
        self._divergences = Divergences(root, inodes, layer, self._log, self._budget)
        self._changes = LayerChanges()

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
        self._shadows.setdefault(parent, {})[name] = node
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
        self._shadows.setdefault(directory, {}).update(hidden)
        for node in hidden.values():
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
        """Take a node that is out of the tree apart: every name in it is gone."""
        changes, unlink, layer = self._changes, self._inodes.unlink, self._layer
        stack = [node]
        while stack:
            node = stack.pop()
            if isinstance(node, Directory):
                stack.extend(node.children.values())
                fresh = node not in self._successors and (
                    node.entry >= self._base or node.entry == implicit_in(layer)
                )
            else:
                changes.removed_bytes += unlink(node, cause, layer)
                fresh = node >= self._base
            if fresh:
                changes.added -= 1
            else:
                changes.removed += 1

    # --- entries ---------------------------------------------------------------------------------------

    def _apply_entries(self, skipped: frozenset[int]) -> None:
        """Place the entries in archive order; new names, the usual case, inline."""
        changeset, changes, base, shadows = self._changeset, self._changes, self._base, self._shadows
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
            if name in children or kind in _MERGING or directory in shadows:
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
        if kind == _DIRECTORY:
            self._place_directory(directory, name, old, self._base + index)
        elif kind == _HARDLINK:
            self._place_link(directory, name, old, index)
        else:
            self._place_inode(directory, name, old, self._base + index, self._changeset.sizes[index])

    def _place_directory(self, parent: Directory, name: bytes, old: Node | None, entry: int) -> None:
        """A directory over a directory merges and takes the new attributes; anything else makes way."""
        changes = self._changes
        if isinstance(old, Directory):
            if old.entry < self._base and old.entry != implicit_in(self._layer):
                self._divergences.note_xattrs(old.entry, entry)
                if self._same_directory(old.entry, entry):
                    changes.unchanged += 1
                else:
                    changes.modified += 1
            old.entry = entry
            return
        new = Directory(entry)
        parent.children[name] = new
        if old is None:
            before = self._take_shadow(parent, name)
            if isinstance(before, Directory):
                self._shadows[new] = dict(before.children)
            same = isinstance(before, Directory) and self._same_directory(before.entry, entry)
            self._count_written(before, same=same)
            return
        self._count_replaced(old, new, name)
        self._forget_resolved(old)
        changes.removed_bytes += self._inodes.unlink(old, _REPLACED, self._layer)

    def _place_inode(self, parent: Directory, name: bytes, old: Node | None, inode: int, size: int) -> None:
        """A file, a link, a device or a fifo takes the name."""
        changes = self._changes
        parent.children[name] = inode
        if old is None:
            before = self._take_shadow(parent, name)
            same = isinstance(before, int) and self._cause(before, inode) == _UNCHANGED
            self._count_written(before, same=same, size=size)
        elif isinstance(old, Directory):
            changes.modified_bytes += size
            self._count_replaced(old, inode, name)
            self._forget_all_resolved()
            for child in old.children.values():
                self._hide(child, _REPLACED)
        else:
            cause = self._cause(old, inode)
            if old < self._base and (id(parent), name) not in self._linked_below:
                changes.unchanged += cause == _UNCHANGED
                changes.modified += cause != _UNCHANGED
                changes.modified_bytes += size
            else:
                self._divergences.note_duplicate(name)
            self._forget_resolved(old)
            hidden = self._inodes.unlink(old, cause, self._layer)
            if cause == _REPLACED:
                changes.removed_bytes += hidden

    def _place_link(self, parent: Directory, name: bytes, old: Node | None, index: int) -> None:
        """A hard link: one more name for the inode that its target has at this moment."""
        entry = self._base + index
        target, path = self._changeset.link_targets[index], self._changeset.path(index)
        inode = find(self._root, self._inodes, target, self._budget)
        if not isinstance(inode, int) or target == path:
            self._divergences.note_dangling(target, path)
            if target != path or old is None:
                self._place_inode(parent, name, old, entry, 0)
            return
        if inode == old:  # said again; only the metadata may be new
            self._inodes.set_metadata(inode, entry)
            return
        if inode < self._base:
            self._linked_below.add((id(parent), name))
            self._divergences.note_link_below(path)
        self._inodes.link(inode, entry)
        self._place_inode(parent, name, old, inode, 0)

    def _cause(self, old: int, new: int) -> int:
        """Why the bytes of `old` are hidden when `new` takes their name."""
        inodes = self._inodes
        old_kind, new_kind = inodes.kind(old), inodes.kind(new)
        if old_kind != new_kind:
            return _REPLACED
        same = inodes.same_content(old, new) if old_kind == _FILE else inodes.same_target(old, new)
        if not same:
            return _OVERWRITTEN
        before, after = inodes.metadata_entry(old), inodes.metadata_entry(new)
        return _UNCHANGED if inodes.same_metadata(before, after) else _METADATA_ONLY

    def _same_directory(self, old_entry: int, new_entry: int) -> bool:
        return old_entry >= 0 and self._inodes.same_metadata(old_entry, new_entry)

    # --- counting --------------------------------------------------------------------------------------

    def _take_shadow(self, parent: Directory, name: bytes) -> Node | None:
        """What a marker of this layer removed at this name, if that has not come back yet."""
        shadow = self._shadows.get(parent)
        return shadow.pop(name, None) if shadow else None

    def _count_written(self, before: Node | None, *, same: bool, size: int = 0) -> None:
        """Count a new name: added, or modified where a marker of this layer removed it just before."""
        changes = self._changes
        if before is None:
            changes.added += 1
            changes.added_bytes += size
            return
        changes.removed -= 1
        changes.unchanged += same
        changes.modified += not same
        changes.modified_bytes += size

    def _count_replaced(self, old: Node, new: Node, name: bytes) -> None:
        """Count a name whose type changed, unless this layer itself wrote what was there."""
        entry = old.entry if isinstance(old, Directory) else old
        if entry < self._base and entry != implicit_in(self._layer):
            self._changes.modified += 1
            if isinstance(new, Directory):
                self._successors.add(new)
        else:
            self._divergences.note_duplicate(name)

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
        new = Directory(implicit_in(self._layer))
        parent.children[name] = new
        if old is None:
            before = self._take_shadow(parent, name)
            if isinstance(before, Directory):
                self._shadows[new] = dict(before.children)
            self._count_written(before, same=False)
            return new
        assert isinstance(old, int)
        self._divergences.note_path_through(EntryKind(self._inodes.kind(old)), path)
        self._count_replaced(old, new, name)
        self._forget_resolved(old)
        self._changes.removed_bytes += self._inodes.unlink(old, _REPLACED, self._layer)
        return new

    def _forget_resolved(self, old: Node) -> None:
        """Resolve directories anew after a link that they may have been reached through is gone."""
        if isinstance(old, int) and old >= self._base and self._inodes.symlink_target(old) is not None:
            self._forget_all_resolved()

    def _forget_all_resolved(self) -> None:
        self._directories[:] = [None] * len(self._directories)
