"""The stages that a target needs, each as the problem that it is before anything is moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from layerscope.advice.costs import costs_of
from layerscope.advice.elements import Element, Role, read_elements
from layerscope.advice.graph import build_graph
from layerscope.advice.improve import Improved
from layerscope.advice.independence import Trust
from layerscope.advice.inputs import StageChanges, Surroundings, change_model
from layerscope.advice.known import Known
from layerscope.advice.layers import links_of
from layerscope.advice.plan import Problem
from layerscope.advice.suggesting import Expected
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.advice.surroundings import scope_below, user_is_root
from layerscope.dockerfile.stages import Stage, Stages, read_stages
from layerscope.dockerfile.syntax import TriviaKind

__all__ = ["StageBase", "expected_of", "left_alone", "scene_of", "stage_bases"]


@dataclass(frozen=True, slots=True)
class StageBase:
    """One stage with its elements, in the order that they have."""

    stages: Stages
    stage: Stage
    line: int
    elements: list[Element]
    problem: Problem
    """Without its graph."""
    model: Callable[[Sequence[Element]], Problem]


def stage_bases(current: Improved, known: Known, target: str) -> list[StageBase]:
    """Every stage that the target needs, in the order of the file. Raises DockerfileError."""
    stages = read_stages(current.dockerfile, known.build_args)
    changes: dict[str, StageChanges] = {}
    found: list[StageBase] = []
    for stage in _needed(stages, stages.target(target)):
        base, changed = _base(stages, stage, known, current, changes)
        found.append(base)
        for name in (stage.name, str(stage.index)):
            if name:
                changes[name] = changed
    return found


def _base(
    stages: Stages, stage: Stage, known: Known, current: Improved, changes: Mapping[str, StageChanges]
) -> tuple[StageBase, StageChanges]:
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
    return StageBase(stages, stage, line, elements, problem, model), changed


def scene_of(bases: Sequence[StageBase], known: Known) -> Scene:
    """What suggestions may rest on."""
    stages = bases[-1].stages
    parts = []
    for base in bases:
        problem = base.problem
        if left_alone(stages, base.stage) or not base.elements:
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
        ignore_text=known.ignore_text,
        ignore_name=known.ignore_name,
        profile=known.profile,
        builder_version=known.builder_version,
        repository_bytes=known.repository_bytes,
        tools_for_building=known.tools_for_building,
        tool_bytes=known.tool_bytes,
    )


def expected_of(bases: Sequence[StageBase]) -> Expected:
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


def left_alone(stages: Stages, stage: Stage) -> str:
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
