"""From the entries of a tar to a changeset."""

from __future__ import annotations

from collections.abc import Iterable

from layerscope.blobs import tar_entry as tar
from layerscope.blobs.hashing import ContentHash
from layerscope.blobs.tar_entry import TarEntry
from layerscope.image.changeset import Changeset
from layerscope.image.entry import root_entry
from layerscope.image.keeping import ContentKeeper
from layerscope.image.paths import (
    MARKER_PREFIX,
    PLNK_PREFIX,
    Marker,
    classify_marker,
    is_aufs_path,
    normalize,
)
from layerscope.notices import NoticeLog, Severity

__all__ = ["ChangesetBuilder"]

_CLOSER_LOOK = frozenset({b"", b"."})
"""First bytes of names that may be no names at all (`.`, `..`) or markers (`.wh.`)."""
_NAME_BYTES = 255
"""NAME_MAX of Linux: a longer component cannot be written by any engine."""


class ChangesetBuilder:
    """Fills the columns of one changeset, entry by entry.

    `changeset` is valid at any moment, so that a stream that breaks off leaves what came before.
    """

    def __init__(self, hasher: ContentHash | None, log: NoticeLog) -> None:
        self.changeset = Changeset(
            content_hash=hasher.name if hasher else "none", digest_size=hasher.size if hasher else 0
        )
        self._log = log
        self._no_digest = bytes(self.changeset.digest_size)
        self._parents: dict[bytes, int] = {b"": 0}  # as the archive writes it, to index of its clean form
        self._directories: dict[bytes, int] = {b"": 0}
        self._attributes: dict[tuple[int, int, int], int] = {}
        self._plnk: dict[bytes, TarEntry] = {}
        self._plnk_names: dict[bytes, bytes] = {}
        self._keeper: ContentKeeper | None = None

    def add_all(self, entries: Iterable[TarEntry], keeper: ContentKeeper | None = None) -> None:
        """Take entries in archive order; the columns are appended inline, since this runs once for each.

        The keeper, if there is one, looks at the contents of `entries`, which then is the reader it knows.
        """
        changeset = self.changeset
        self._keeper = keeper
        tails, program_bytes, look = (
            (keeper.tails, keeper.program_bytes, self._look) if keeper else (frozenset[bytes](), 0, None)
        )
        parents, names, kinds = changeset.parents.append, changeset.names.append, changeset.kinds.append
        sizes, attribute_ids = changeset.sizes.append, changeset.attribute_ids.append
        mtimes, nanos = changeset.mtimes.append, changeset.mtime_nanos.append
        digests, no_digest = changeset.content_digests, self._no_digest
        known_parents, known_attributes = self._parents, self._attributes
        for entry in entries:
            name, kind, attribute, size, seconds, nano, target, xattrs, digest, data = entry
            raw_parent, _, base = name.rpartition(b"/")
            if not base:  # the usual form of a directory: `usr/lib/`
                raw_parent, _, base = name.rstrip(b"/").rpartition(b"/")
            parent = known_parents.get(raw_parent)
            if (
                parent is None
                or base[:1] in _CLOSER_LOOK
                or kind > tar.SYMLINK
                or xattrs
                or len(base) > _NAME_BYTES
            ):
                self._add_uncommon(entry)
                continue
            attribute_id = known_attributes.get(attribute)
            if attribute_id is None:
                attribute_id = self._attribute_id(attribute)
            if kind == tar.SYMLINK:
                changeset.link_targets[len(changeset.names)] = target
            parents(parent)
            names(base)
            kinds(kind)
            sizes(size)
            attribute_ids(attribute_id)
            mtimes(seconds)
            nanos(nano)
            digests += digest or no_digest
            if look and (base[-4:] in tails or size >= program_bytes):
                look(parent, base, kind, size, data)

    def _look(self, parent: int, base: bytes, kind: int, size: int, data: int) -> None:
        """Have the content of the entry that was appended last looked at, if it is a file's."""
        if kind == tar.FILE and size and self._keeper is not None:
            self._keeper.look(
                len(self.changeset.names) - 1, self.changeset.directories[parent], base, size, data
            )

    def _append(self, parent: int, base: bytes, kind: int, entry: TarEntry) -> None:
        """Append one entry to every column."""
        changeset = self.changeset
        _, _, attribute, size, seconds, nano, target, xattrs, digest, _ = entry
        index = len(changeset.names)
        if kind in (tar.SYMLINK, tar.HARDLINK):
            changeset.link_targets[index] = target
        elif kind in (tar.CHAR_DEVICE, tar.BLOCK_DEVICE):
            major, _, minor = target.partition(b",")
            changeset.devices[index] = (int(major), int(minor))
        if xattrs:
            changeset.xattrs[index] = xattrs
        changeset.parents.append(parent)
        changeset.names.append(base)
        changeset.kinds.append(kind)
        changeset.sizes.append(size if kind == tar.FILE else 0)
        changeset.attribute_ids.append(self._attribute_id(attribute))
        changeset.mtimes.append(seconds)
        changeset.mtime_nanos.append(nano)
        changeset.content_digests += digest or self._no_digest

    def _attribute_id(self, attribute: tuple[int, int, int]) -> int:
        known = self._attributes.get(attribute)
        if known is None:
            known = self._attributes[attribute] = len(self.changeset.attributes)
            self.changeset.attributes.append(attribute)
        return known

    def _directory(self, path: bytes) -> int:
        known = self._directories.get(path)
        if known is None:
            known = self._directories[path] = len(self.changeset.directories)
            self.changeset.directories.append(path)
        return known

    # --- entries that need a closer look --------------------------------------------------------------------

    def _add_uncommon(self, entry: TarEntry) -> None:
        """An entry with a new parent, a marker, a link, a device, or an odd name."""
        name, kind = entry[0], entry[1]
        path = self._clean(name)
        if not path:
            self._add_root(entry)
            return
        parent_path, _, base = path.rpartition(b"/")
        if is_aufs_path(path):
            self._add_aufs(path, entry)
            return
        if base.startswith(MARKER_PREFIX):
            self._add_marker(path, parent_path, base)
            return
        if len(base) > _NAME_BYTES:
            self._log.add(
                "long-name",
                Severity.WARNING,
                f"a name of {len(base)} bytes; no engine can write more than {_NAME_BYTES}",
                path=path,
            )
        parent = self._remember_parent(name, parent_path)
        self._note_overlay(path, entry)
        if kind == tar.HARDLINK:
            entry, kind = self._resolve_link(path, entry)
        self._append(parent, base, kind, entry)
        self._look(parent, base, entry[1], entry[3], entry[9])

    def _clean(self, name: bytes) -> bytes:
        path, escaped = normalize(name)
        if escaped:
            self._log.add(
                "path-escapes",
                Severity.WARNING,
                "a path leaves the root with `..`; it is clamped to the root, some engines refuse the layer",
                path=path,
            )
        return path

    def _remember_parent(self, name: bytes, parent_path: bytes) -> int:
        """Index of the parent directory; its spelling in the archive is remembered for the fast path.

        Not so where every file is looked at: the fast path would have to ask that of each parent.
        """
        index = self._directory(parent_path)
        if self._keeper is not None and self._keeper.watches(parent_path):
            return index
        raw_parent = name.rstrip(b"/").rpartition(b"/")[0]
        if normalize(raw_parent) == (parent_path, False):  # not so for `a/..` and the like
            self._parents[raw_parent] = index
        return index

    def _add_root(self, entry: TarEntry) -> None:
        """`./` carries the root's attributes; anything else without a name is nothing that can be listed."""
        _, kind, attribute, _, seconds, nano, _, xattrs, _, _ = entry
        if kind != tar.DIRECTORY:
            self._log.add("no-name", Severity.WARNING, "an entry without a name is not listed")
            return
        self.changeset.root_entry = root_entry(attribute, seconds * 1_000_000_000 + nano, xattrs)

    def _add_marker(self, path: bytes, parent_path: bytes, base: bytes) -> None:
        """Put a marker aside, whatever its type and wherever it stands."""
        marker = classify_marker(base)
        if marker is Marker.OPAQUE:
            self.changeset.opaques.append(parent_path)
            self.changeset.opaque_positions.append(len(self.changeset))
        elif marker is Marker.WHITEOUT:
            hidden = base[len(MARKER_PREFIX) :]
            self.changeset.whiteouts.append(parent_path + b"/" + hidden if parent_path else hidden)
            self.changeset.whiteout_positions.append(len(self.changeset))
        elif marker is Marker.INVALID:
            self._log.add(
                "invalid-whiteout",
                Severity.WARNING,
                "a whiteout that names nothing is ignored; some engines delete its directory",
                path=path,
            )
        else:
            self._log.add(
                "reserved-name", Severity.INFO, "a reserved `.wh..wh.` name is not listed", path=path
            )

    def _note_overlay(self, path: bytes, entry: TarEntry) -> None:
        """Flag what a raw overlayfs upper directory looks like when it was packed as it is."""
        if entry[1] == tar.CHAR_DEVICE and entry[6] == b"0,0":
            self._log.add(
                "overlay-whiteout",
                Severity.WARNING,
                "a character device 0:0 hides the path under overlayfs, and is a device elsewhere",
                path=path,
            )
        if any(key == b"trusted.overlay.opaque" and value == b"y" for key, value in entry[7]):
            self._log.add(
                "overlay-opaque",
                Severity.WARNING,
                "an overlayfs opaque xattr; some engines hide the lower directory, layerscope does not",
                path=path,
            )

    # --- hard links and AUFS --------------------------------------------------------------------------------

    def _add_aufs(self, path: bytes, entry: TarEntry) -> None:
        """AUFS metadata is never content; files in its plnk directory are kept for links to them."""
        self._log.add("aufs-metadata", Severity.INFO, "AUFS metadata is not listed", path=path)
        if entry[1] == tar.FILE and path.startswith(PLNK_PREFIX):
            self._plnk[path] = entry

    def _resolve_link(self, path: bytes, entry: TarEntry) -> tuple[TarEntry, int]:
        """Clean a hard link's target; a link into the plnk directory becomes the file itself.

        Of several links to one plnk file the first is the file and the others are links to it.
        """
        target = self._clean(entry[6])
        if target in self._plnk_names:
            target = self._plnk_names[target]
        elif target in self._plnk:
            content = self._plnk[target]
            self._plnk_names[target] = path
            return (*entry[:3], content[3], *entry[4:6], b"", entry[7], content[8], entry[9]), tar.FILE
        return (*entry[:6], target, *entry[7:]), tar.HARDLINK
