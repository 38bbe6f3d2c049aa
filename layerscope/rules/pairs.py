"""Waste told by the two layers it is between: the one that stored the bytes and the one that hid them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from layerscope.rules.base import Draft
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.settlement import is_notable

__all__ = ["LayerPair", "pair_drafts"]


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
    """A draft for each pair of layers that is worth a warning, and one, with the message `several`, for all
    that are not: a hundred layers that rewrite each other are five thousand pairs, which nobody reads.
    """
    small: list[LayerPair] = []
    for (written_in, hidden_in), inodes in wasted.items():
        left = {inode: count for inode in inodes if (count := evidence.unclaimed(inode))}
        pair = LayerPair(written_in, hidden_in, list(left))
        if is_notable(evidence, sum(left.values())):
            yield draft(pair)
        elif left:
            small.append(pair)
    if len(small) == 1:
        yield draft(small[0])
    elif small:
        inodes = [inode for pair in small for inode in pair.inodes]
        yield Draft(several, fix, inodes=inodes, base_fix=base_fix, by_hider=by_hider)
