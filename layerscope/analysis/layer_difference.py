"""How two layers differ, path by path: in contents, in metadata alone, in their order.

It is what tells why a rebuilt layer is another one, and why two layers that could be one are stored twice.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from layerscope.analysis.layer_summary import LayerSummary

__all__ = ["Aspect", "AspectCount", "LayerDifference", "PathDifference", "difference", "differing_paths"]

FEW = 5
"""Paths that a difference names for each kind of it; all are counted."""


class Aspect(StrEnum):
    """In what one path differs between two layers. The order is that of every list."""

    ADDED = "added"  #: only the second layer writes it
    REMOVED = "removed"  #: only the first layer writes it
    CONTENT = "content"  #: another type, content, link target or device
    MARKER = "marker"  #: a whiteout or an opaque directory of one of them alone
    HARD_LINK = "hard_link"  #: the same content, a hard link to another path in one of them
    MODE = "mode"
    OWNER = "owner"
    MTIME = "mtime"
    XATTRS = "xattrs"


METADATA = frozenset({Aspect.HARD_LINK, Aspect.MODE, Aspect.OWNER, Aspect.MTIME, Aspect.XATTRS})
"""What leaves the contents as they are."""


@dataclass(frozen=True, slots=True)
class PathDifference:
    """One path that differs. `old_bytes` and `new_bytes` are contents; 0 where the path is not."""

    path: bytes
    aspects: tuple[Aspect, ...]
    old_bytes: int
    new_bytes: int


@dataclass(frozen=True, slots=True)
class AspectCount:
    """Paths that differ in exactly these aspects: `424 paths differ in mtime only`.

    `paths` are their number, `content_bytes` the contents that the two layers store there, the larger of both
    for each path. `examples` are a few of them, most bytes first.
    """

    aspects: tuple[Aspect, ...]
    paths: int
    content_bytes: int
    examples: tuple[PathDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """Two layers against each other; the first is the old one where one is older.

    `equal_paths` are the same in both in every respect. `same_content_paths` and `same_content_bytes` are
    those with the same content, whatever their metadata. `counts` are all others, each path in one of them,
    contents first, then most paths. `reordered`: the paths that both have stand in another order.
    """

    equal_paths: int
    same_content_paths: int
    same_content_bytes: int
    counts: tuple[AspectCount, ...]
    reordered: bool

    @property
    def aspects(self) -> frozenset[Aspect]:
        """Everything that differs in some path."""
        return frozenset(aspect for count in self.counts for aspect in count.aspects)

    @property
    def same_content(self) -> bool:
        """Whether both write the same paths with the same contents, and remove the same."""
        return self.aspects <= METADATA

    @property
    def differing_paths(self) -> int:
        """Paths that differ in whatever aspect."""
        return sum(count.paths for count in self.counts)

    def paths_with(self, aspect: Aspect) -> int:
        """Paths that differ in one aspect, among others or alone."""
        return sum(count.paths for count in self.counts if aspect in count.aspects)


def difference(old: LayerSummary, new: LayerSummary, *, few: int = FEW) -> LayerDifference:
    """Compare two layers, and name at most `few` paths for each combination of aspects."""
    counted: Counter[tuple[Aspect, ...]] = Counter()
    content_bytes: Counter[tuple[Aspect, ...]] = Counter()
    largest: dict[tuple[Aspect, ...], list[tuple[int, _Reversed, PathDifference]]] = {}
    equal = same_paths = same_bytes = 0
    for found, size in _compared(old, new):
        if found is None:
            equal += 1
            same_paths += 1
            same_bytes += size
            continue
        weight = max(found.old_bytes, found.new_bytes)
        counted[found.aspects] += 1
        content_bytes[found.aspects] += weight
        if METADATA.issuperset(found.aspects):
            same_paths += 1
            same_bytes += size
        heap = largest.setdefault(found.aspects, [])
        item = (weight, _Reversed(found.path), found)
        if len(heap) < few:
            heapq.heappush(heap, item)
        elif few and item > heap[0]:
            heapq.heapreplace(heap, item)
    counts = [
        AspectCount(
            aspects,
            paths,
            content_bytes[aspects],
            tuple(item[2] for item in sorted(largest[aspects], reverse=True)),
        )
        for aspects, paths in counted.items()
    ]
    counts.sort(key=lambda each: (METADATA.issuperset(each.aspects), -each.paths, each.aspects))
    return LayerDifference(equal, same_paths, same_bytes, tuple(counts), _reordered(old, new))


def differing_paths(old: LayerSummary, new: LayerSummary) -> Iterator[PathDifference]:
    """Every path that differs, in no order that means something."""
    return (found for found, _ in _compared(old, new) if found is not None)


class _Reversed:
    """Sorts backwards: of two paths with equally many bytes the first one in path order is the larger."""

    __slots__ = ("path",)

    def __init__(self, path: bytes) -> None:
        self.path = path

    def __lt__(self, other: _Reversed) -> bool:
        return self.path > other.path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)


def _compared(old: LayerSummary, new: LayerSummary) -> Iterator[tuple[PathDifference | None, int]]:
    """Each path once: how it differs, or None; and the content bytes that both have, if it is the same."""
    before, after = old.indexes(), new.indexes()
    for path, index in before.items():
        other = after.get(path)
        if other is None:
            yield PathDifference(path, (Aspect.REMOVED,), old.sizes[index], 0), 0
            continue
        size = old.sizes[index]
        if old.content(index) != new.content(other):
            yield PathDifference(path, (Aspect.CONTENT,), size, new.sizes[other]), 0
            continue
        aspects = _metadata_aspects(old, index, new, other)
        size = max(size, new.sizes[other])  # a hard link's content is counted where it is stored
        yield (PathDifference(path, aspects, old.sizes[index], new.sizes[other]) if aspects else None), size
    for path, index in after.items():
        if path not in before:
            yield PathDifference(path, (Aspect.ADDED,), 0, new.sizes[index]), 0
    for marker in sorted(old.markers ^ new.markers):
        yield PathDifference(marker, (Aspect.MARKER,), 0, 0), 0


def _metadata_aspects(old: LayerSummary, index: int, new: LayerSummary, other: int) -> tuple[Aspect, ...]:
    if old.metadata(index) == new.metadata(other) and old.kinds[index] == new.kinds[other]:
        return ()
    mode, owner, mtime, xattrs = old.metadata(index)
    other_mode, other_owner, other_mtime, other_xattrs = new.metadata(other)
    found = (
        (Aspect.HARD_LINK, old.kinds[index] != new.kinds[other]),
        (Aspect.MODE, mode != other_mode),
        (Aspect.OWNER, owner != other_owner),
        (Aspect.MTIME, mtime != other_mtime),
        (Aspect.XATTRS, xattrs != other_xattrs),
    )
    return tuple(aspect for aspect, differs in found if differs)


def _reordered(old: LayerSummary, new: LayerSummary) -> bool:
    """Whether the paths that both have come in another order."""
    if old.order_key == new.order_key:
        return False
    before, after = old.indexes(), new.indexes()
    return _sequence(before, after) != _sequence(after, before)


def _sequence(paths: dict[bytes, int], others: dict[bytes, int]) -> Sequence[bytes]:
    common = [path for path in paths if path in others]
    common.sort(key=paths.__getitem__)
    return common
