"""Files of a root filesystem or of one layer, as records sorted by the bytes of their paths."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from msgspec import UNSET, Struct, UnsetType

from layerscope.image.changeset import Changeset
from layerscope.image.entry import Entry, EntryKind
from layerscope.report.exact import Bytes, Count, LayerIndex, exact_bytes, lossy_text
from layerscope.rootfs.rootfs import RootfsEntry

__all__ = ["OPAQUE_WHITEOUT", "WHITEOUT", "FileRecord", "layer_records", "rootfs_records"]

WHITEOUT = "whiteout"
"""Type of a path that a layer removes from the layers below it. Spec: image-spec v1.1.1,
layer.md#whiteouts."""

OPAQUE_WHITEOUT = "opaque_whiteout"
"""Type of a directory of which a layer hides all that lower layers have in it.

Spec: image-spec v1.1.1, layer.md#opaque-whiteout.
"""

_LABELS = {kind: kind.label for kind in EntryKind}
_SHA256_OF_NOTHING = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class FileRecord(Struct, frozen=True, kw_only=True):
    """One path. `layerscope files --format jsonl` prints one a line, sorted by path bytes, without the root.

    `type` is `file`, `directory`, `symlink`, `char_device`, `block_device` or `fifo`; in the listing of one
    layer also `hardlink`, `whiteout` or `opaque_whiteout`. `mode` is the permission bits as an octal string.
    Names with the same `inode` are hard links; in the listing of one layer it is null, and `link_target` is a
    hard link's target. `size` is bytes of content, 0 for all but files. `xattrs` is name to value in base64;
    if a name is not UTF-8, `xattrs_bytes` has all (name, value) pairs in base64. `device` is (major, minor)
    of a device. `layer` last wrote the path. `digest` is the content's `sha256:…` where it was asked for.
    What a whiteout does not have is null.
    """

    path: str
    path_bytes: bytes | UnsetType = UNSET
    type: str
    mode: str | None = None
    uid: int | None = None
    gid: int | None = None
    size: Bytes = 0
    mtime_ns: int | None = None
    link_target: str | None = None
    link_target_bytes: bytes | UnsetType = UNSET
    device: tuple[int, int] | UnsetType = UNSET
    xattrs: dict[str, bytes] = {}  # msgspec copies an empty default
    xattrs_bytes: tuple[tuple[bytes, bytes], ...] | UnsetType = UNSET
    inode: Count | None = None
    layer: LayerIndex
    digest: str | None = None


def rootfs_records(entries: Iterable[RootfsEntry], *, digests: bool = False) -> Iterator[FileRecord]:
    """Records of a root filesystem's entries, in their order; `digests` if contents were hashed by sha256."""
    for entry in entries:
        yield _record(entry, layer=entry.layer, inode=entry.inode, digests=digests)


def layer_records(changeset: Changeset, layer: int, *, digests: bool = False) -> Iterator[FileRecord]:
    """What one layer says: its whiteouts and its entries, duplicates in archive order."""
    markers = [(path, WHITEOUT) for path in changeset.whiteouts]
    markers += [(path, OPAQUE_WHITEOUT) for path in changeset.opaques]
    removed = ((path, _marker(path, kind, layer)) for path, kind in sorted(markers))
    paths = [changeset.path(index) for index in range(len(changeset))]
    order = sorted(range(len(changeset)), key=paths.__getitem__)  # stable: duplicates stay in archive order
    written = (
        (paths[index], _record(changeset.entry(index), layer=layer, inode=None, digests=digests))
        for index in order
    )
    for _, record in heapq.merge(removed, written, key=lambda pair: pair[0]):
        yield record


def _marker(path: bytes, kind: str, layer: int) -> FileRecord:
    return FileRecord(path=lossy_text(path), path_bytes=exact_bytes(path), type=kind, layer=layer)


def _record(entry: Entry | RootfsEntry, *, layer: int, inode: int | None, digests: bool) -> FileRecord:
    path, target, xattrs = entry.path, entry.link_target, entry.xattrs
    return FileRecord(
        path=lossy_text(path),
        path_bytes=exact_bytes(path),
        type=_LABELS[entry.kind],
        mode=f"{entry.mode:04o}",
        uid=entry.uid,
        gid=entry.gid,
        size=entry.size,
        mtime_ns=entry.mtime_ns,
        link_target=None if target is None else lossy_text(target),
        link_target_bytes=UNSET if target is None else exact_bytes(target),
        device=UNSET if entry.device is None else entry.device,
        xattrs={lossy_text(name): value for name, value in xattrs} if xattrs else {},
        xattrs_bytes=_exact_xattrs(xattrs) if xattrs else UNSET,
        inode=inode,
        layer=layer,
        digest=_digest(entry) if digests else None,
    )


def _exact_xattrs(xattrs: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...] | UnsetType:
    """All pairs, if a name among them is no text."""
    names_are_text = all(isinstance(exact_bytes(name), UnsetType) for name, _ in xattrs)
    return UNSET if names_are_text else xattrs


def _digest(entry: Entry | RootfsEntry) -> str | None:
    if entry.kind != EntryKind.FILE:
        return None
    if entry.size == 0:
        return _SHA256_OF_NOTHING  # a reader need not hash what is not there
    return "sha256:" + entry.content_digest.hex() if entry.content_digest else None
