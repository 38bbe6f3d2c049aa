"""The builds that advice is judged by, simulated step by step with the chosen builder's cache.

With a history each of its commits is a build. Without one there is a build as usual, and one for each input
(the files of one COPY, a build argument of each build) in which nothing else differs: what then misses
depends on that input, and how often the input changes is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.advice.changes import ChangeModel, GuessedChanges, ReplayedChanges
from layerscope.advice.history import History, weights_of
from layerscope.advice.inputs import rate_of_sources, states_of_sources
from layerscope.advice.keys import Column, StageKeys, stage_keys
from layerscope.advice.known import Known, ignoring
from layerscope.dockerfile.cache.simulate import Simulator
from layerscope.dockerfile.cache.states import BuildOutcome, BuildState, Verdict
from layerscope.dockerfile.context import Context
from layerscope.dockerfile.stages import read_stages
from layerscope.dockerfile.syntax import Dockerfile

__all__ = ["Builds", "Replayed"]

Sources = tuple[str, ...]
_USUAL, _OTHER = "0" * 40, "1" * 40
_NOTHING = Context({})


@dataclass(slots=True)
class Replayed:
    """One Dockerfile in all builds."""

    outcomes: Sequence[BuildOutcome]
    """Those that differ in an input."""
    inputs: ChangeModel
    inputs_of: Callable[[Column], int] = field(repr=False)
    """Which inputs change something that was in these states, one for each outcome."""
    shares: Mapping[int, Sequence[float | None]]
    """By stage, for each instruction the share of builds that carry it out; None for what is no step."""

    def keys(self, stage: int, count: int) -> StageKeys:
        """What the keys of a stage with `count` instructions are made of."""
        seen = [outcome.seen[stage] for outcome in self.outcomes]
        return stage_keys(self.inputs, seen, count, self.inputs_of)


@dataclass(slots=True)
class Builds:
    """All builds that count for a target."""

    known: Known
    target: str
    _replayed: dict[str, Replayed] = field(default_factory=dict)
    _states: dict[Sources, Sequence[int]] = field(default_factory=dict)

    @property
    def history(self) -> History | None:
        """The commits that are replayed; None where changes are guessed."""
        history = self.known.history
        return history if history is not None and len(history.commits) > 1 else None

    def ignoring(self, lines: Sequence[str]) -> Builds:
        """The same builds with these lines in the ignore file, too."""
        return Builds(ignoring(self.known, lines), self.target) if lines else self

    def replay(self, dockerfile: Dockerfile) -> Replayed:
        """Build a file at each commit, or with each input changed. Raises DockerfileError."""
        found = self._replayed.get(dockerfile.text)
        if found is None:
            history = self.history
            found = self._guessed(dockerfile) if history is None else self._over(dockerfile, history)
            self._replayed[dockerfile.text] = found
        return found

    def _over(self, dockerfile: Dockerfile, history: History) -> Replayed:
        """Builds of all commits. One whose inputs are those of an earlier one is not simulated: keys are
        made of nothing else, and stay in the cache."""
        changing = self._changing_arguments(dockerfile)
        simulator = Simulator(self.known.profile, watches=True)
        used: dict[Sources, None] = {}
        outcomes: list[BuildOutcome] = []
        numbers: list[int] = []
        places: dict[tuple[object, ...], int] = {}
        for number, commit in enumerate(history.commits):
            inputs = (number if changing else 0, *(self._state(each, number) for each in used))
            place = places.get(inputs) if outcomes else None
            if place is None:
                args = {**self.known.build_args, **dict.fromkeys(changing, commit.name)}
                outcomes.append(simulator.build(self._build(dockerfile, args, number, used)))
                inputs = (number if changing else 0, *(self._state(each, number) for each in used))
                place = places[inputs] = len(outcomes) - 1
                numbers.append(place)
            else:
                numbers.append(place)
        weights = weights_of(history.commits)
        counted: dict[int, float] = {}
        for at, place in enumerate(numbers):
            if at and place not in numbers[:1] and place not in counted:
                counted[place] = weights[at]
        total = sum(weights[1:])
        shares = _shares(
            outcomes,
            lambda verdicts: (
                sum(
                    counted.get(place, 0.0)
                    for place, verdict in enumerate(verdicts)
                    if verdict is Verdict.MISS
                )
                / total
            ),
        )
        columns = _Columns(numbers)
        model = ReplayedChanges(columns.states, weights)
        return Replayed(outcomes, model, columns.input_of, shares)

    def _build(
        self, dockerfile: Dockerfile, args: Mapping[str, str], number: int, used: dict[Sources, None]
    ) -> BuildState:
        def content(sources: Sources) -> str:
            used.setdefault(sources)
            return str(self._state(sources, number))

        return BuildState(dockerfile, _NOTHING, args, target=self.target, context_content=content)

    def _state(self, sources: Sources, number: int) -> int:
        found = self._states.get(sources)
        if found is None:
            assert self.known.history is not None
            found = states_of_sources(sources, self.known.history, self.known)
            self._states[sources] = found
        return found[number]

    def _guessed(self, dockerfile: Dockerfile) -> Replayed:
        """A build as usual, and one for each input with that one changed."""
        changing = self._changing_arguments(dockerfile)
        used: dict[Sources, None] = {}
        outcomes = [self._with(dockerfile, changing, used, None)]
        inputs: list[str | Sources] = [*changing, *used]
        outcomes += [self._with(dockerfile, changing, used, each) for each in inputs]
        rates = [
            1.0 if isinstance(each, str) else rate_of_sources(each, self.known.context) for each in inputs
        ]
        model = GuessedChanges(rates)
        shares: dict[int, list[float | None]] = {}
        for usual, *others in zip(*(outcome.steps for outcome in outcomes), strict=True):
            differ = sum(1 << at for at, other in enumerate(others) if other.key != usual.key)
            shares.setdefault(usual.stage, []).append(model.missed(differ) if usual.key else None)
        return Replayed(outcomes, model, _differing, shares)

    def _with(
        self,
        dockerfile: Dockerfile,
        changing: Sequence[str],
        used: dict[Sources, None],
        other: str | Sources | None,
    ) -> BuildOutcome:
        def content(sources: Sources) -> str:
            used.setdefault(sources)
            return _OTHER if sources == other else _USUAL

        values = {name: _OTHER if name == other else _USUAL for name in changing}
        args = {**self.known.build_args, **values}
        state = BuildState(dockerfile, _NOTHING, args, target=self.target, context_content=content)
        return Simulator(self.known.profile, watches=True).build(state)

    def _changing_arguments(self, dockerfile: Dockerfile) -> list[str]:
        """Build arguments that are others in every build."""
        found: dict[str, None] = {}
        for stage in read_stages(dockerfile, self.known.build_args).stages:
            for instruction in stage.instructions:
                for word in instruction.words if instruction.keyword == "ARG" else ():
                    name, _, default = word.text.partition("=")
                    if self.known.volatility.why(name, default):
                        found.setdefault(name)
        return list(found)


def _shares(
    outcomes: Sequence[BuildOutcome], share: Callable[[Sequence[Verdict]], float]
) -> dict[int, list[float | None]]:
    found: dict[int, list[float | None]] = {}
    for steps in zip(*(outcome.steps for outcome in outcomes), strict=True):
        missed = share([step.verdict for step in steps]) if steps[0].key else None
        found.setdefault(steps[0].stage, []).append(missed)
    return found


class _Columns:
    """Inputs as they are found: each the states of something over all commits, alike ones once."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.states: list[Sequence[int]] = []
        self._numbers = numbers
        self._known: dict[tuple[int, ...], int] = {}

    def input_of(self, column: Column) -> int:
        """The bit of the input with these states; 0 if it never changes."""
        names: dict[str | None, int] = {}
        alike = tuple(names.setdefault(value, len(names)) for value in column)
        if len(names) < 2:
            return 0
        if alike not in self._known:
            self._known[alike] = len(self.states)
            self.states.append([alike[number] for number in self._numbers])
        return 1 << self._known[alike]


def _differing(column: Column) -> int:
    """Inputs that change what is in these states: the first is the usual one, then one for each input."""
    return sum(1 << at for at, value in enumerate(column[1:]) if value != column[0])
