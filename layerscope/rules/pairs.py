"""Waste told by the two layers it is between: the one that stored the bytes and the one that hid them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from layerscope.rules.base import Draft
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.settlement import is_notable

__all__ = ["LayerPair", "pair_drafts"]

_MOST_PAIRS = 20
"""More findings of one rule, each about other layers, nobody reads."""


class LayerPair(NamedTuple):
    """What one layer stored and another hid; `inodes` ascending."""

    written_in: int
    hidden_in: int
    inodes: Sequence[int]


def pair_drafts(
    evidence: Evidence,
    wasted: Mapping[tuple[int, int], Sequence[int]],
    *,
    draft: Callable[[LayerPair], Draft],
    several: str,
    fix: Fix,
    base_fix: Fix | None = None,
    by_hider: bool = False,
) -> Iterator[Draft]:
    """A draft for each of the largest pairs of layers that are worth a warning, and one, with the message
    `several`, for all others: a hundred layers that rewrite each other are five thousand pairs.
    """
    pairs: list[tuple[int, LayerPair]] = []
    for (written_in, hidden_in), inodes in wasted.items():
        left = evidence.all_unclaimed(written_in, inodes)
        if left:
            pairs.append((sum(left.values()), LayerPair(written_in, hidden_in, list(left))))
    pairs.sort(key=lambda pair: (-pair[0], pair[1][:2]))
    large = sum(is_notable(evidence, total) for total, _ in pairs[:_MOST_PAIRS])
    rest = [pair for _, pair in pairs[large:]]
    for _, pair in pairs[:large]:
        yield draft(pair)
    if len(rest) == 1:
        yield draft(rest[0])
    elif rest:
        inodes = [inode for pair in rest for inode in pair.inodes]
        yield Draft(several, fix, inodes=inodes, base_fix=base_fix, by_hider=by_hider)
