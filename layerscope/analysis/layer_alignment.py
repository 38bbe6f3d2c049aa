"""Which layer of the new image stands for which layer of the old one.

Layers with one diff ID pair first. Between those, layers pair by their instruction, and by what they hold
where instructions changed; order is never turned around, since layers are a stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from layerscope.analysis.layer_summary import LayerSummary, common

__all__ = ["Alignable", "align", "instructions_alike", "without_hashes"]

_SAME = 1000
"""Of one diff ID: worth more than any number of pairs that it may cost."""
_SAME_INSTRUCTION = 100
_LEAST_SIMILAR = 0.3
_LEAST_ALIKE = 0.66
_TEXT = 300
"""Characters of an instruction that are compared; a heredoc may have a million."""


_CONTENT_HASH = re.compile(r"\b(file|dir|multi):[0-9a-f]{12,64}\b")


def without_hashes(instruction: str) -> str:
    """An instruction without the hashes that the classic builder and buildah put in the place of what is
    copied: `COPY dir: in /srv`. They change with times and owners, and the instruction does not."""
    return _CONTENT_HASH.sub(r"\1:", instruction)


@dataclass(frozen=True, slots=True)
class Alignable:
    """What a layer is told by. `key` is its diff ID; empty where it is unknown, which equals nothing."""

    key: str
    instruction: str
    summary: Callable[[], LayerSummary]
    """Made when it is needed: most layers are told by their diff ID."""


def align(old: Sequence[Alignable], new: Sequence[Alignable]) -> list[tuple[int | None, int | None]]:
    """Pairs of indexes, from the base up; None where a layer has no counterpart."""
    start = 0
    while start < min(len(old), len(new)) and _same(old[start], new[start]):
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and _same(old[-1 - end], new[-1 - end]):
        end += 1
    pairs: list[tuple[int | None, int | None]] = [(index, index) for index in range(start)]
    middle = _align(old[start : len(old) - end], new[start : len(new) - end])
    pairs += [(None if a is None else a + start, None if b is None else b + start) for a, b in middle]
    pairs += [(len(old) - end + index, len(new) - end + index) for index in range(end)]
    return pairs


def _same(one: Alignable, other: Alignable) -> bool:
    return bool(one.key) and one.key == other.key


def _align(old: Sequence[Alignable], new: Sequence[Alignable]) -> list[tuple[int | None, int | None]]:
    """The alignment with the highest score; of equal ones that which removes first and adds then."""
    scores = [[_score(one, other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            paired = best[i + 1][j + 1] + scores[i][j] if scores[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if scores[i][j] and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    pairs += [(index, None) for index in range(i, len(old))]
    pairs += [(None, index) for index in range(j, len(new))]
    return pairs


def _score(one: Alignable, other: Alignable) -> float:
    """0 for layers that have nothing to do with each other."""
    if _same(one, other):
        return _SAME
    similar = _similarity(one.summary(), other.summary())
    if one.instruction and one.instruction == other.instruction:
        return _SAME_INSTRUCTION + 50 * similar
    alike = instructions_alike(one.instruction, other.instruction)
    return 50 * max(similar, alike) if max(similar, alike) >= _LEAST_SIMILAR else 0


def _similarity(one: LayerSummary, other: LayerSummary) -> float:
    """The share of contents that two layers have in common, by bytes, or by paths where there are none."""
    paths, content_bytes = common(one, other)
    most_bytes = max(sum(one.key_sizes), sum(other.key_sizes))
    if most_bytes:
        return content_bytes / most_bytes
    return paths / max(len(one), len(other), 1)


def instructions_alike(one: str, other: str) -> float:
    """How alike two instructions of one keyword are; 0 below `_LEAST_ALIKE`."""
    keyword, _, one = one[:_TEXT].partition(" ")
    other_keyword, _, other = other[:_TEXT].partition(" ")
    if not one or keyword != other_keyword:
        return 0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _LEAST_ALIKE or matcher.quick_ratio() < _LEAST_ALIKE:
        return 0
    ratio = matcher.ratio()
    return ratio if ratio >= _LEAST_ALIKE else 0
