"""Advice for a whole Dockerfile: each stage that the target needs, and the file as it would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.advice.context import ContextFiles
from layerscope.advice.costs import costs_of, seconds_by_line
from layerscope.advice.elements import Element, read_elements
from layerscope.advice.graph import build_graph
from layerscope.advice.history import History
from layerscope.advice.independence import Trust
from layerscope.advice.inputs import StageChanges, Surroundings, change_model
from layerscope.advice.layers import LayerFacts, facts_by_line, links_of
from layerscope.advice.patch import unified_diff
from layerscope.advice.plan import Obstacle, Plan, Problem, obstacles, solve
from layerscope.advice.rewrite import StageOrder, rewritten
from layerscope.advice.split import Refusal, split_copies
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


def advise(dockerfile: Dockerfile, known: Known, *, target: str = "", path: str = "Dockerfile") -> Advice:
    """Find the best safe order of each stage that `target` needs.

    `path` is how patches call the file. Raises DockerfileError for a Dockerfile without stages, and for a
    target that it does not have. Nothing is read but what is given.
    """
    stages = read_stages(dockerfile, known.build_args)
    wanted = _needed(stages, stages.target(target))
    facts = facts_by_line(known.image, known.readings) if known.image else {}
    changes: dict[str, StageChanges] = {}
    found: list[StageAdvice] = []
    for stage in wanted:
        advice, changed = _of_stage(stages, stage, known, facts, changes)
        found.append(advice)
        for name in (stage.name, str(stage.index)):
            if name:
                changes[name] = changed
    safe = _proposal(dockerfile, found, path, further=False)
    further = _proposal(dockerfile, found, path, further=True)
    if further is not None and safe is not None and further.text == safe.text:
        further = None
    builds = len(known.history.commits) - 1 if known.history and known.history.commits else 0
    return Advice(dockerfile, known.profile, tuple(found), safe, further, max(builds, 0), bool(facts))


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


def _of_stage(
    stages: Stages,
    stage: Stage,
    known: Known,
    facts: Mapping[int, LayerFacts],
    changes: Mapping[str, StageChanges],
) -> tuple[StageAdvice, StageChanges]:
    scope = scope_below(stages, stage, known.image, known.build_args)
    root = user_is_root(stages, stage, known.image)
    links = links_of(known.readings)
    elements = read_elements(stage, scope, known.context, facts, known.volatility, root=root, links=links)
    below = changes.get(str(stage.parent), StageChanges(None, 0.0)) if stage.parent is not None else None
    below = below or StageChanges(None, 0.0)

    def model(listed: Sequence[Element]) -> tuple[Problem, StageChanges]:
        return _problem(listed, known, changes, below)

    base, changed = model(elements)
    why = _left_alone(stages, stage)
    if why or not elements:
        return StageAdvice(stage, None, None, why=why or "the stage has no instructions"), changed
    safe, refusals = _plan(elements, known, model, Trust.EVIDENCE)
    further, more = _plan(elements, known, model, Trust.UNVERIFIED)
    least = _worth(base)
    better = further.gain >= safe.gain + least
    best = further if better else safe
    return (
        StageAdvice(stage, safe, further if better else None, more or refusals, obstacles(best)),
        changed,
    )


def _problem(
    elements: Sequence[Element], known: Known, changes: Mapping[str, StageChanges], below: StageChanges
) -> tuple[Problem, StageChanges]:
    """The problem without its graph."""
    model, changed = change_model(
        elements,
        Surroundings(known.context, known.history, known.ignored, known.repository_in_context, known.profile),
        changes,
        below,
    )
    history = seconds_by_line(known.image) if known.image else {}
    costs = costs_of(elements, known.log, history)
    sizes = [element.facts.compressed_bytes if element.facts else 0 for element in elements]
    graph = build_graph((), known.profile, Trust.PROVED)
    return Problem(elements, graph, model, costs, sizes, known.profile), changed


def _worth(problem: Problem) -> float:
    spent = problem.expect(range(len(problem.elements))).seconds
    return max(_LEAST_SECONDS, spent * _LEAST_SHARE)


def _plan(
    elements: list[Element],
    known: Known,
    model: Callable[[Sequence[Element]], tuple[Problem, StageChanges]],
    trust: Trust,
) -> tuple[Plan, tuple[Refusal, ...]]:
    """The best plan at a level of trust: with COPYs split where that is worth it."""
    whole, _ = model(elements)
    least = _worth(whole)
    split = split_copies(elements, known.context, known.profile, trust)
    plans: list[Plan] = []
    for listed, pairs, added in (
        (elements, None, frozenset[int]()),
        (split.elements, split.known, frozenset(split.manifests)),
    ):
        if plans and not added:
            break
        bare, _ = model(listed)
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


def _proposal(
    dockerfile: Dockerfile, found: Sequence[StageAdvice], path: str, *, further: bool
) -> Proposal | None:
    plans = [(advice.stage, advice.plan(further=further)) for advice in found]
    changed = [(stage, plan) for stage, plan in plans if plan is not None and plan.steps]
    if not changed or (further and all(advice.further is None for advice in found)):
        return None
    orders = [StageOrder(stage, _items(plan)) for stage, plan in changed]
    text = rewritten(dockerfile, orders)
    _check(dockerfile, text, orders)
    return Proposal(
        text,
        unified_diff(dockerfile.text, text, path),
        min(plan.trust for _, plan in changed),
        sum(plan.gain for _, plan in changed),
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
