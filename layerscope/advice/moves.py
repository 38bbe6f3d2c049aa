"""From the file's order to a better one in few moves, each with its own gain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from layerscope.advice.graph import Graph

__all__ = ["Move", "few_moves", "inversions"]

_Cost = Callable[[Sequence[int]], float]


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the way: what changes places with what, and what that saves in the order so far."""

    moved: tuple[int, ...]
    """What moves together, in order."""
    down: bool
    across: tuple[int, ...]
    """What it moves across, in order."""
    gain: float
    """Seconds for a build, on average."""
    order: tuple[int, ...]
    """All elements after the move."""


def few_moves(
    graph: Graph, order: Sequence[int], interesting: int, cost: _Cost, *, least: float
) -> list[Move]:
    """Moves from `order` on, the one that saves most first, as long as one saves at least `least`.

    `interesting` are elements that are worth moving across something, as bits: those that change. With an
    element goes what depends on it and would be in the way.
    """
    current = tuple(order)
    spent = cost(current)
    moves: list[Move] = []
    after = [graph.after(position) for position in range(graph.size)]
    for _ in range(graph.size):
        best: Move | None = None
        for candidate in _candidates(graph, after, current, interesting):
            moved, down, across, new = candidate
            gain = spent - cost(new)
            if gain < least:
                continue
            better = best is None or (gain, -len(moved) * len(across)) > (
                best.gain + 1e-9,
                -len(best.moved) * len(best.across),
            )
            same = best is not None and abs(gain - best.gain) <= 1e-9
            if better or (
                same and best is not None and len(moved) * len(across) < len(best.moved) * len(best.across)
            ):
                best = Move(moved, down, across, gain, new)
        if best is None:
            break
        moves.append(best)
        current, spent = best.order, spent - best.gain
    return moves


_Candidate = tuple[tuple[int, ...], bool, tuple[int, ...], tuple[int, ...]]


def _candidates(
    graph: Graph, after: Sequence[int], order: tuple[int, ...], interesting: int
) -> Iterator[_Candidate]:
    for at, low in enumerate(order):
        if not interesting >> low & 1:
            continue
        for until in range(at + 1, len(order)):
            high = order[until]
            segment = order[at : until + 1]
            tied = 1 << low
            for position in segment[1:]:
                if graph.before[position] & tied:
                    tied |= 1 << position
            if tied >> high & 1:
                continue
            sunk = tuple(position for position in segment if tied >> position & 1)
            rest = tuple(position for position in segment if not tied >> position & 1)
            yield sunk, True, rest, order[:at] + rest + sunk + order[until + 1 :]
            needed = 1 << high
            for position in reversed(segment[:-1]):
                if after[position] & needed:
                    needed |= 1 << position
            lifted = tuple(position for position in segment if needed >> position & 1)
            others = tuple(position for position in segment if not needed >> position & 1)
            yield lifted, False, others, order[:at] + lifted + others + order[until + 1 :]


def inversions(order: Sequence[int]) -> int:
    """Pairs that stand in another order than in the file."""
    return sum(one > two for at, one in enumerate(order) for two in order[at + 1 :])
