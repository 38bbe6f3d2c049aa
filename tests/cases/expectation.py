"""Comparing a root filesystem with an expectation in the notation of the cases."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping

from layerscope.image.entry import EntryKind
from layerscope.rootfs.rootfs import RootfsEntry
from tests.cases.notation import Item, parse

__all__ = ["differences"]

_KINDS = {
    b"0": EntryKind.FILE,
    b"2": EntryKind.SYMLINK,
    b"3": EntryKind.CHAR_DEVICE,
    b"4": EntryKind.BLOCK_DEVICE,
    b"5": EntryKind.DIRECTORY,
    b"6": EntryKind.FIFO,
}


def differences(
    actual: Mapping[bytes, RootfsEntry], expected: str, open_paths: frozenset[bytes] = frozenset()
) -> list[str]:
    """What differs, one line each. Digests have to be SHA-256. A path that comes twice counts as its last."""
    items = {item.name.rstrip(b"/"): item for item in parse(expected)}
    found = []
    for path in sorted((items.keys() | actual.keys()) - open_paths):
        if path not in actual:
            found.append(f"{path!r} is missing")
        elif path not in items:
            found.append(f"{path!r} is there: {actual[path]}")
        else:
            found += [f"{path!r}: {line}" for line in _differences(actual[path], _inode(items, path))]
    return found + _link_differences(items, actual)


def _inode(items: Mapping[bytes, Item], path: bytes) -> Item:
    """The item that says what the inode of `path` is: that of the name a hard link points to."""
    item = items[path]
    while item.typeflag == b"1":
        item = items[item.link]
    return item


def _differences(entry: RootfsEntry, item: Item) -> list[str]:
    size = len(item.body)
    mtime = item.numbers.get("mtime", 1_000_000_000) * 1_000_000_000 + item.fraction_ns
    is_device = item.typeflag in (b"3", b"4")
    device = (item.numbers.get("major", 0), item.numbers.get("minor", 0)) if is_device else None
    digest = hashlib.sha256(item.body).digest() if size else entry.content_digest
    implicit = "implicit" in item.flags
    pairs = {
        "kind": (entry.kind, _KINDS[item.typeflag]),
        "mode": (entry.mode, item.mode),
        "uid": (entry.uid, item.numbers.get("uid", 0)),
        "gid": (entry.gid, item.numbers.get("gid", 0)),
        "size": (entry.size, size),
        "mtime": (entry.mtime_ns, entry.mtime_ns if implicit else mtime),
        "link target": (entry.link_target, item.link or None),
        "device": (entry.device, device),
        "xattrs": (dict(entry.xattrs), item.xattrs),
        "content": (entry.content_digest, digest),
        "implicit": (entry.implicit, implicit),
    }
    return [
        f"{name} is {is_!r}, not {should!r}"
        for name, (is_, should) in pairs.items()
        if is_ != should and f"{name}?" not in item.flags
    ]


def _link_differences(items: Mapping[bytes, Item], actual: Mapping[bytes, RootfsEntry]) -> list[str]:
    """Names that share an inode and should not, or should and do not."""
    by_inode: dict[int, set[bytes]] = defaultdict(set)
    for path in items.keys() & actual.keys():
        by_inode[actual[path].inode].add(path)
    by_item: dict[int, set[bytes]] = defaultdict(set)
    for path in items.keys() & actual.keys():
        by_item[id(_inode(items, path))].add(path)
    is_, should = ({frozenset(names) for names in groups.values()} for groups in (by_inode, by_item))
    return [f"hard links: {sorted(names)} should share an inode" for names in should - is_]
