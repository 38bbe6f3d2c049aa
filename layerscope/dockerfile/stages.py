"""Stages: which instructions make which image, and which stage continues which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from layerscope.dockerfile.expand import UNKNOWN, Allowance, ExpansionError, expand
from layerscope.dockerfile.lines import error_at
from layerscope.dockerfile.syntax import Dockerfile, SourceInstruction, Span, shown
from layerscope.dockerfile.words import shortened
from layerscope.errors import DockerfileError

__all__ = ["Stage", "Stages", "read_stages"]

_NAME = re.compile(r"[a-z][a-z0-9-_.]*")


@dataclass(frozen=True, slots=True)
class Stage:
    """FROM and what follows it."""

    index: int
    """From 0."""
    name: str
    """In lower case, as builders compare it; empty if it has none."""
    base: str
    """What FROM names, variables expanded; `expand.UNKNOWN` in it stands for what is not known."""
    parent: int | None
    """Index of the stage that it continues (`FROM builder`); None if its base is an image or `scratch`."""
    start: SourceInstruction
    """FROM itself."""
    instructions: tuple[SourceInstruction, ...]
    """What follows FROM, in order."""

    @property
    def label(self) -> str:
        """The name, else the number."""
        return self.name or str(self.index)


@dataclass(frozen=True, slots=True)
class Stages:
    """All stages of a Dockerfile."""

    dockerfile: Dockerfile
    global_arguments: tuple[SourceInstruction, ...]
    """ARG before the first FROM."""
    stages: tuple[Stage, ...]

    def target(self, name: str = "") -> Stage:
        """The stage of this name or number; the last one if it is empty. Raises DockerfileError."""
        if not name:
            return self.stages[-1]
        found = [stage for stage in self.stages if stage.name == name.lower()]
        if not found and name.isascii() and name.isdigit() and len(name) < 6:
            found = [stage for stage in self.stages if stage.index == int(name)]
        if not found:
            labels = ", ".join(f"{stage.label} (line {stage.start.first_line})" for stage in self.stages[:20])
            raise DockerfileError(f"{self.dockerfile.name}: no stage {shortened(name)}; there are {labels}")
        return found[-1]

    def chain(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages that `stage` continues, the lowest first, and itself."""
        chain = [stage]
        while chain[-1].parent is not None:
            chain.append(self.stages[chain[-1].parent])
        return tuple(reversed(chain))


def read_stages(dockerfile: Dockerfile, build_args: Mapping[str, str] | None = None) -> Stages:
    """Divide a Dockerfile into its stages.

    `build_args` are those that the image was built with, as far as known. Raises DockerfileError where a
    builder would not know which stage an instruction belongs to.
    """
    given = build_args or {}
    values: dict[str, str] = {}
    allowance = Allowance()
    named: dict[str, int] = {}
    global_arguments: list[SourceInstruction] = []
    stages: list[Stage] = []
    own: list[SourceInstruction] = []
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM":
            if stages:
                stages[-1] = _with(stages[-1], own)
            own = []
            stage = _stage(dockerfile, instruction, values, allowance)
            stage = replace(stage, index=len(stages), parent=named.get(stage.base.lower()))
            stages.append(stage)
            if stage.name:
                named[stage.name] = stage.index  # of several with one name the last one counts
        elif stages:
            own.append(instruction)
        elif instruction.keyword == "ARG":
            global_arguments.append(instruction)
            _declare(instruction, given, values, dockerfile.escape, allowance)
        else:
            raise _error(dockerfile, instruction.keyword_span, f"{instruction.keyword} before the first FROM")
    if not stages:
        raise _error(dockerfile, Span(0, 0), "no FROM")
    stages[-1] = _with(stages[-1], own)
    return Stages(dockerfile, tuple(global_arguments), tuple(stages))


def _with(stage: Stage, instructions: list[SourceInstruction]) -> Stage:
    return Stage(stage.index, stage.name, stage.base, stage.parent, stage.start, tuple(instructions))


def _stage(
    dockerfile: Dockerfile, start: SourceInstruction, values: Mapping[str, str], allowance: Allowance
) -> Stage:
    """What FROM alone says of a stage: nothing of its place among the others."""
    words = [word.text for word in start.words]
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
        raise _error(dockerfile, start.keyword_span, "FROM takes IMAGE, or IMAGE AS NAME")
    name = words[2].lower() if len(words) == 3 else ""
    if name and not _NAME.fullmatch(name):
        raise _error(dockerfile, start.words[2].span, f"{shortened(words[2])} cannot be the name of a stage")
    try:
        base = expand(words[0], values, allowance=allowance, escape=dockerfile.escape).text
    except ExpansionError as wrong:
        raise _error(dockerfile, start.words[0].span, str(wrong)) from None
    return Stage(0, name, base, None, start, ())


def _declare(
    instruction: SourceInstruction,
    given: Mapping[str, str],
    values: dict[str, str],
    escape: str,
    allowance: Allowance,
) -> None:
    """An ARG before the first FROM. Its default may be another one's value; the user's may be unknown."""
    for word in instruction.words:
        name, equals, default = word.text.partition("=")
        if name in given:
            values[name] = given[name]
        elif equals:
            try:
                values[name] = expand(default, values, allowance=allowance, escape=escape).text
            except ExpansionError:
                values[name] = UNKNOWN
        else:
            values[name] = UNKNOWN


def _error(dockerfile: Dockerfile, span: Span, what: str) -> DockerfileError:
    return error_at(dockerfile.name, dockerfile.text, span.start, shown(what))
