"""Builds without building: which steps come from the cache, for each builder, and why the others do not.

A builder's cache is a set of keys here, one for each step that was ever carried out; a key is made of what
the builder compares (`buildkit`, `chained`) and of the key in front of it. Keys are never evicted: a state
that was there before hits again.

Known limits. What RUN writes is not known: see `RunOutputs` and `BuildState.stage_content`. What ADD fetches
is taken for the same as long as its address is. `COPY --exclude` compares what it leaves out, too. RUN is
taken to do its work: a build that fails leaves fewer keys behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.buildkit import buildkit_recipe
from layerscope.dockerfile.cache.causes import KnownStep, Past, own_causes
from layerscope.dockerfile.cache.chained import buildah_recipe, classic_recipe, written
from layerscope.dockerfile.cache.recipes import (
    Ingredient,
    Recipe,
    Surroundings,
    copy_words,
    is_remote,
    mounts_of,
    recipe_key,
)
from layerscope.dockerfile.cache.seen import SeenStage, SeenStep, Slot
from layerscope.dockerfile.cache.selection import IMPLIED, Selection, select
from layerscope.dockerfile.cache.settings import SETTERS, Settings, global_values
from layerscope.dockerfile.cache.stage_files import StageFiles
from layerscope.dockerfile.cache.states import (
    BaseImage,
    BuildOutcome,
    BuildState,
    Cause,
    CauseKind,
    RunOutputs,
    StageCopy,
    StepOutcome,
    Verdict,
)
from layerscope.dockerfile.context import Context, ContextFile, FileKind
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.stages import Stage, Stages, read_stages
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["Simulator", "needed_stages", "simulate"]


def simulate(
    builder: Builder, states: Iterable[BuildState], *, outputs: RunOutputs = RunOutputs.CHANGE
) -> tuple[BuildOutcome, ...]:
    """Build each state after the other, with one cache that is empty at first.

    Raises DockerfileError where a Dockerfile has no stages or not the target.
    """
    simulator = Simulator(builder, outputs)
    return tuple(simulator.build(state) for state in states)


@dataclass(slots=True)
class Simulator:
    """A builder with its cache. `build` fills it."""

    builder: Builder
    outputs: RunOutputs = RunOutputs.CHANGE
    watches: bool = False
    """Whether it tells what keys are made of (`BuildOutcome.seen`), and not why steps missed."""
    keys: set[str] = field(default_factory=set)
    """Of all steps that were carried out."""
    before: dict[int, list[KnownStep]] = field(default_factory=dict)
    """Steps of the last build, by the stage."""
    takes: dict[int, tuple[SourceInstruction, frozenset[str]]] = field(default_factory=dict)
    """Kinds of settings that an instruction gets, by its identity."""
    sent: dict[str, ContextFile] = field(default_factory=dict)
    """BuildKit: directories of the context as its copy of it has them."""

    def build(self, state: BuildState) -> BuildOutcome:
        """Build one state. Takes time linear in the files of the context for each COPY."""
        state = replace(state, context=self._received(state.context))
        run = _Run(self, state)
        steps = tuple(run.steps())
        self.before = run.done
        return BuildOutcome(self.builder, steps, run.seen)

    def _received(self, context: Context) -> Context:
        """The context as it reaches the builder.

        BuildKit brings a copy of it up to date, and a directory that differs in nothing but its mode is not
        sent again. The others get an archive without the directories that are ignored, whatever is in them.
        """
        if self.builder is not Builder.BUILDKIT:
            made = ContextFile(FileKind.DIRECTORY, 0, IMPLIED)
            return Context({**context.files, **dict.fromkeys(context.implied, made)})
        directories = {path: file for path, file in context.files.items() if file.kind is FileKind.DIRECTORY}
        self.sent = {path: self.sent.get(path, file) for path, file in directories.items()}
        return Context({**context.files, **self.sent})


def needed_stages(stages: Stages, target: Stage, builder: Builder) -> frozenset[int]:
    """Indexes of the stages that a builder builds for `target`: the classic one all in front of it."""
    if builder is Builder.CLASSIC:
        return frozenset(range(target.index + 1))
    needed: set[int] = set()
    waiting = [target.index]
    while waiting:
        index = waiting.pop()
        if index in needed:
            continue
        needed.add(index)
        stage = stages.stages[index]
        named = [stage.parent] if stage.parent is not None else []
        for instruction in stage.instructions:
            sources = [mount.get("from", "") for mount in mounts_of(instruction)]
            if instruction.keyword in ("COPY", "ADD"):
                sources.append(instruction.flag("from") or "")
            named += [
                found for source in sources if (found := _stage_named(stages, source, index)) is not None
            ]
        waiting += named
    return frozenset(needed)


def _stage_named(stages: Stages, name: str, below: int) -> int | None:
    """Index of the stage in front of another that a name or a number means."""
    for stage in reversed(stages.stages[:below]):
        if name and stage.name == name.lower():
            return stage.index
    if name.isascii() and name.isdigit() and len(name) < 6 and int(name) < below:
        return int(name)
    return None


def _after(front: Ingredient, key: str) -> str:
    """The key of what stands in front of the next step, behind a COPY --link."""
    return recipe_key((front, Ingredient(CauseKind.STAGE, "", key)))


_PROBE = read_dockerfile(b"FROM scratch\nRUN true\n", "probe").instructions[1]
"""A RUN that is asked what it would be given."""


@dataclass(slots=True)
class _Built:
    """A stage as it is after its last instruction."""

    key: str
    settings: Settings
    files: StageFiles
    triggers: list[SourceInstruction] = field(default_factory=list)


class _Run:
    """One build."""

    def __init__(self, simulator: Simulator, state: BuildState) -> None:
        self.simulator = simulator
        self.builder = simulator.builder
        self.state = state
        self.stages = read_stages(state.dockerfile, state.build_args)
        self.globals = global_values(
            self.stages.global_arguments, state.build_args, state.platform, state.dockerfile.escape
        )
        self.past = Past(simulator.before)
        self.first = not simulator.keys
        self.built: dict[int, _Built] = {}
        self.done: dict[int, list[KnownStep]] = {}
        self.selections: dict[tuple[str, ...], Selection] = {}
        self.seen: dict[int, SeenStage] = {}

    def steps(self) -> Iterator[StepOutcome]:
        target = self.stages.target(self.state.target)
        needed = needed_stages(self.stages, target, self.builder)
        for stage in self.stages.stages:
            if stage.index in needed:
                yield from self.stage(stage)
            else:
                for instruction in stage.instructions:
                    yield StepOutcome(instruction, stage.index, Verdict.NOT_BUILT)

    def stage(self, stage: Stage) -> Iterator[StepOutcome]:
        """Build one stage. A change of what is in front of a step is told by the line that differs first."""
        built, origin = self._start(stage)
        self.built[stage.index] = built
        known = self.done[stage.index] = []
        triggers, built.triggers = built.triggers, []
        if self.simulator.watches:
            yield from self._watched(stage, (*triggers, *stage.instructions), built)
            return
        texts: Counter[str] = Counter()
        kinds: Counter[str] = Counter()
        differs: Cause | None = None
        for instruction in (*triggers, *stage.instructions):
            recipe = self._recipe(stage, instruction, built.settings)
            outcome = StepOutcome(instruction, stage.index, Verdict.NO_STEP)
            if recipe is not None:
                text = f"{instruction.keyword} {instruction.rest}"
                past = self.past.find(stage.index, instruction, texts[text], kinds[instruction.keyword])
                texts[text] += 1
                kinds[instruction.keyword] += 1
                front = Ingredient(CauseKind.BEFORE, "", built.key)
                ingredients = recipe.ingredients if recipe.own_key else (front, *recipe.ingredients)
                key = recipe_key(ingredients)
                now = KnownStep(instruction, recipe.ingredients, key)
                causes = own_causes(recipe.ingredients, past.ingredients) if past else ()
                hit = key in self.simulator.keys
                if not hit:
                    shown = self._causes(past, causes, differs or origin)
                    outcome = StepOutcome(instruction, stage.index, Verdict.MISS, key, shown)
                else:
                    outcome = StepOutcome(instruction, stage.index, Verdict.HIT, key)
                if differs is None and (past is None or causes):
                    differs = Cause(CauseKind.BEFORE, line=instruction.first_line)
                known.append(now)
                self.simulator.keys.add(key)
                built.key = _after(front, key) if recipe.own_key else key
            self._write(instruction, built)
            built.settings.pass_by(instruction)
            if instruction.trigger is not None:
                built.triggers.append(instruction.trigger)
            yield outcome

    def _watched(
        self, stage: Stage, instructions: tuple[SourceInstruction, ...], built: _Built
    ) -> Iterator[StepOutcome]:
        """Build one stage and note what each key is made of."""
        given = self._given(stage, built.settings)
        steps: list[SeenStep] = []
        self.seen[stage.index] = SeenStage(built.key, given, steps)
        for instruction in instructions:
            recipe = self._recipe(stage, instruction, built.settings)
            outcome = StepOutcome(instruction, stage.index, Verdict.NO_STEP)
            if recipe is not None:
                front = Ingredient(CauseKind.BEFORE, "", built.key)
                key = recipe_key(recipe.ingredients if recipe.own_key else (front, *recipe.ingredients))
                verdict = Verdict.HIT if key in self.simulator.keys else Verdict.MISS
                outcome = StepOutcome(instruction, stage.index, verdict, key)
                self.simulator.keys.add(key)
                built.key = _after(front, key) if recipe.own_key else key
            before = given
            takes = self._takes(stage, instruction, built.settings) if recipe is not None else frozenset()
            self._write(instruction, built)
            built.settings.pass_by(instruction)
            if instruction.trigger is not None:
                built.triggers.append(instruction.trigger)
            if instruction.keyword in SETTERS:
                given = self._given(stage, built.settings)
            own = recipe.own if recipe is not None else None
            steps.append(
                SeenStep(instruction, own, recipe is not None and recipe.own_key, takes, before, given)
            )
            yield outcome

    def _given(self, stage: Stage, settings: Settings) -> dict[Slot, str]:
        """What a RUN would get of the settings."""
        recipe = self._recipe(stage, _PROBE, settings)
        return recipe.given if recipe is not None else {}

    def _takes(self, stage: Stage, instruction: SourceInstruction, settings: Settings) -> frozenset[str]:
        """Kinds of settings that an instruction gets where there are any."""
        known = self.simulator.takes.get(id(instruction))
        if known is not None:
            return known[1]
        rich = replace(settings, environment={**settings.environment, "_E": "_"})
        rich.arguments = {**settings.arguments, "_A": "_"}
        recipe = self._recipe(stage, instruction, rich)
        found = frozenset(kind for kind, _ in recipe.given) if recipe is not None else frozenset[str]()
        self.simulator.takes[id(instruction)] = (instruction, found)
        return found

    def _causes(
        self, past: KnownStep | None, own: tuple[Cause, ...], front: Cause | None
    ) -> tuple[Cause, ...]:
        if self.first:
            return (Cause(CauseKind.FIRST),)
        if past is None:
            own = (Cause(CauseKind.INSTRUCTION),)
        return (*own, *([front] if front else [])) or (Cause(CauseKind.EVICTED),)

    def _start(self, stage: Stage) -> tuple[_Built, Cause | None]:
        """What a stage starts on, and whether that is another image than in the build before."""
        if stage.parent is not None:
            below = self.built[stage.parent]
            started = _Built(below.key, below.settings.child(), below.files.child(), list(below.triggers))
            return started, self._parent_cause(stage.parent)
        settings = Settings(self.builder, self.state.dockerfile.escape, self.state.build_args, self.globals)
        if stage.base.lower() == "scratch":
            return _Built("scratch", settings, StageFiles()), None
        base = self.state.bases.get(stage.base) or BaseImage(stage.base)
        settings.begin(base)
        key = f"image {base.identity}"
        changed = None if self.first or key in self.simulator.keys else Cause(CauseKind.BASE, stage.base)
        self.simulator.keys.add(key)
        triggers = [
            instruction
            for text in base.triggers
            for instruction in read_dockerfile(
                text.encode("utf-8", "surrogateescape"), stage.base
            ).instructions
        ]
        return _Built(key, settings, StageFiles(opaque=True), triggers), changed

    def _parent_cause(self, parent: int) -> Cause | None:
        old, now = self.simulator.before.get(parent, []), self.done[parent]
        pairs = zip(now, old, strict=False)
        changed = next((step for step, other in pairs if step.key != other.key), None)
        if changed is None and len(now) > len(old):
            changed = now[len(old)]
        return Cause(CauseKind.BEFORE, line=changed.instruction.first_line) if changed else None

    def _recipe(self, stage: Stage, instruction: SourceInstruction, settings: Settings) -> Recipe | None:
        surroundings = Surroundings(
            self._from_context, lambda name, sources: self._from_stage(stage, name, sources)
        )
        if self.builder is Builder.BUILDKIT:
            return buildkit_recipe(instruction, settings, surroundings)
        if self.builder is Builder.CLASSIC:
            return classic_recipe(instruction, settings, surroundings)
        raw = written(instruction, self.state.dockerfile.text)
        return buildah_recipe(instruction, settings, surroundings, raw)

    def _from_context(self, sources: tuple[str, ...]) -> Selection:
        if self.state.context_content is not None:
            return Selection(f"told {self.state.context_content(sources)}", {})
        if sources not in self.selections:
            self.selections[sources] = select(self.state.context.files, sources, self.builder)
        return self.selections[sources]

    def _from_stage(self, stage: Stage, name: str, sources: tuple[str, ...]) -> Selection:
        """What is taken of another stage or of an image: by its content where that is known."""
        index = _stage_named(self.stages, name, stage.index)
        if index is None or index not in self.built:
            base = self.state.bases.get(name) or BaseImage(name)
            return Selection(f"image {base.identity} {sources}", {})
        if self.state.stage_content is not None:
            label = self.stages.stages[index].label
            told = self.state.stage_content(StageCopy(label, sources))
            if told is not None:
                return Selection(f"told {told}", {})
        taken = self.built[index]
        known = select(taken.files.files, sources, self.builder)
        if not taken.files.opaque:
            return known
        if self.simulator.outputs is RunOutputs.STABLE:
            return Selection(f"stable {known.identity}", known.files)
        return Selection(f"stage {taken.key} {known.identity}", known.files)

    def _write(self, instruction: SourceInstruction, built: _Built) -> None:
        """Do what an instruction does to the files of its stage, as far as that is known."""
        if instruction.keyword == "RUN":
            built.files.opaque = True
        elif instruction.keyword in ("COPY", "ADD"):
            sources, destination, documents = copy_words(instruction, built.settings)
            plain = not documents and not any(map(is_remote, sources)) and instruction.keyword == "COPY"
            if plain and not instruction.flags and self.state.context_content is None:
                place = built.settings.absolute(destination)
                built.files.copy(self.state.context.files, sources, place)
            else:
                built.files.opaque = True
