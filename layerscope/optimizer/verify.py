"""The proof: two root filesystems are the same, path by path."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from layerscope.rootfs.rootfs import RootfsEntry

__all__ = ["first_difference"]

_COMPARED = (
    "kind",
    "mode",
    "uid",
    "gid",
    "mtime_ns",
    "size",
    "link_target",
    "device",
    "xattrs",
    "content_digest",
    "inode",
)
"""Everything but the layer, and whether a directory's attributes (0755 root:root, no time) are said or
implied. Inodes are numbered in the order of paths: equal numbers mean equal groups of hard links."""


def first_difference(
    before: Iterable[RootfsEntry],
    after: Iterable[RootfsEntry],
    *,
    latest_ns: int | None = None,
    kept: int = 0,
) -> str:
    """Say where two root filesystems part, as `path: what`; empty if they are the same.

    Both come sorted by path. Contents are compared by digest. With `latest_ns`, what comes from a layer above
    the lowest `kept` has that time where it had a later one.
    """
    for one, other in zip_longest(before, after):
        if one is None or other is None or one.path != other.path:
            gone = other is None or (one is not None and one.path < other.path)
            entry = one if gone else other
            return f"{_shown(entry.path)}: {'is missing' if gone else 'was not there before'}"
        for name in _COMPARED:
            if getattr(one, name) == getattr(other, name):
                continue
            may_be_earlier = name == "mtime_ns" and latest_ns is not None and one.layer >= kept
            if may_be_earlier and other.mtime_ns == min(one.mtime_ns, latest_ns or 0):
                continue
            return f"{_shown(one.path)}: {name} {getattr(one, name)!r} became {getattr(other, name)!r}"
    return ""


def _shown(path: bytes) -> str:
    return path.decode("utf-8", "backslashreplace")
