"""Advice for a whole Dockerfile: each stage that the target needs, and the file as it would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from layerscope.advice.builds import Builds
from layerscope.advice.costs import seconds_by_line
from layerscope.advice.elements import Element
from layerscope.advice.graph import build_graph
from layerscope.advice.improve import Improved, improved
from layerscope.advice.independence import Trust
from layerscope.advice.inherited import inherited_obstacles
from layerscope.advice.known import Known
from layerscope.advice.layers import facts_by_line
from layerscope.advice.parts import parts_and_installs
from layerscope.advice.patch import unified_diff
from layerscope.advice.plan import Obstacle, Plan, Problem, obstacles, solve
from layerscope.advice.rewrite import StageOrder, rewritten
from layerscope.advice.split import Refusal, split_copies
from layerscope.advice.stage_bases import (
    StageBase,
    expected_of,
    left_alone,
    missed_of,
    scene_of,
    stage_bases,
)
from layerscope.advice.suggesting import IgnoreFile, Suggested, all_ignored, ignore_patch, suggested
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.stages import Stage
from layerscope.dockerfile.syntax import Dockerfile

__all__ = ["Advice", "Known", "Proposal", "StageAdvice", "advise"]

_LEAST_SECONDS = 0.05
_LEAST_SHARE = 0.02
"""A plan that saves less than the larger of both is not worth reading."""


@dataclass(frozen=True, slots=True)
class StageAdvice:
    """One stage: what is safe by proof and evidence, and what more would need a verifying build."""

    stage: Stage
    safe: Plan | None
    """None for a stage that is left alone; `why` then says why."""
    further: Plan | None
    """A better plan, some steps of which a build has to verify; None if there is none."""
    refusals: tuple[Refusal, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    why: str = ""
    line: int = 0
    """Of its FROM, as the file has it now."""

    def plan(self, *, further: bool) -> Plan | None:
        """The plan that is meant: the better one where it is asked for and there is one."""
        return self.further if further and self.further is not None else self.safe


@dataclass(frozen=True, slots=True)
class Proposal:
    """The file as it would be."""

    text: str
    patch: str
    trust: Trust
    gain: float
    bytes_saved: int = 0
    """Content bytes that the image stores no more."""
    ignore: IgnoreFile | None = None
    """The ignore file as it would be; None if it stays."""
    changed_paths: tuple[str, ...] = ()
    """Where the root filesystem is another one afterwards, as was asked for."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to change in a Dockerfile, and why; or why nothing."""

    dockerfile: Dockerfile
    profile: Builder
    stages: tuple[StageAdvice, ...]
    safe: Proposal | None
    """The file with everything that is proved or has evidence; None if that saves nothing."""
    further: Proposal | None
    """The file with the steps too that a build has to verify; None if they save nothing more."""
    builds: int
    """Commits that were replayed; 0 where changes are guessed."""
    has_layers: bool
    suggestions: tuple[Suggested, ...] = ()
    """What may be done besides another order; those that join are in the proposals."""


def advise(dockerfile: Dockerfile, known: Known, *, target: str = "", path: str = "Dockerfile") -> Advice:
    """Find the best safe order of each stage that `target` needs.

    `path` is how patches call the file. Raises DockerfileError for a Dockerfile without stages, and for a
    target that it does not have. Nothing is read but what is given.
    """
    facts = facts_by_line(known.image, known.readings) if known.image else {}
    history = seconds_by_line(known.image) if known.image else {}
    start = Improved(dockerfile, {}, facts, history, known.log)
    builds = Builds(known, target)
    bases = stage_bases(start, builds)
    others = suggested(
        scene_of(bases, known),
        start,
        known,
        path,
        lambda now, lines: expected_of(stage_bases(now, builds.ignoring(lines))),
    )
    before = expected_of(bases)
    joined = [each.suggestion for each in others if each.joins]
    current = improved(start, joined)
    builds = builds.ignoring([line for each in joined for line in each.ignores])
    known = builds.known
    bases = stage_bases(current, builds) if joined else bases
    context = _Outcome(
        start, current, [each for each in others if each.joins], path, before.seconds, bases, builds
    )
    found = [_of_stage(base, bases, known) for base in bases]
    safe, found = _proposal(context, found, further=False)
    further, found = _proposal(context, found, further=True)
    if further is not None and safe is not None and further.text == safe.text:
        further = None
    count = len(builds.history.commits) - 1 if builds.history else 0
    return Advice(dockerfile, known.profile, tuple(found), safe, further, count, bool(facts), others)


def _of_stage(base: StageBase, bases: Sequence[StageBase], known: Known) -> StageAdvice:
    elements, stage = base.elements, base.stage
    why = left_alone(base.stages, stage)
    if known.only:
        why = f"only {', '.join(sorted(known.kinds))} was asked for"
    if why or not elements:
        return StageAdvice(stage, None, None, why=why or "the stage has no instructions", line=base.line)
    safe, refusals = _plan(elements, known, base.model, Trust.EVIDENCE)
    further, more = _plan(elements, known, base.model, Trust.UNVERIFIED)
    better = further.gain >= safe.gain + _worth(base.problem)
    # what is only unverified keeps nothing where it is: the further plan tells what does
    kept = (*inherited_obstacles(base, bases, known.profile), *obstacles(further))
    return StageAdvice(stage, safe, further if better else None, more or refusals, kept, line=base.line)


def _worth(problem: Problem) -> float:
    spent = problem.expect(range(len(problem.elements))).seconds
    return max(_LEAST_SECONDS, spent * _LEAST_SHARE)


def _plan(
    elements: list[Element],
    known: Known,
    model: Callable[[Sequence[Element]], Problem],
    trust: Trust,
) -> tuple[Plan, tuple[Refusal, ...]]:
    """The best plan at a level of trust: with COPYs split where that is worth it."""
    whole = model(elements)
    least = _worth(whole)
    split = split_copies(elements, known.context, known.profile, trust)
    plans: list[Plan] = []
    for listed, pairs, added in (
        (elements, parts_and_installs(elements, known.context, known.profile), frozenset[int]()),
        (split.elements, split.known, frozenset(split.manifests)),
    ):
        if plans and not added:
            break
        bare = model(listed)
        graph = build_graph(listed, known.profile, trust, pairs)
        problem = Problem(listed, graph, bare.changes, bare.costs, bare.sizes, added)
        plans.append(solve(problem, least=least))
    plain, *others = plans
    if others and others[0].gain >= plain.gain + least:
        return others[0], split.refusals
    return plain, split.refusals


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What proposals are made of, besides the plans."""

    start: Improved
    current: Improved
    joined: Sequence[Suggested]
    path: str
    seconds: float
    """Of a build with the file as it is."""
    bases: Sequence[StageBase]
    builds: Builds


def _proposal(
    outcome: _Outcome, found: Sequence[StageAdvice], *, further: bool
) -> tuple[Proposal | None, list[StageAdvice]]:
    """The file as it would be, and the stages with what its builds cost."""
    plans = [(advice.stage, advice.plan(further=further)) for advice in found]
    changed = [(stage, plan) for stage, plan in plans if plan is not None and plan.steps]
    joined = outcome.joined
    if (not changed and not joined) or (further and all(advice.further is None for advice in found)):
        return None, list(found)
    current = outcome.current.dockerfile
    orders = [StageOrder(stage, _items(plan)) for stage, plan in changed]
    text = rewritten(current, orders) if orders else current.text
    _check(current, text, orders)
    stages, seconds = _simulated(outcome, found, text, further=further)
    proposal = Proposal(
        text,
        unified_diff(outcome.start.dockerfile.text, text, outcome.path) + ignore_patch(joined),
        min([*(plan.trust for _, plan in changed), *(each.suggestion.trust for each in joined)]),
        outcome.seconds - seconds,
        sum(each.suggestion.bytes_saved or 0 for each in joined),
        all_ignored(joined),
        tuple(path for each in joined for path in each.suggestion.changed_paths),
    )
    return proposal, stages


def _simulated(
    outcome: _Outcome, found: Sequence[StageAdvice], text: str, *, further: bool
) -> tuple[list[StageAdvice], float]:
    """The stages with what their steps cost in the builds of the new file, and the seconds of one build."""
    replayed = outcome.builds.replay(
        read_dockerfile(text.encode("utf-8", "surrogateescape"), outcome.current.dockerfile.name)
    )
    stages: list[StageAdvice] = []
    seconds = 0.0
    for base, advice in zip(outcome.bases, found, strict=True):
        plan = advice.plan(further=further)
        if plan is None:
            missed = missed_of(replayed, base.stage, len(base.elements))
            seconds += base.problem.expected(missed, range(len(base.elements))).seconds
            stages.append(advice)
            continue
        idle = plan.problem.idle(plan.order)
        order = [position for position in plan.order if position not in idle]
        shares = dict(zip(order, missed_of(replayed, base.stage, len(order)), strict=True))
        after = plan.problem.expected(
            tuple(shares.get(position, 0.0) for position in range(len(plan.order))), plan.order
        )
        seconds += after.seconds
        known = replace(plan, after=after, lowest=min(plan.lowest, after.seconds))
        stages.append(
            replace(advice, further=known) if plan is advice.further else replace(advice, safe=known)
        )
    return stages, seconds


def _items(plan: Plan) -> tuple[int | str, ...]:
    problem = plan.problem
    idle = problem.idle(plan.order)
    items: list[int | str] = []
    for position in plan.order:
        element = problem.elements[position]
        if position in problem.added:
            if position not in idle:
                items.append(f"{element.keyword} {element.text}")
        else:
            items.append(element.index)
    return tuple(items)


def _check(dockerfile: Dockerfile, text: str, orders: Sequence[StageOrder]) -> None:
    """Read the new file again: it has to have the same instructions, and those that were added."""
    again = read_dockerfile(text.encode("utf-8", "surrogateescape"), dockerfile.name)
    added = [item for order in orders for item in order.items if isinstance(item, str)]
    before = sorted([*map(dockerfile.lines_of, dockerfile.instructions), *added])
    after = sorted(map(again.lines_of, again.instructions))
    if before != after:
        raise AssertionError("the patched Dockerfile does not have the same instructions")
