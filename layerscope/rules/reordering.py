"""What the order that advice proposes would save, told apart by why steps are carried out again.

A step that an order improves has something above it that changes and need not stand there: a setting that is
another one in every build (LS202), sources above an install that reads only manifests (LS203), or anything
else (LS201). Where a step is carried out again for both settings and others, mending one of them alone may
save nothing: each gets the mean of what it saves first and what it saves last. So the findings of a stage add
up to what its order saves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from layerscope.rules.base import Draft
from layerscope.rules.building import Building, place_of
from layerscope.rules.finding import BuildSaving, Fix, Severity

if TYPE_CHECKING:
    from layerscope.advice.advise import StageAdvice
    from layerscope.advice.elements import Element
    from layerscope.advice.plan import Plan

__all__ = ["Gain", "Reason", "gains"]

_NOTABLE_SECONDS = 1.0
_NOTABLE_SHARE = 0.02
"""A gain below either is for information. Seconds may be guessed here, since they only say how much it
matters; the finding names none then."""
_LEAST_SECONDS = 0.05
_LEAST_SHARE = 0.005
"""Of builds. What improves a step less is not worth naming."""
_ENOUGH = 0.5
"""Of what the order saves that a build has to verify. If the safe one saves as much, it is told."""
_PLACES = 6


class Reason(Enum):
    """Why steps are carried out again."""

    ORDER = auto()
    VOLATILE = auto()
    MANIFESTS = auto()


@dataclass(slots=True)
class Gain:
    """What one reason costs one stage, and the plan that mends it."""

    building: Building
    stage: StageAdvice
    plan: Plan
    reason: Reason
    steps: dict[int, float] = field(default_factory=dict)
    """Position of a step to the share of builds in which it is carried out again for this reason."""
    causes: dict[int, None] = field(default_factory=dict)
    """Positions of what changes and stands above them, in the order of the file."""

    @property
    def repeated(self) -> list[Element]:
        """The steps, in the order of the file."""
        return [self.plan.problem.elements[position] for position in sorted(self.steps)]

    @property
    def changing(self) -> list[Element]:
        """What changes above them, in the order of the file."""
        return [self.plan.problem.elements[position] for position in sorted(self.causes)]

    @property
    def manifests(self) -> str:
        """The COPYs of manifests that the plan adds for them, a line each."""
        if self.reason is not Reason.MANIFESTS:
            return ""
        problem, idle = self.plan.problem, self.plan.problem.idle(self.plan.order)
        indices = {element.index for element in self.changing}
        added = [problem.elements[position] for position in sorted(problem.added - idle)]
        return "\n".join(f"{each.keyword} {each.text}" for each in added if each.index in indices)

    @property
    def seconds(self) -> float:
        """Saved in a build, measured or guessed."""
        costs = self.plan.problem.costs
        return sum(costs[position].seconds * share for position, share in self.steps.items())

    @property
    def severity(self) -> Severity:
        """Whether it is worth a warning."""
        least = max(_NOTABLE_SECONDS, _NOTABLE_SHARE * self.plan.before.seconds)
        return Severity.WARNING if self.seconds >= least else Severity.INFO

    def saving(self) -> BuildSaving:
        """The same for outputs: seconds only where they were measured."""
        problem = self.plan.problem
        measured = all(problem.costs[position].origin != "guess" for position in self.steps)
        own = [at for at, element in enumerate(problem.elements) if element.role == "step"]
        return BuildSaving(
            steps_saved=sum(self.steps.values()),
            steps=len([position for position in own if position not in problem.added]),
            seconds=self.seconds if measured else None,
            pushed_bytes=round(sum(problem.sizes[at] * share for at, share in self.steps.items())),
            builds=self.building.advice.builds,
        )

    def draft(self, message: str, what: str, first: Sequence[Element]) -> Draft:
        """The finding; `what` says what to do, and `first` are the instructions that it is foremost about."""
        named = {each.line: each for each in (*first, *self.changing, *self.repeated)}
        places = [place_of(self.building, self.stage, each) for each in named.values()]
        return Draft(
            message,
            Fix(f"{what}; {self._how()}", self.manifests),
            severity=self.severity,
            places=[place for place in places if place is not None][:_PLACES],
            build=self.saving(),
        )

    def _how(self) -> str:
        """How the patch is had, and how it is known that the image stays the same."""
        trust = int(self.plan.trust)
        if trust > 1:
            known = "it is proved" if trust > 2 else "there is evidence"
            return f"{known} that the image stays the same: {self.building.say('--write')}"
        return (
            f"a build has to show that the image stays the same: {self.building.say('--verify', '--write')}"
        )


def gains(building: Building, reason: Reason) -> Iterator[Gain]:
    """What a reason costs each stage, where that is anything: by the safe plan, if that mends most of it."""
    for stage in building.advice.stages:
        safe, further = (
            _of_plan(building, stage, plan).get(reason) if plan is not None else None
            for plan in (stage.safe, stage.further)
        )
        found = further
        if safe is not None and (further is None or safe.seconds >= _ENOUGH * further.seconds):
            found = safe
        if found is not None and found.seconds >= _LEAST_SECONDS:
            yield found


def _of_plan(building: Building, stage: StageAdvice, plan: Plan) -> dict[Reason, Gain]:
    """All that a plan saves, by reason."""
    found: dict[Reason, Gain] = {}
    problem = plan.problem
    elements, changing = problem.elements, problem.changes.changing
    place = {position: at for at, position in enumerate(plan.order)}
    for step, element in enumerate(elements):
        fewer = plan.before.missed[step] - plan.after.missed[step]
        if element.role != "step" or step in problem.added or fewer < _LEAST_SHARE:
            continue
        sunk = [
            other
            for other in range(step)
            if changing >> other & 1 and other not in problem.added and place[other] > place[step]
        ]
        settings = [other for other in sunk if elements[other].volatile and elements[other].role != "step"]
        others = [other for other in sunk if other not in settings]
        by_settings = _share_of(plan, step, settings, others, fewer)
        kind = Reason.MANIFESTS if _for_manifests(plan, step, others) else Reason.ORDER
        for reason, share, causes in (
            (Reason.VOLATILE, by_settings, settings),
            (kind, fewer - by_settings, others),
        ):
            if share >= _LEAST_SHARE and causes:
                gain = found.setdefault(reason, Gain(building, stage, plan, reason))
                gain.steps[step] = share
                gain.causes |= dict.fromkeys(causes)
    return found


def _share_of(plan: Plan, step: int, settings: Sequence[int], others: Sequence[int], fewer: float) -> float:
    """What settings above a step answer for, of the share of builds in which it is carried out too often."""
    if not settings or not others:
        return fewer if settings else 0.0
    before = plan.problem.expect(range(len(plan.problem.elements))).missed[step]
    after = plan.problem.expect(plan.order).missed[step]
    if before - after < _LEAST_SHARE:
        return fewer / 2
    first = before - _missed_without(plan, step, settings)
    last = _missed_without(plan, step, others) - after
    part = (first + last) / 2 / (before - after)
    return fewer * min(max(part, 0.0), 1.0)


def _missed_without(plan: Plan, step: int, positions: Sequence[int]) -> float:
    """How often a step is carried out if these stood at the end, whether or not they may."""
    kept = [position for position in range(len(plan.problem.elements)) if position not in positions]
    return plan.problem.expect([*kept, *positions]).missed[step]


def _for_manifests(plan: Plan, step: int, causes: Sequence[int]) -> bool:
    """Whether a step is an install for which the plan copies manifests that a COPY above it holds."""
    problem = plan.problem
    idle = problem.idle(plan.order)
    copied = {problem.elements[position].index for position in problem.added if position not in idle}
    return bool(problem.elements[step].footprint.installs) and any(
        problem.elements[position].index in copied for position in causes
    )
