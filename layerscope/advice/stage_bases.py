"""The stages that a target needs, each as the problem that it is before anything is moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from layerscope.advice.builds import Builds, Replayed
from layerscope.advice.costs import costs_of
from layerscope.advice.elements import Element, read_elements
from layerscope.advice.graph import NO_GRAPH
from layerscope.advice.improve import Improved
from layerscope.advice.keys import StageKeys
from layerscope.advice.known import Known
from layerscope.advice.layers import links_of
from layerscope.advice.plan import Expectation, Problem
from layerscope.advice.rewrite import StageOrder, rewritten
from layerscope.advice.suggesting import Expected
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.advice.surroundings import scope_below, user_is_root
from layerscope.dockerfile.cache.simulate import needed_stages
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.stages import Stage, Stages, read_stages
from layerscope.dockerfile.syntax import TriviaKind

__all__ = ["StageBase", "expected_of", "left_alone", "missed_of", "scene_of", "stage_bases"]


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
    """The same with elements added."""
    missed: tuple[float, ...]
    """For each element the share of builds that carry it out, as they were simulated."""

    @property
    def expected(self) -> Expectation:
        """What one build costs as it is."""
        return self.problem.expected(self.missed, range(len(self.elements)))


def stage_bases(current: Improved, builds: Builds) -> list[StageBase]:
    """Every stage that the target needs, in the order of the file. Raises DockerfileError."""
    known = builds.known
    stages = read_stages(current.dockerfile, known.build_args)
    needed = needed_stages(stages, stages.target(builds.target), known.profile)
    replayed = builds.replay(current.dockerfile)
    return [
        _base(stages, stage, known, current, (builds, replayed))
        for stage in stages.stages
        if stage.index in needed
    ]


def _base(
    stages: Stages, stage: Stage, known: Known, current: Improved, simulated: tuple[Builds, Replayed]
) -> StageBase:
    scope = scope_below(stages, stage, known.image, known.build_args)
    root = user_is_root(stages, stage, known.image)
    links = links_of(known.readings)
    elements = read_elements(
        stage, scope, known.context, current.facts, known.volatility, root=root, links=links
    )
    elements = [replace(element, line=current.line(element.line)) for element in elements]
    builds, replayed = simulated
    own = replayed.keys(stage.index, len(elements))

    def model(listed: Sequence[Element]) -> Problem:
        """The problem with elements added: what their keys are made of is seen where they stand."""
        items = [each.index if each.source else f"{each.keyword} {each.text}" for each in listed]
        text = rewritten(current.dockerfile, [StageOrder(stage, tuple(items))])
        added = read_dockerfile(text.encode("utf-8", "surrogateescape"), current.dockerfile.name)
        return _problem(listed, current, builds.replay(added).keys(stage.index, len(listed)))

    line = current.line(stage.start.first_line)
    missed = missed_of(replayed, stage, len(elements))
    return StageBase(stages, stage, line, elements, _problem(elements, current, own), model, missed)


def missed_of(replayed: Replayed, stage: Stage, count: int) -> tuple[float, ...]:
    """For each of a stage's own instructions the share of builds that carry it out; 0 for what is no step."""
    shares = replayed.shares.get(stage.index, ())
    return tuple(share or 0.0 for share in shares[len(shares) - count :])


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
                base.missed,
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
        seconds += base.expected.seconds
        for position in base.problem.changes.steps:
            steps += 1
            hits += 1 - base.missed[position]
    return Expected(seconds, hits, steps)


def _problem(elements: Sequence[Element], current: Improved, keys: StageKeys) -> Problem:
    """The problem without its graph."""
    costs = costs_of(elements, current.log, current.seconds)
    sizes = [element.facts.compressed_bytes if element.facts else 0 for element in elements]
    return Problem(elements, NO_GRAPH, keys, costs, sizes)


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
    if stage.instructions and _is_open(stages.dockerfile.lines_of(stage.instructions[-1])):
        return "its last line is continued, and nothing follows [R16]"
    parent = stages.stages[stage.parent] if stage.parent is not None else None
    if parent is not None and any(instruction.keyword == "ONBUILD" for instruction in parent.instructions):
        return "the stage that it continues has ONBUILD [R0]"
    return ""


def _is_open(text: str) -> bool:
    """Whether an instruction ends with a continuation: it would take in what came to stand behind it."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return bool(lines) and lines[-1].rstrip().endswith("\\")
