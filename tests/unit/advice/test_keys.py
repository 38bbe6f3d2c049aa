"""What an order is said to cost is what the simulator counts when it builds the file in that order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.advice.builds import Builds
from layerscope.advice.elements import Role
from layerscope.advice.graph import build_graph
from layerscope.advice.history import Commit, FileChange, History, weights_of
from layerscope.advice.improve import Improved
from layerscope.advice.independence import Trust
from layerscope.advice.known import Known
from layerscope.advice.optimum import best_order
from layerscope.advice.rewrite import StageOrder, rewritten
from layerscope.advice.stage_bases import StageBase, missed_of, stage_bases
from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.simulate import simulate
from layerscope.dockerfile.cache.states import BuildState, Verdict
from layerscope.dockerfile.context import Context, TreeEntry, context_of_tree
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.syntax import Dockerfile
from tests.unit.advice.cases import context_of

FILES = ("a", "b", "dir/x", "dir/y")
LINES = (
    *(
        "COPY a /srv/a",
        "COPY . /all",
        "COPY a b /two/",
        "ADD dir /dir",
        "COPY --link b /link/",
        "COPY *.z /z/",
    ),
    *(
        "RUN mkdir -p /one",
        "RUN mkdir -p /two/three",
        "RUN apt-get update && apt-get install -y git",
        "RUN make",
    ),
    *("ARG GIT_SHA", "ARG GIT_SHA=0", "ARG PLAIN=1", "ENV SHA=$GIT_SHA", "ENV GIT_SHA=1", "ENV A=1 B=2"),
    *(
        "LABEL revision=$GIT_SHA",
        "LABEL a=b",
        "WORKDIR /work",
        "WORKDIR sub",
        "WORKDIR /$GIT_SHA",
        "WORKDIR /",
    ),
    *("USER app", "USER $GIT_SHA", 'SHELL ["/bin/bash", "-c"]', "EXPOSE 80", 'CMD ["a"]', "VOLUME /data"),
    *("COPY a /$GIT_SHA/", "COPY a relative/", "RUN echo $GIT_SHA", "ONBUILD RUN true"),
    *("RUN --mount=type=bind,source=dir,target=/d make", "RUN --mount=type=cache,target=/c make all"),
)

builders = st.sampled_from(list(Builder))


@dataclass(frozen=True)
class Case:
    """One Dockerfile with what its builds are made of."""

    dockerfile: Dockerfile
    known: Known

    @property
    def base(self) -> StageBase:
        """Its only stage."""
        (found,) = stage_bases(Improved(self.dockerfile, {}, {}, {}, {}), Builds(self.known, ""))
        return found

    def ordered(self, order: Sequence[int]) -> Dockerfile:
        """The file in another order."""
        text = rewritten(self.dockerfile, [StageOrder(self.base.stage, tuple(order))])
        return read_dockerfile(text.encode(), "Dockerfile")


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A few commits that change files, and change them back."""
    count = draw(st.integers(2, 5))
    states = {name: draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)) for name in FILES}
    commits = []
    for number in range(count):
        changes = []
        for name, values in states.items():
            before = f"100644 {values[number - 1]:040x}" if number else ""
            after = f"100644 {values[number]:040x}"
            if before != after:
                changes.append(FileChange(name, before, after))
        commits.append(Commit(f"{number:040x}", 86_400 * 30 * number, tuple(changes)))
    return History(tuple(commits), frozenset(FILES))


@st.composite
def cases(draw: st.DrawFn, most: int = 9, *, guessed: bool | None = None) -> Case:
    """A stage with a history, or without one."""
    lines = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=most))
    builder = draw(builders)
    if builder is not Builder.BUILDKIT:
        lines = [line for line in lines if "--link" not in line and "--mount" not in line] or ["RUN make"]
    linked = [line for line in lines if "--link" in line]  # two that are alike are one step to BuildKit
    lines = linked[:1] + [line for line in lines if line not in linked]
    guess = draw(st.booleans()) if guessed is None else guessed
    history = None if guess else draw(histories())
    text = "FROM base\n" + "".join(line + "\n" for line in lines)
    known = Known(
        context=context_of(dict.fromkeys(FILES, "")),
        history=history,
        profile=builder,
        volatility=Volatility(),
    )
    return Case(read_dockerfile(text.encode(), "Dockerfile"), known)


def allowed_order(draw: st.DrawFn, case: Case) -> tuple[int, ...]:
    """An order that keeps what has to be kept."""
    graph = build_graph(case.base.elements, case.known.profile, Trust.UNVERIFIED)
    order: list[int] = []
    while len(order) < graph.size:
        placed = sum(1 << position for position in order)
        ready = [at for at in range(graph.size) if at not in order and not graph.before[at] & ~placed]
        order.append(draw(st.sampled_from(ready)))
    return tuple(order)


@settings(deadline=None)
@given(st.data(), cases())
def test_the_cost_of_an_order_is_what_the_simulator_counts(data: st.DataObject, case: Case) -> None:
    order = allowed_order(data.draw, case)
    base = case.base
    replayed = Builds(case.known, "").replay(case.ordered(order))
    counted = missed_of(replayed, base.stage, len(order))
    foretold = base.problem.changes.missed_in(order)
    assert [foretold[position] for position in order] == pytest.approx(list(counted))


def tree(history: History, number: int) -> Context:
    """The files of a commit."""
    files: dict[str, str] = {}
    for commit in history.commits[: number + 1]:
        files |= {change.path: change.after for change in commit.changes}
    entries = [(path, *after.split(" ")) for path, after in sorted(files.items())]
    return context_of_tree(TreeEntry(path, mode, name) for path, mode, name in entries)


@settings(deadline=None)
@given(cases(guessed=False))
def test_names_for_states_of_files_hit_where_the_files_do(case: Case) -> None:
    history = case.known.history
    assert history is not None
    states = [
        BuildState(case.dockerfile, tree(history, number), {"GIT_SHA": commit.name} if volatile(case) else {})
        for number, commit in enumerate(history.commits)
    ]
    outcomes = simulate(case.known.profile, states)
    weights = weights_of(history.commits)
    missed = [
        sum(
            weight
            for weight, step in zip(weights[1:], steps[1:], strict=True)
            if step.verdict is Verdict.MISS
        )
        / sum(weights[1:])
        for steps in zip(*(outcome.steps for outcome in outcomes), strict=True)
    ]
    if "*.z" in case.dockerfile.text:
        return  # what is not in the repository is taken for made before each build
    assert case.base.missed == pytest.approx(missed)


def volatile(case: Case) -> bool:
    return any(line.startswith("ARG GIT_SHA") for line in case.dockerfile.text.splitlines())


@settings(max_examples=60, deadline=None)
@given(st.data(), cases(most=5))
def test_the_optimum_is_the_cheapest_order_that_the_simulator_finds(data: st.DataObject, case: Case) -> None:
    base = case.base
    size = len(base.elements)
    costs = data.draw(st.lists(st.sampled_from([0.0, 1.0, 3.0, 30.0]), min_size=size, max_size=size))
    costs = [
        cost if element.role is Role.STEP else 0.0 for cost, element in zip(costs, base.elements, strict=True)
    ]
    graph = build_graph(base.elements, case.known.profile, Trust.UNVERIFIED)
    found = best_order(graph, base.problem.changes, base.problem.changes.ordered(costs))

    def cost(order: Sequence[int]) -> float:
        counted = missed_of(Builds(case.known, "").replay(case.ordered(order)), base.stage, size)
        return sum(costs[position] * share for position, share in zip(order, counted, strict=True))

    orders = [order for order in itertools.permutations(range(size)) if graph.allows(order)]
    cheapest = min(map(cost, orders))
    assert cost(found.order) == pytest.approx(cheapest)
