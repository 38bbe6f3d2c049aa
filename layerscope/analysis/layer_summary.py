"""A layer as columns that can be compared with any other layer's, and kept for hundreds of images.

A summary takes some 70 bytes and a name for each entry, and holds nothing of the contents but their digests,
so the layers of many images fit in memory at once. Of two entries for one path the last one counts, as
engines have it; a hard link within the layer has the content of what it links to, so that it does not matter
which of several names a builder happened to store first.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter

from layerscope.blobs.hashing import short_hash, wide_hash
from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind

__all__ = ["LayerSummary", "Metadata", "common", "summarize"]

Metadata = tuple[int, tuple[int, int], int, tuple[tuple[bytes, bytes], ...]]
"""(permission bits, (uid, gid), mtime in nanoseconds, xattrs)."""

CONTENT_SIZE = 16
_FILE, _HARDLINK = int(EntryKind.FILE), int(EntryKind.HARDLINK)


@dataclass(slots=True, eq=False, repr=False)
class LayerSummary:
    """What one layer writes and removes. Treat it as immutable.

    Columns have one value for each path, in archive order. `keys` are the (path, content) pairs as sorted
    64-bit hashes, with the content bytes of each in `key_sizes`: two layers are compared by them before a
    path is looked at. `content_key` is the same for layers with the same paths, contents and markers.
    Layers with one `order_key` have the same paths in the same order.
    """

    directories: list[bytes]
    parents: array[int]
    names: bytes
    """The last components of all paths, one after the other."""
    name_ends: array[int]
    kinds: bytearray
    sizes: array[int]
    """Content bytes; 0 for everything that is not a file."""
    contents: bytearray
    """16 bytes for each path: what it is, and its content, link target or device."""
    attributes: list[tuple[int, int, int]]
    attribute_ids: array[int]
    mtimes: array[int]
    mtime_nanos: array[int]
    xattrs: dict[int, tuple[tuple[bytes, bytes], ...]]
    markers: frozenset[bytes]
    """Paths of whiteouts, and `directory/.wh..wh..opq` for opaque directories."""
    keys: array[int] = field(default_factory=lambda: array("Q"))
    key_sizes: array[int] = field(default_factory=lambda: array("q"))
    content_key: bytes = b""
    order_key: int = 0
    content_bytes: int = 0
    """Of all entries of the layer, those included that a later entry for the same path hides."""

    def __repr__(self) -> str:
        """In one line."""
        return f"<LayerSummary: {len(self)} paths, {self.content_bytes:,} bytes>"

    def __len__(self) -> int:
        """Paths, markers not counted."""
        return len(self.kinds)

    def path(self, index: int) -> bytes:
        """The path at an index."""
        name = self.names[self.name_ends[index - 1] if index else 0 : self.name_ends[index]]
        parent = self.directories[self.parents[index]]
        return parent + b"/" + name if parent else name

    def indexes(self) -> dict[bytes, int]:
        """Every path with its index, in archive order; made anew at each call."""
        return {self.path(index): index for index in range(len(self))}

    def content(self, index: int) -> bytes:
        """What stands at an index: equal for equal types, contents, link targets and devices."""
        return bytes(self.contents[index * CONTENT_SIZE : (index + 1) * CONTENT_SIZE])

    def metadata(self, index: int) -> Metadata:
        """Everything about an entry that is not its content."""
        mode, uid, gid = self.attributes[self.attribute_ids[index]]
        mtime_ns = self.mtimes[index] * 1_000_000_000 + self.mtime_nanos[index]
        return mode, (uid, gid), mtime_ns, self.xattrs.get(index, ())


def common(one: LayerSummary, other: LayerSummary) -> tuple[int, int]:
    """How many (path, content) pairs two layers have in common, and their content bytes."""
    shared = set(one.keys).intersection(other.keys)
    if not shared:
        return 0, 0
    pairs = zip(one.keys, one.key_sizes, strict=True)
    return len(shared), sum(size for key, size in pairs if key in shared)


def summarize(changeset: Changeset) -> LayerSummary:
    """The summary of a layer that was read with contents hashed. Linear in its entries, but for one sort."""
    indexes = _indexes(changeset)
    whole = len(indexes) == len(changeset)
    kept = list(indexes.values())
    names = changeset.names if whole else [changeset.names[index] for index in kept]
    ends = array("I", accumulate(map(len, names)))
    markers = [*changeset.whiteouts, *(f + b"/.wh..wh..opq" for f in changeset.opaques)]
    summary = LayerSummary(
        directories=changeset.directories,
        parents=_picked(changeset.parents, kept, whole=whole),
        names=b"".join(names),
        name_ends=ends,
        kinds=changeset.kinds if whole else bytearray(changeset.kinds[index] for index in kept),
        sizes=_picked(changeset.sizes, kept, whole=whole),
        contents=_contents(changeset, indexes),
        attributes=changeset.attributes,
        attribute_ids=_picked(changeset.attribute_ids, kept, whole=whole),
        mtimes=_picked(changeset.mtimes, kept, whole=whole),
        mtime_nanos=_picked(changeset.mtime_nanos, kept, whole=whole),
        xattrs={place: changeset.xattrs[i] for place, i in enumerate(kept) if i in changeset.xattrs}
        if changeset.xattrs
        else {},
        markers=frozenset(markers),
        content_bytes=changeset.content_bytes,
    )
    _add_keys(summary, indexes)
    return summary


def _indexes(changeset: Changeset) -> dict[bytes, int]:
    """The entry of each path, in archive order. Of several the last one counts, at its own place."""
    below = [directory + b"/" if directory else b"" for directory in changeset.directories]
    pairs = zip(changeset.parents, changeset.names, strict=True)
    indexes = {below[parent] + name: index for index, (parent, name) in enumerate(pairs)}
    if len(indexes) < len(changeset):
        return dict(sorted(indexes.items(), key=itemgetter(1)))
    return indexes


def _picked(column: array[int], kept: list[int], *, whole: bool) -> array[int]:
    return column if whole else array(column.typecode, [column[index] for index in kept])


def _contents(changeset: Changeset, indexes: dict[bytes, int]) -> bytearray:
    """Content digests as they were read; for what is no file, a digest of its kind, target and device."""
    contents = bytearray()
    kinds, digests, size = changeset.kinds, changeset.content_digests, changeset.digest_size
    for own in indexes.values():
        index, kind = own, kinds[own]
        while kind == _HARDLINK and changeset.link_targets[index] in indexes:
            target = indexes[changeset.link_targets[index]]
            if target >= index:  # a link to what comes later, or to itself, links to a lower layer
                break
            index, kind = target, kinds[target]
        if kind == _FILE and size == CONTENT_SIZE:
            contents += digests[index * size : (index + 1) * size]
        else:
            contents += wide_hash(_described(changeset, index))
    return contents


def _described(changeset: Changeset, index: int) -> bytes:
    target, device = changeset.link_targets.get(index, b""), changeset.devices.get(index, "")
    return b"%d\0%s\0%s\0%s" % (
        changeset.kinds[index],
        target,
        str(device).encode(),
        changeset.content_digest(index),
    )


def _add_keys(summary: LayerSummary, indexes: dict[bytes, int]) -> None:
    """Sort the hashes, and hash the sorted ones: the same for every order of the entries."""
    contents = bytes(summary.contents)
    starts = range(0, len(contents), CONTENT_SIZE)
    keys = [
        short_hash(path + b"\0" + contents[start : start + CONTENT_SIZE])
        for path, start in zip(indexes, starts, strict=True)
    ]
    pairs = sorted(zip(keys, summary.sizes, strict=True))
    summary.keys = array("Q", [key for key, _ in pairs])
    summary.key_sizes = array("q", [size for _, size in pairs])
    summary.content_key = wide_hash(summary.keys.tobytes() + b"\0".join(sorted(summary.markers)))
    columns = (summary.names, summary.name_ends.tobytes(), summary.parents.tobytes())
    summary.order_key = short_hash(b"\0".join([*columns, *summary.directories]))
