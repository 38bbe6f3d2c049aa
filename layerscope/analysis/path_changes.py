"""What became of each path between two root filesystems: one walk through both, in the order of paths."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from layerscope.analysis.comparison_types import PathChange, PathChanges
from layerscope.rootfs.rootfs import Rootfs, RootfsEntry

__all__ = ["path_changes"]

_LARGEST = 1000
"""Paths that are named; all are counted."""

_Sized = tuple[RootfsEntry, int]
"""An entry, and its content bytes if it is its inode's first name, else 0."""


def path_changes(old: Rootfs, new: Rootfs) -> PathChanges:
    """Compare two root filesystems path by path."""
    counts = {"added": 0, "removed": 0, "content": 0, "metadata": 0, "unchanged": 0}
    sizes = {"added_bytes": 0, "removed_bytes": 0, "grew_bytes": 0, "shrank_bytes": 0}
    changed: list[PathChange] = []
    for before, after in _side_by_side(_sized(old), _sized(new)):
        counts[_kind(before, after)] += 1
        grown = (after[1] if after else 0) - (before[1] if before else 0)
        if grown:
            key = "grew_bytes" if grown > 0 else "shrank_bytes"
            key = "added_bytes" if before is None else "removed_bytes" if after is None else key
            sizes[key] += abs(grown)
            changed.append(PathChange(_path(before, after), before and before[1], after and after[1]))
    largest = heapq.nsmallest(_LARGEST, changed, key=lambda each: (-abs(each.grown), each.path))
    return PathChanges(**counts, **sizes, largest=tuple(largest))


def _path(before: _Sized | None, after: _Sized | None) -> bytes:
    there = after or before
    return there[0].path if there else b""


def _sized(rootfs: Rootfs) -> Iterator[_Sized]:
    for number, entry in enumerate(rootfs.entries(), 1):
        yield entry, entry.size if entry.inode == number else 0


def _side_by_side(
    old: Iterator[_Sized], new: Iterator[_Sized]
) -> Iterator[tuple[_Sized | None, _Sized | None]]:
    """Both in one order; None where one of them has not the path."""
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        if after is None or (before is not None and before[0].path < after[0].path):
            yield before, None
            before = next(old, None)
        elif before is None or after[0].path < before[0].path:
            yield None, after
            after = next(new, None)
        else:
            yield before, after
            before, after = next(old, None), next(new, None)


def _kind(before: _Sized | None, after: _Sized | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    one, other = before[0], after[0]
    if (one.kind, one.content_digest, one.link_target, one.device, one.size) != (
        other.kind,
        other.content_digest,
        other.link_target,
        other.device,
        other.size,
    ):
        return "content"
    same = (one.mode, one.uid, one.gid, one.mtime_ns, one.xattrs) == (
        other.mode,
        other.uid,
        other.gid,
        other.mtime_ns,
        other.xattrs,
    )
    return "unchanged" if same else "metadata"
