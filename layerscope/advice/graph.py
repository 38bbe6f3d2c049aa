"""The dependency graph of a stage: which element has to stay in front of which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from layerscope.advice.elements import Element
from layerscope.advice.independence import Independence, Trust, independence
from layerscope.dockerfile.builders import Builder

__all__ = ["NO_GRAPH", "Graph", "build_graph"]

Pairs = dict[tuple[int, int], Independence]


@dataclass(frozen=True, slots=True)
class Graph:
    """Positions in a list of elements, with what is known of each pair (the lower one first)."""

    size: int
    pairs: Pairs
    before: tuple[int, ...]
    """For each element the set of those that have to stay in front of it, as bits."""

    def after(self, position: int) -> int:
        """Those that have to stay behind an element, as bits."""
        bit = 1 << position
        return sum(1 << other for other in range(self.size) if self.before[other] & bit)

    def allows(self, order: Sequence[int]) -> bool:
        """Whether an order keeps every pair that has to be kept."""
        placed = 0
        for position in order:
            if self.before[position] & ~placed:
                return False
            placed |= 1 << position
        return placed == (1 << self.size) - 1


NO_GRAPH = Graph(0, {}, ())


def build_graph(
    elements: Sequence[Element], profile: Builder, least: Trust, known: Pairs | None = None
) -> Graph:
    """The graph in which pairs may change places that are known at least as well as `least`.

    `known` may have pairs that were asked already, by position.
    """
    pairs: Pairs = {}
    before = [0] * len(elements)
    for one, two in combinations(range(len(elements)), 2):
        found = (known or {}).get((one, two)) or independence(elements[one], elements[two], profile)
        pairs[one, two] = found
        if found.trust < least or found.trust is Trust.REFUSED:
            before[two] |= 1 << one
    return Graph(len(elements), pairs, tuple(before))
