"""The changeset: what one layer says, in archive order, and nothing else.

A changeset depends on the bytes of one layer alone. So it is what is read in parallel, handed from process
to process and cached, and everything above it is pure. A million entries must fit in memory beside the tree
they make, so entries are columns of machine integers, not objects; `entry()` makes a view of one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerscope.image.entry import Entry, EntryKind
from layerscope.notices import Notice

__all__ = ["Changeset"]

_HARDLINK = int(EntryKind.HARDLINK)
_FILE = int(EntryKind.FILE)


@dataclass(slots=True, eq=False, repr=False)
class Changeset:
    """Additions and modifications as columns, removals as paths. Treat it as immutable.

    Columns have one value for each entry, in archive order. `whiteouts` are the paths to remove and
    `opaques` the directories whose lower children are hidden; both act on lower layers only, wherever their
    markers stood (Spec: image-spec v1.1.1, layer.md#whiteouts).
    """

    directories: list[bytes] = field(default_factory=lambda: [b""])
    """Every directory that is the parent of an entry, normalized; 0 is the root (an empty path)."""
    parents: array[int] = field(default_factory=lambda: array("I"))
    """Index into `directories` of the entry's parent."""
    names: list[bytes] = field(default_factory=list)
    """Last component of the entry's path."""
    kinds: bytearray = field(default_factory=bytearray)
    """EntryKind values."""
    sizes: array[int] = field(default_factory=lambda: array("q"))
    """Content bytes; 0 for everything that is not a file."""
    attributes: list[tuple[int, int, int]] = field(default_factory=list)
    """Distinct (permission bits, uid, gid)."""
    attribute_ids: array[int] = field(default_factory=lambda: array("I"))
    """Index into `attributes`."""
    mtimes: array[int] = field(default_factory=lambda: array("q"))
    """Seconds since 1970, may be negative."""
    mtime_nanos: array[int] = field(default_factory=lambda: array("I"))
    """Nanoseconds to add to `mtimes`."""
    content_digests: bytearray = field(default_factory=bytearray)
    """`digest_size` bytes for each entry; zeros where there is no content to hash."""
    content_hash: str = "xxh3-128"
    """`xxh3-128`, `sha256` or `none`."""
    digest_size: int = 16
    link_targets: dict[int, bytes] = field(default_factory=dict)
    """Entry to target: a symlink's text, a hard link's normalized path."""
    devices: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Entry to (major, minor)."""
    xattrs: dict[int, tuple[tuple[bytes, bytes], ...]] = field(default_factory=dict)
    """Entry to its extended attributes, sorted by name."""
    root_entry: Entry | None = None
    """The entry for `./`, if there is one: attributes of the initial directory, never listed as a path."""
    whiteouts: list[bytes] = field(default_factory=list)
    whiteout_positions: array[int] = field(default_factory=lambda: array("I"))
    """How many entries stood before each marker: it changes nothing, but some engines trip over it."""
    opaques: list[bytes] = field(default_factory=list)
    opaque_positions: array[int] = field(default_factory=lambda: array("I"))
    """The same for opaque markers."""
    documents: dict[int, bytes] = field(default_factory=dict)
    """Entry to content, for the few files that say which package owns what (`image.watch`)."""
    secrets: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Entry to the kinds of secrets in its content, sorted (`private-key`); never a secret itself."""
    debug_bytes: dict[int, int] = field(default_factory=dict)
    """Entry to the bytes of its debugging sections, for programs and libraries that were not stripped."""
    tar_bytes: int = 0
    """Length of the uncompressed stream, everything after the end mark included."""
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        """In one line: the columns have a value for each entry."""
        return f"<Changeset: {len(self)} entries, {self.marker_count} markers, {self.content_bytes:,} bytes>"

    def __len__(self) -> int:
        """Entries, markers not counted."""
        return len(self.names)

    @property
    def marker_count(self) -> int:
        """Whiteout and opaque markers."""
        return len(self.whiteouts) + len(self.opaques)

    @property
    def content_bytes(self) -> int:
        """Content bytes of all files, each inode once: hard links are kept with size 0."""
        return sum(self.sizes)

    def path(self, index: int) -> bytes:
        """Normalized path of entry `index`."""
        parent = self.directories[self.parents[index]]
        return parent + b"/" + self.names[index] if parent else self.names[index]

    def content_digest(self, index: int) -> bytes:
        """Raw content digest of entry `index`; empty if nothing was hashed for it."""
        if self.kinds[index] != _FILE or not self.digest_size:
            return b""
        start = index * self.digest_size
        return bytes(self.content_digests[start : start + self.digest_size])

    def mtime_ns(self, index: int) -> int:
        """Modification time of entry `index` in nanoseconds since 1970 (any size: headers hold any year)."""
        return self.mtimes[index] * 1_000_000_000 + self.mtime_nanos[index]

    def entry(self, index: int) -> Entry:
        """Make the view of entry `index`."""
        mode, uid, gid = self.attributes[self.attribute_ids[index]]
        return Entry(
            path=self.path(index),
            kind=EntryKind(self.kinds[index]),
            mode=mode,
            uid=uid,
            gid=gid,
            size=self.sizes[index],
            mtime_ns=self.mtime_ns(index),
            link_target=self.link_targets.get(index),
            device=self.devices.get(index),
            xattrs=self.xattrs.get(index, ()),
            content_digest=self.content_digest(index),
        )

    def entries(self) -> Iterator[Entry]:
        """Views of all entries, in archive order."""
        return map(self.entry, range(len(self)))
