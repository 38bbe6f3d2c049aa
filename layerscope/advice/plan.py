"""The plan for one stage: the best order, the moves that lead to it, and what each is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerscope.advice.costs import Cost
from layerscope.advice.elements import Element
from layerscope.advice.graph import Graph
from layerscope.advice.independence import Independence, Trust
from layerscope.advice.keys import StageKeys
from layerscope.advice.moves import Move, few_moves
from layerscope.advice.optimum import best_order

__all__ = ["Expectation", "Obstacle", "Plan", "Problem", "Step", "obstacles", "solve"]

_SLACK = 0.02
"""How much of the whole gain may be left where it would take more moves."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one build of a history costs in an order."""

    seconds: float
    missed: tuple[float, ...]
    """For each element, by its place in the list of elements, the share of builds that carry it out."""
    bytes_pushed: float = 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """One stage as an optimization problem. Positions count in `elements`."""

    elements: Sequence[Element]
    graph: Graph
    changes: StageKeys
    costs: Sequence[Cost]
    sizes: Sequence[int]
    added: frozenset[int] = frozenset()
    """Positions of elements that advice would add."""

    def expect(self, order: Sequence[int]) -> Expectation:
        """What an order costs; an added element that stands directly in front of its own is left out."""
        return self.expected(self.changes.missed_in(order), order)

    def expected(self, missed: tuple[float, ...], order: Sequence[int]) -> Expectation:
        """What an order costs in which these shares of builds carry the elements out."""
        seconds = [cost.seconds for cost in self.costs]
        for position in self.idle(order):
            seconds[position] = 0.0
        return Expectation(
            sum(cost * share for cost, share in zip(seconds, missed, strict=True)),
            missed,
            sum(size * share for size, share in zip(self.sizes, missed, strict=True)),
        )

    def idle(self, order: Sequence[int]) -> frozenset[int]:
        """Added elements that have no use in an order."""
        idle = set()
        for at, position in enumerate(order):
            if position in self.added:
                rest = [other for other in order[at + 1 :] if other not in self.added]
                if rest and self.elements[rest[0]].index == self.elements[position].index:
                    idle.add(position)
        return frozenset(idle)


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a plan, with what makes it safe."""

    move: Move
    trust: Trust
    reasons: tuple[Independence, ...]
    """Of the pairs that change places, the weakest first, each reason once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a stage."""

    problem: Problem
    order: tuple[int, ...]
    """Positions of all elements; idle ones are left out of the file."""
    before: Expectation
    after: Expectation
    lowest: float
    """Seconds of the cheapest order that is safe."""
    exact: bool
    """Whether `lowest` is certainly the cheapest."""
    steps: tuple[Step, ...]

    @property
    def gain(self) -> float:
        """Seconds that one build saves on average."""
        return self.before.seconds - self.after.seconds

    @property
    def trust(self) -> Trust:
        """How well the weakest step is known; PROVED for none."""
        return min((step.trust for step in self.steps), default=Trust.PROVED)


def solve(problem: Problem, *, least: float) -> Plan:
    """Find the cheapest order, and few moves that lead to it or close to it."""
    start = tuple(range(len(problem.elements)))
    before = problem.expect(start)
    costs = problem.changes.ordered([cost.seconds for cost in problem.costs])
    optimum = best_order(problem.graph, problem.changes, costs)
    lowest = min(problem.expect(optimum.order).seconds, before.seconds)

    def cost(order: Sequence[int]) -> float:
        return problem.expect(order).seconds

    moves: list[Move] = []
    if before.seconds - lowest >= least:
        wanted = max((before.seconds - lowest) * _SLACK, 1e-6)
        moves = few_moves(problem.graph, start, problem.changes.changing, cost, least=wanted)
        reached = cost(moves[-1].order) if moves else before.seconds
        if reached - lowest > (before.seconds - lowest) * 5 * _SLACK:
            moves.append(_leap(moves[-1].order if moves else start, optimum.order, reached - lowest))
    order = moves[-1].order if moves else start
    steps = tuple(_step(problem, move) for move in moves)
    return Plan(problem, order, before, problem.expect(order), lowest, optimum.exact, steps)


def _leap(order: tuple[int, ...], best: tuple[int, ...], gain: float) -> Move:
    """All that is left of the way to the cheapest order in one move: no single one leads there."""
    place = {position: at for at, position in enumerate(best)}
    moved = tuple(
        position
        for at, position in enumerate(order)
        if any(place[other] < place[position] for other in order[at + 1 :])
    )
    across = tuple(position for position in order if position not in moved)
    return Move(moved, True, across, gain, best)


def _step(problem: Problem, move: Move) -> Step:
    found: dict[str, Independence] = {}
    for one in move.moved:
        for two in move.across:
            pair = problem.graph.pairs[min(one, two), max(one, two)]
            if pair.trust is not Trust.REFUSED and (one < two) == move.down:
                known = found.get(pair.reason)
                if known is None or pair.trust < known.trust:
                    found[pair.reason] = pair
    reasons = tuple(sorted(found.values(), key=lambda pair: (pair.trust, pair.rule, pair.reason)))
    return Step(move, min((pair.trust for pair in reasons), default=Trust.PROVED), reasons)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A pair that keeps its order although changing it would save time."""

    changing: Element
    kept: Element
    seconds: float
    """What the second one costs in a build on average, as it stands."""
    reason: str
    rule: str


def obstacles(plan: Plan) -> tuple[Obstacle, ...]:
    """What keeps costly elements behind changing ones, the costliest first, one for each of them."""
    problem = plan.problem
    found: list[Obstacle] = []
    for at, position in enumerate(plan.order):
        element = problem.elements[position]
        seconds = problem.costs[position].seconds * plan.after.missed[position]
        if element.keyword != "RUN" or seconds <= 0:
            continue
        own = problem.changes.missed(1 << position & problem.changes.changing)
        if own < plan.after.missed[position]:
            found += _held(problem, position, seconds, plan.order[:at])
    return tuple(sorted(found, key=lambda each: (-each.seconds, each.kept.line)))


def _held(problem: Problem, position: int, seconds: float, above: Sequence[int]) -> list[Obstacle]:
    """What keeps one element behind the nearest changing one that it may not pass; else behind one that a
    third element between them may not pass."""
    elements, graph = problem.elements, problem.graph
    changing = [
        other
        for other in reversed(above)
        if problem.changes.changing >> other & 1 and other not in problem.added
    ]
    for other in changing:
        if graph.before[position] >> other & 1:
            pair = graph.pairs[other, position]
            return [Obstacle(elements[other], elements[position], seconds, pair.reason, pair.rule)]
    for third in reversed(above):
        if not graph.before[position] >> third & 1 or third in problem.added:
            continue
        for other in changing:
            if graph.before[third] >> other & 1:
                pair = graph.pairs[third, position]
                lines = elements[third].line, elements[other].line
                said = f"it stays below line {lines[0]}, which stays below line {lines[1]}: {pair.reason}"
                return [Obstacle(elements[other], elements[position], seconds, said, pair.rule)]
    return []
