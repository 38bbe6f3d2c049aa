"""Notices where engines part: what a layer means to layerscope is not what every engine makes of it.

Each of these was observed by running engines (docs/decisions/0011-layer-semantics.md). The result is what
overlayfs shows; a notice says that another engine, or an unpacker, shows something else or refuses the layer.
"""

from __future__ import annotations

from layerscope.image.entry import IMPLICIT_MODE, EntryKind
from layerscope.notices import NoticeLog, Severity
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.lookup import LinkBudget, find
from layerscope.rootfs.tree import Directory

__all__ = ["Divergences"]

_DEFAULT_ATTRIBUTES = (IMPLICIT_MODE, 0, 0)


class Divergences:
    """Collects, while one layer is applied, what engines would disagree about."""

    def __init__(
        self, root: Directory, inodes: InodeTable, layer: int, log: NoticeLog, budget: LinkBudget
    ) -> None:
        self._root = root
        self._inodes = inodes
        self._budget = budget
        self._layer = layer
        self._changeset = inodes.changesets[layer]
        self._base = inodes.bases[layer]
        self._log = log
        self._parents: set[Directory] = set()
        self.removed_directories: set[bytes] = set()
        """Directories of lower layers that this layer's whiteouts removed."""

    def note_parent(self, directory: Directory) -> None:
        """Remember a lower directory that entries go to; its own entry may still come."""
        if 0 <= directory.entry < self._base:
            self._parents.add(directory)

    def note_kept_attributes(self) -> None:
        """A directory without an entry keeps what lower layers gave it; on overlayfs, engines reset it."""
        for directory in self._parents:
            if not 0 <= directory.entry < self._base:
                continue
            changeset, index, _ = self._inodes.locate(directory.entry)
            if changeset.attributes[changeset.attribute_ids[index]] != _DEFAULT_ATTRIBUTES:
                self._log.add(
                    "parent-without-entry",
                    Severity.INFO,
                    "a directory has no entry in this layer; some engines reset its mode and owner",
                    path=changeset.path(index),
                )

    def note_markers(self) -> None:
        """Look at all markers again, now that the layer's entries are in the tree."""
        changeset = self._changeset
        for path, position in zip(changeset.whiteouts, changeset.whiteout_positions, strict=True):
            self._note_whiteout_with_entry(path, position)
        positions = dict(zip(changeset.opaques, changeset.opaque_positions, strict=True))
        implied = self._above_implied() if any(positions.values()) else set()
        for path, position in positions.items():
            self._note_opaque(path, position, implied)

    def _note_whiteout_with_entry(self, path: bytes, position: int) -> None:
        """The same layer removes a path and writes it: the specification is clear, engines are not.

        An entry before its whiteout is deleted or makes the layer fail; a directory that is removed and made
        again shows its old children on overlayfs.
        """
        node = find(self._root, self._inodes, path, self._budget)
        before_marker = range(self._base, self._base + position)
        if isinstance(node, Directory):
            odd = path in self.removed_directories or node.entry in before_marker
        else:
            odd = node is not None and node in before_marker
        if odd:
            self._log.add(
                "whiteout-and-entry",
                Severity.WARNING,
                "a layer removes a path and writes it too; engines disagree on what is left",
                path=path,
            )

    def _note_opaque(self, path: bytes, position: int, implied: set[bytes]) -> None:
        """Opaque markers that overlayfs does not see, and those that other engines take too far."""
        if not path and self._layer > 0:
            self._log.add(
                "root-opaque", Severity.WARNING, "an opaque marker at the root, which overlayfs ignores"
            )
        if position and path in implied:
            self._log.add(
                "opaque-and-implicit",
                Severity.WARNING,
                "an opaque marker after paths whose directories have no entries; some engines delete them",
                path=path,
            )

    def _above_implied(self) -> set[bytes]:
        """Directories that have, at any depth below them, directories without an entry in this layer.

        Those are parents of entries (or above one) that no directory entry of this layer names.
        """
        changeset = self._changeset
        named = {
            changeset.path(index) for index, kind in enumerate(changeset.kinds) if kind == EntryKind.DIRECTORY
        }
        seen: set[bytes] = set()
        above: set[bytes] = set()
        for path in changeset.directories:
            implied = False
            while path:
                if path in seen and (not implied or path in above):
                    break
                seen.add(path)
                if implied:
                    above.add(path)
                implied = implied or path not in named
                path = path.rpartition(b"/")[0]  # noqa: PLW2901  (climbing)
            if implied:
                above.add(b"")
        return above

    def note_xattrs(self, old_entry: int, new_entry: int) -> None:
        """A directory's xattrs are replaced; engines that unpack in one directory keep the old ones too."""
        if old_entry < 0:
            return
        old, old_index, _ = self._inodes.locate(old_entry)
        if old_index not in old.xattrs:
            return
        new, index, _ = self._inodes.locate(new_entry)
        if {name for name, _ in old.xattrs[old_index]} - {name for name, _ in new.xattrs.get(index, ())}:
            self._log.add(
                "directory-xattrs",
                Severity.INFO,
                "a directory's entry drops xattrs of a lower layer; some engines keep them",
                path=new.path(index),
            )

    def note_path_through(self, kind: EntryKind, path: bytes) -> None:
        """A path goes through something that is no directory."""
        what = kind.label.replace("_", " ")
        self._log.add(
            "entry-below-symlink" if kind is EntryKind.SYMLINK else "entry-below-file",
            Severity.WARNING,
            f"a path goes through a {what}; engines on overlayfs put a directory in its place, others follow "
            "it or fail",
            path=path,
        )

    def note_useless_whiteout(self, path: bytes) -> None:
        """A whiteout hides nothing."""
        self._log.add(
            "whiteout-of-nothing", Severity.INFO, "a whiteout of a path that is not there", path=path
        )

    def note_duplicate(self, path: bytes) -> None:
        """A path stands twice in this layer."""
        self._log.add(
            "duplicate-entry",
            Severity.WARNING,
            "a path stands twice in one layer; the last counts",
            path=path,
        )

    def note_link_below(self, path: bytes) -> None:
        """A hard link's target is in a lower layer."""
        self._log.add(
            "link-to-lower-layer",
            Severity.WARNING,
            "a hard link to a path of a lower layer; engines on overlayfs refuse the layer",
            path=path,
        )

    def note_dangling(self, target: bytes, path: bytes) -> None:
        """A hard link's target is not there."""
        self._log.add(
            "dangling-hard-link",
            Severity.WARNING,
            f"hard link to {target.decode('utf-8', 'replace')!r}, which is no file at that point; engines "
            "refuse the layer",
            path=path,
        )
