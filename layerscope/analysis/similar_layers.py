"""Which of many layers are alike, found without comparing each with each.

Equal content keys make twins. For the rest a layer is looked up by a sketch: its smallest hashes, which are a
sample that two layers draw alike, and those of its largest files, which most bytes are in. Only layers that
meet in the sketches are compared.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from layerscope.analysis.layer_summary import LayerSummary, common

__all__ = ["SimilarLayers", "near"]

_SMALLEST, _LARGEST = 256, 64
_HOLDERS = 64
"""Layers remembered for one hash: what all images have says nothing about which are alike."""
_TRIED = 8
"""Candidates that a layer is compared with."""
_NEAR_BYTES, _NEAR_PATHS, _ENOUGH_PATHS = 0.5, 0.9, 10


def near(one: LayerSummary, other: LayerSummary, shared: tuple[int, int]) -> bool:
    """Whether two layers are the same but for a few files, by what they have in common.

    Half of the bytes of the larger one, or nine of ten paths of the longer one, have to be the same; and some
    bytes, unless there are none.
    """
    paths, content_bytes = shared
    most_bytes = max(sum(one.key_sizes), sum(other.key_sizes))
    most_paths = max(len(one), len(other))
    if most_bytes and not content_bytes:
        return False
    if content_bytes and content_bytes >= _NEAR_BYTES * most_bytes:
        return True
    return most_paths >= _ENOUGH_PATHS and paths >= _NEAR_PATHS * most_paths


class SimilarLayers:
    """The summaries of distinct layers by number; None where a layer was not read."""

    def __init__(self, summaries: Sequence[LayerSummary | None]) -> None:
        self.summaries = summaries
        self._sketches: dict[int, tuple[int, ...]] = {}
        self._common: dict[tuple[int, int], tuple[int, int]] = {}

    def twins(self) -> list[list[int]]:
        """Groups of layers with the same paths and contents, lowest number first; empty layers are none."""
        groups: dict[bytes, list[int]] = {}
        for number, summary in enumerate(self.summaries):
            if summary is not None and (len(summary) or summary.markers):
                groups.setdefault(summary.content_key, []).append(number)
        return [group for group in groups.values() if len(group) > 1]

    def common(self, one: int, other: int) -> tuple[int, int]:
        """Paths and content bytes that two layers have in common."""
        key = (min(one, other), max(one, other))
        if key not in self._common:
            summaries = self.summaries[one], self.summaries[other]
            assert summaries[0] is not None
            assert summaries[1] is not None
            self._common[key] = common(summaries[0], summaries[1])
        return self._common[key]

    def clusters(self, ranked: Iterable[int], related: Callable[[int, int], bool]) -> list[list[int]]:
        """Layers that are near to the first of their cluster, the others left out.

        Taken in the order of `ranked`, each joins the nearest cluster for whose first layer `related` holds,
        or begins one.
        """
        index: dict[int, list[int]] = {}
        clusters: dict[int, list[int]] = {}
        for number in ranked:
            summary = self.summaries[number]
            if summary is None or not len(summary):
                continue
            first = self._nearest(number, index, related)
            if first is not None:
                clusters[first].append(number)
                continue
            clusters[number] = [number]
            for key in self._sketch(number):
                holders = index.setdefault(key, [])
                if len(holders) < _HOLDERS:
                    holders.append(number)
        return [cluster for cluster in clusters.values() if len(cluster) > 1]

    def _nearest(
        self, number: int, index: dict[int, list[int]], related: Callable[[int, int], bool]
    ) -> int | None:
        best: tuple[int, int, int] | None = None
        for candidate in self._candidates(number, index):
            if not related(candidate, number):
                continue
            shared = self.common(candidate, number)
            one, other = self.summaries[candidate], self.summaries[number]
            if one is not None and other is not None and near(one, other, shared):
                rank = (shared[1], shared[0], -candidate)
                best = rank if best is None else max(best, rank)
        return None if best is None else -best[2]

    def _candidates(self, number: int, index: dict[int, list[int]]) -> list[int]:
        met = Counter(holder for key in self._sketch(number) for holder in index.get(key, ()))
        met.pop(number, None)
        best = heapq.nsmallest(_TRIED, met.items(), key=lambda each: (-each[1], each[0]))
        return [candidate for candidate, _ in best]

    def holders(self) -> dict[int, list[int]]:
        """Hash to the layers in whose sketch it is, some of them."""
        index: dict[int, list[int]] = {}
        for number, summary in enumerate(self.summaries):
            if summary is not None:
                for key in self._sketch(number):
                    holders = index.setdefault(key, [])
                    if len(holders) < _HOLDERS:
                        holders.append(number)
        return index

    def meets(self, number: int, index: dict[int, list[int]]) -> set[int]:
        """The layers that a layer meets in the sketches."""
        found = {holder for key in self._sketch(number) for holder in index.get(key, ())}
        return found - {number}

    def _sketch(self, number: int) -> tuple[int, ...]:
        if number not in self._sketches:
            summary = self.summaries[number]
            assert summary is not None
            largest = heapq.nlargest(_LARGEST, zip(summary.key_sizes, summary.keys, strict=True))
            keys = dict.fromkeys([*summary.keys[:_SMALLEST], *(key for _, key in largest)])
            self._sketches[number] = tuple(keys)
        return self._sketches[number]
