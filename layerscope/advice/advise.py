"""Advice for a whole Dockerfile: each stage that the target needs, and the file as it would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from layerscope.advice.context import ContextFiles
from layerscope.advice.costs import costs_of, seconds_by_line
from layerscope.advice.elements import Element, Role, read_elements
from layerscope.advice.graph import build_graph
from layerscope.advice.history import History
from layerscope.advice.improve import Improved, improved
from layerscope.advice.independence import Trust
from layerscope.advice.inputs import StageChanges, Surroundings, change_model
from layerscope.advice.layers import facts_by_line, links_of
from layerscope.advice.patch import unified_diff
from layerscope.advice.plan import Obstacle, Plan, Problem, obstacles, solve
from layerscope.advice.rewrite import StageOrder, rewritten
from layerscope.advice.split import Refusal, split_copies
from layerscope.advice.suggesting import Expected, IgnoreFile, Suggested, all_ignored, ignore_patch, suggested
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.advice.surroundings import scope_below, user_is_root
from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.stages import Stage, Stages, read_stages
from layerscope.dockerfile.syntax import Dockerfile, TriviaKind
from layerscope.image.image import Image
from layerscope.image.layer import LayerReading

__all__ = ["Advice", "Known", "Proposal", "StageAdvice", "advise"]

_LEAST_SECONDS = 0.05
_LEAST_SHARE = 0.02
"""A plan that saves less than the larger of both is not worth reading."""


def _nothing_ignored(_path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that advice may rest on, besides the Dockerfile. All of it may be missing."""

    image: Image | None = None
    """With the lines of the Dockerfile on its layers and history."""
    readings: Sequence[LayerReading] = ()
    context: ContextFiles | None = None
    history: History | None = None
    ignored: Callable[[str], bool] = _nothing_ignored
    """Whether .dockerignore leaves a file of the context out."""
    volatility: Volatility = field(default_factory=Volatility)
    log: Mapping[str, float] = field(default_factory=dict)
    """Seconds of instructions, from the log of a build."""
    build_args: Mapping[str, str] = field(default_factory=dict)
    profile: Builder = Builder.BUILDKIT
    repository_in_context: bool = False
    """Whether `.git` is sent to the builder: then all of the context is another one with every commit."""
    repository_bytes: int | None = None
    """Bytes of `.git`, where it is sent."""
    ignore_file: str = ""
    """Path of the ignore file that counts, relative to the context; empty if there is none."""
    ignore_text: str = ""
    kinds: frozenset[str] = frozenset()
    """Kinds of suggestions that are wanted in the proposals, although they change the image, or need a
    verifying build, or a newer builder."""
    only: bool = False
    """Whether nothing but these is wanted, no order either."""
    builder_version: tuple[int, ...] = ()
    """Of the buildah that made the image; empty if that is not known."""
    tools_for_building: Sequence[str] = ()
    """Packages for building that the image has."""
    tool_bytes: int = 0


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
    bases = _bases(start, known, target)
    others = suggested(
        _scene(bases, known), start, known, path, lambda now: _expected(_bases(now, known, target))
    )
    joined = [each.suggestion for each in others if each.joins]
    current = improved(start, joined)
    bases = _bases(current, known, target) if joined else bases
    found = [_of_stage(base, known) for base in bases]
    before = _expected(_bases(start, known, target) if joined else bases)
    context = _Outcome(start, current, [each for each in others if each.joins], path, before.seconds)
    safe = _proposal(context, found, bases, further=False)
    further = _proposal(context, found, bases, further=True)
    if further is not None and safe is not None and further.text == safe.text:
        further = None
    builds = len(known.history.commits) - 1 if known.history and known.history.commits else 0
    return Advice(dockerfile, known.profile, tuple(found), safe, further, max(builds, 0), bool(facts), others)


@dataclass(frozen=True, slots=True)
class _Base:
    """One stage with its elements, in the order that they have."""

    stages: Stages
    stage: Stage
    line: int
    elements: list[Element]
    problem: Problem
    """Without its graph."""
    model: Callable[[Sequence[Element]], Problem]


def _bases(current: Improved, known: Known, target: str) -> list[_Base]:
    """Every stage that the target needs."""
    stages = read_stages(current.dockerfile, known.build_args)
    changes: dict[str, StageChanges] = {}
    found: list[_Base] = []
    for stage in _needed(stages, stages.target(target)):
        base, changed = _base(stages, stage, known, current, changes)
        found.append(base)
        for name in (stage.name, str(stage.index)):
            if name:
                changes[name] = changed
    return found


def _base(
    stages: Stages, stage: Stage, known: Known, current: Improved, changes: Mapping[str, StageChanges]
) -> tuple[_Base, StageChanges]:
    scope = scope_below(stages, stage, known.image, known.build_args)
    root = user_is_root(stages, stage, known.image)
    links = links_of(known.readings)
    elements = read_elements(
        stage, scope, known.context, current.facts, known.volatility, root=root, links=links
    )
    elements = [replace(element, line=current.line(element.line)) for element in elements]
    below = changes.get(str(stage.parent)) if stage.parent is not None else None
    below = below or StageChanges(None, 0.0)
    seen = dict(changes)
    problem, changed = _problem(elements, known, current, seen, below)

    def model(listed: Sequence[Element]) -> Problem:
        return _problem(listed, known, current, seen, below)[0]

    line = current.line(stage.start.first_line)
    return _Base(stages, stage, line, elements, problem, model), changed


def _scene(bases: Sequence[_Base], known: Known) -> Scene:
    stages = bases[-1].stages
    parts = []
    for base in bases:
        problem = base.problem
        if _left_alone(stages, base.stage) or not base.elements:
            continue
        parts.append(
            StagePart(
                base.stage,
                base.elements,
                [cost.seconds for cost in problem.costs],
                problem.expect(range(len(base.elements))).missed,
                [problem.changes.missed(1 << place) for place in range(len(base.elements))],
            )
        )
    return Scene(
        stages=stages,
        target=bases[-1].stage,
        parts=tuple(parts),
        readings=known.readings,
        links=links_of(known.readings),
        context=known.context,
        history=known.history,
        ignored=known.ignored,
        profile=known.profile,
        builder_version=known.builder_version,
        repository_bytes=known.repository_bytes,
        tools_for_building=known.tools_for_building,
        tool_bytes=known.tool_bytes,
    )


def _expected(bases: Sequence[_Base]) -> Expected:
    """What one build costs on average with the stages as they are."""
    seconds = hits = 0.0
    steps = 0
    for base in bases:
        expectation = base.problem.expect(range(len(base.elements)))
        seconds += expectation.seconds
        for element, missed in zip(base.elements, expectation.missed, strict=True):
            if element.role is Role.STEP:
                steps += 1
                hits += 1 - missed
    return Expected(seconds, hits, steps)


def _needed(stages: Stages, target: Stage) -> list[Stage]:
    """Stages that the target continues, copies from or mounts, in the order of the file."""
    needed: set[int] = set()
    pending = [target]
    while pending:
        stage = pending.pop()
        if stage.index in needed:
            continue
        needed.add(stage.index)
        if stage.parent is not None:
            pending.append(stages.stages[stage.parent])
        for instruction in stage.instructions:
            names = [instruction.flag("from") or ""]
            names += [
                option.removeprefix("from=")
                for flag in instruction.flags
                if flag.name == "mount" and flag.value
                for option in flag.value.split(",")
                if option.startswith("from=")
            ]
            for name in filter(None, names):
                pending += [
                    other
                    for other in stages.stages[: stage.index]
                    if other.name == name.lower() or str(other.index) == name
                ]
    return [stage for stage in stages.stages if stage.index in needed]


def _of_stage(base: _Base, known: Known) -> StageAdvice:
    elements, stage = base.elements, base.stage
    why = _left_alone(base.stages, stage)
    if known.only:
        why = f"only {', '.join(sorted(known.kinds))} was asked for"
    if why or not elements:
        return StageAdvice(stage, None, None, why=why or "the stage has no instructions", line=base.line)
    safe, refusals = _plan(elements, known, base.model, Trust.EVIDENCE)
    further, more = _plan(elements, known, base.model, Trust.UNVERIFIED)
    better = further.gain >= safe.gain + _worth(base.problem)
    best = further if better else safe
    return StageAdvice(
        stage, safe, further if better else None, more or refusals, obstacles(best), line=base.line
    )


def _problem(
    elements: Sequence[Element],
    known: Known,
    current: Improved,
    changes: Mapping[str, StageChanges],
    below: StageChanges,
) -> tuple[Problem, StageChanges]:
    """The problem without its graph."""
    model, changed = change_model(
        elements,
        Surroundings(known.context, known.history, known.ignored, known.repository_in_context, known.profile),
        changes,
        below,
    )
    costs = costs_of(elements, current.log, current.seconds)
    sizes = [element.facts.compressed_bytes if element.facts else 0 for element in elements]
    graph = build_graph((), known.profile, Trust.PROVED)
    return Problem(elements, graph, model, costs, sizes, known.profile), changed


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
        (elements, None, frozenset[int]()),
        (split.elements, split.known, frozenset(split.manifests)),
    ):
        if plans and not added:
            break
        bare = model(listed)
        graph = build_graph(listed, known.profile, trust, pairs)
        problem = Problem(listed, graph, bare.changes, bare.costs, bare.sizes, known.profile, added)
        plans.append(solve(problem, least=least))
    plain, *others = plans
    if others and others[0].gain >= plain.gain + least:
        return others[0], split.refusals
    return plain, split.refusals


def _left_alone(stages: Stages, stage: Stage) -> str:
    """Why a stage is not touched at all."""
    if stages.dockerfile.escape != "\\":
        return "it has the escape character of Windows, whose commands are not known [R0]"
    for piece in stages.dockerfile.pieces:
        if getattr(piece, "kind", None) is TriviaKind.DIRECTIVE and getattr(piece, "name", "") == "syntax":
            value = getattr(piece, "value", "")
            frontend = value.removeprefix("docker.io/").partition(":")[0].partition("@")[0]
            if frontend not in ("docker/dockerfile", "docker/dockerfile-upstream"):
                return f"the syntax {value} is not known [R0]"
    if any(instruction.keyword == "ONBUILD" for instruction in stage.instructions):
        return "it has ONBUILD [R0]"
    parent = stages.stages[stage.parent] if stage.parent is not None else None
    if parent is not None and any(instruction.keyword == "ONBUILD" for instruction in parent.instructions):
        return "the stage that it continues has ONBUILD [R0]"
    return ""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What proposals are made of, besides the plans."""

    start: Improved
    current: Improved
    joined: Sequence[Suggested]
    path: str
    seconds: float
    """Of a build with the file as it is."""


def _proposal(
    outcome: _Outcome, found: Sequence[StageAdvice], bases: Sequence[_Base], *, further: bool
) -> Proposal | None:
    plans = [(advice.stage, advice.plan(further=further)) for advice in found]
    changed = [(stage, plan) for stage, plan in plans if plan is not None and plan.steps]
    joined = outcome.joined
    if (not changed and not joined) or (further and all(advice.further is None for advice in found)):
        return None
    current = outcome.current.dockerfile
    orders = [StageOrder(stage, _items(plan)) for stage, plan in changed]
    text = rewritten(current, orders) if orders else current.text
    _check(current, text, orders)
    after = sum(
        plan.after.seconds if plan is not None else _expected([base]).seconds
        for base, (_, plan) in zip(bases, plans, strict=True)
    )
    return Proposal(
        text,
        unified_diff(outcome.start.dockerfile.text, text, outcome.path) + ignore_patch(joined),
        min([*(plan.trust for _, plan in changed), *(each.suggestion.trust for each in joined)]),
        outcome.seconds - after,
        sum(each.suggestion.bytes_saved or 0 for each in joined),
        all_ignored(joined),
        tuple(path for each in joined for path in each.suggestion.changed_paths),
    )


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
