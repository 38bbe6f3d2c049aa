"""The best safe order of a stage.

Whether an element is carried out anew depends on the *set* of elements in front of it, not on their order. So
the cheapest order is a shortest path through the sets that can be placed first (the down-sets of the
dependency graph), and is found exactly. An element whose input never changes makes nothing behind it miss: it
is placed as soon as it may be, which loses nothing, and only the others are tried in every order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerscope.advice.changes import ChangeModel
from layerscope.advice.graph import Graph

__all__ = ["MAX_SETS", "Optimum", "best_order"]

MAX_SETS = 200_000
"""Sets that are looked at; of more only the cheapest of each size are kept, and the result is a bound."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The cheapest order."""

    order: tuple[int, ...]
    exact: bool
    """Whether it is certainly the cheapest; else it is the cheapest of those that were looked at."""
    sets: int
    """Sets that were looked at."""


def best_order(
    graph: Graph, changes: ChangeModel, costs: Sequence[float], *, most: int = MAX_SETS
) -> Optimum:
    """The order of least cost that the graph allows.

    Time grows with the number of sets that can be placed first, which the dependencies keep small; beyond
    `most` the search keeps the cheapest sets of each size.
    """
    free = [position for position in range(graph.size) if not changes.changing >> position & 1]
    changing = [position for position in range(graph.size) if changes.changing >> position & 1]
    start = _settled(0, free, graph)
    level: dict[int, tuple[float, int, int]] = {start[0]: (_cost(start[1], 0, changes, costs), -1, -1)}
    steps: list[dict[int, tuple[float, int, int]]] = [level]
    count, exact = 1, True
    for _ in changing:
        following: dict[int, tuple[float, int, int]] = {}
        for placed, (cost, _, _) in level.items():
            for position in changing:
                if placed >> position & 1 or graph.before[position] & ~placed:
                    continue
                reached = placed | 1 << position
                after, added = _settled(reached, free, graph)
                total = (
                    cost + costs[position] * changes.missed(reached) + _cost(added, reached, changes, costs)
                )
                known = following.get(after)
                if known is None or (total, position) < (known[0], known[2]):
                    following[after] = (total, placed, position)
        count += len(following)
        room = max(1, most // (len(changing) or 1))
        if len(following) > room and count > most:
            exact = False
            kept = sorted(following.items(), key=lambda item: (item[1][0], item[0]))[:room]
            following = dict(kept)
        level = following
        steps.append(level)
    return Optimum(_path(steps, free, graph), exact, count)


def _settled(placed: int, free: Sequence[int], graph: Graph) -> tuple[int, list[int]]:
    """Place every element that never changes and may be placed; the set, and what was added, in order."""
    added: list[int] = []
    again = True
    while again:
        again = False
        for position in free:
            if not placed >> position & 1 and not graph.before[position] & ~placed:
                placed |= 1 << position
                added.append(position)
                again = True
    return placed, added


def _cost(added: Sequence[int], placed: int, changes: ChangeModel, costs: Sequence[float]) -> float:
    """What elements that never change cost behind a set: they are missed when the set is."""
    if not added:
        return 0.0
    return changes.missed(placed) * sum(costs[position] for position in added)


def _path(
    steps: Sequence[dict[int, tuple[float, int, int]]], free: Sequence[int], graph: Graph
) -> tuple[int, ...]:
    """The order that leads to the last set."""
    chosen: list[int] = []
    (placed,) = steps[-1]
    for level in reversed(steps[1:]):
        _, before, position = level[placed]
        chosen.append(position)
        placed = before
    order: list[int] = []
    reached, added = _settled(0, free, graph)
    order += added
    for position in reversed(chosen):
        order.append(position)
        reached, added = _settled(reached | 1 << position, free, graph)
        order += added
    return tuple(order)
