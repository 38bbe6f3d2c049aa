"""The best order is the best: compared with every order there is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.advice.changes import ChangeModel, GuessedChanges, ReplayedChanges
from layerscope.advice.graph import Graph
from layerscope.advice.keys import ElementKey, StageKeys
from layerscope.advice.moves import few_moves, inversions
from layerscope.advice.optimum import best_order


def cost(order: tuple[int, ...], changes: ChangeModel, costs: list[float]) -> float:
    """What an order costs, straight from its meaning: a step is missed if its set was not there before."""
    total, placed = 0.0, 0
    for position in order:
        placed |= 1 << position
        total += costs[position] * changes.missed(placed)
    return total


@st.composite
def problems(draw: st.DrawFn) -> tuple[Graph, ChangeModel, list[float]]:
    size = draw(st.integers(1, 6))
    before = [draw(st.integers(0, (1 << position) - 1)) if position else 0 for position in range(size)]
    costs = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0, 30.0]), min_size=size, max_size=size))
    if draw(st.booleans()):
        rates = draw(st.lists(st.sampled_from([0.0, 0.0, 0.1, 0.5, 1.0]), min_size=size, max_size=size))
        return Graph(size, {}, tuple(before)), GuessedChanges(rates), costs
    builds = draw(st.integers(2, 5))
    states = [
        draw(st.none() | st.lists(st.integers(0, 2), min_size=builds, max_size=builds)) for _ in range(size)
    ]
    weights = draw(st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=builds, max_size=builds))
    return Graph(size, {}, tuple(before)), ReplayedChanges(states, weights), costs


@given(problems())
def test_no_allowed_order_is_cheaper(problem: tuple[Graph, ChangeModel, list[float]]) -> None:
    graph, changes, costs = problem
    found = best_order(graph, changes, costs)
    assert found.exact
    assert graph.allows(found.order)
    allowed = [order for order in itertools.permutations(range(graph.size)) if graph.allows(order)]
    cheapest = min(cost(order, changes, costs) for order in allowed)
    assert cost(found.order, changes, costs) == pytest.approx(cheapest)


@given(problems())
def test_moves_keep_to_the_graph_and_never_cost(problem: tuple[Graph, ChangeModel, list[float]]) -> None:
    graph, changes, costs = problem
    start = tuple(range(graph.size))
    moves = few_moves(
        graph, start, changes.changing, lambda order: cost(tuple(order), changes, costs), least=1e-6
    )
    spent = cost(start, changes, costs)
    for move in moves:
        assert graph.allows(move.order)
        assert cost(move.order, changes, costs) == pytest.approx(spent - move.gain)
        assert move.gain >= 1e-6
        spent -= move.gain


def test_what_is_best_as_it_is_is_not_touched() -> None:
    graph = Graph(3, {}, (0, 0, 0))
    changes = GuessedChanges([0.0, 0.1, 0.9])
    moves = few_moves(
        graph, (0, 1, 2), changes.changing, lambda order: cost(tuple(order), changes, [9, 9, 9]), least=1e-6
    )
    assert moves == []
    assert inversions((0, 1, 2)) == 0
    assert inversions((2, 1, 0)) == 3


def test_twenty_instructions_without_any_order_are_solved_within_the_bound() -> None:
    size = 20
    graph = Graph(size, {}, (0,) * size)
    changes = GuessedChanges([(position % 7) / 10 for position in range(size)])
    found = best_order(graph, changes, [1.0 + position for position in range(size)], most=20_000)
    assert graph.allows(found.order)
    assert found.sets < 200_000
    assert not found.exact


def test_twenty_instructions_of_a_usual_stage_need_few_sets() -> None:
    size = 20
    chain = tuple(0 if position % 5 == 0 else 1 << (position - 1) for position in range(size))
    changes = GuessedChanges([0.5 if position % 5 == 0 else 0.0 for position in range(size)])
    found = best_order(Graph(size, {}, chain), changes, [float(position) for position in range(size)])
    assert found.exact
    assert found.sets < 1000


def test_a_state_that_was_there_before_hits() -> None:
    changes = ReplayedChanges([[1, 2, 1, 3], [5, 5, 6, 6]], [1.0, 1.0, 1.0, 1.0])
    assert changes.missed(0b01) == pytest.approx(2 / 3)
    assert changes.missed(0b10) == pytest.approx(1 / 3)
    assert changes.missed(0b11) == 1.0  # 1 with 6 was not there together
    assert changes.missed(0) == 0.0


def test_what_a_stage_is_built_on_counts_for_all_of_it() -> None:
    inputs = ReplayedChanges([[1, 2, 2]], [1.0, 1.0, 1.0])
    keys = StageKeys(inputs, [ElementKey()], start=0b1)
    assert keys.missed(0b1) == 0.5
    assert keys.missed_in([0]) == (0.5,)
