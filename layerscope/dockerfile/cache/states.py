"""What goes into a build, and what a simulated build says of each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.seen import SeenStage
from layerscope.dockerfile.context import Context
from layerscope.dockerfile.syntax import Dockerfile, SourceInstruction

__all__ = [
    "BaseImage",
    "BuildOutcome",
    "BuildState",
    "Cause",
    "CauseKind",
    "RunOutputs",
    "StageCopy",
    "StepOutcome",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class BaseImage:
    """What is known of an image that FROM, COPY --from or a mount names."""

    identity: str
    """Equal where the image is: its digest or its identifier."""
    environment: tuple[str, ...] = ()
    """`NAME=value` in the order of its configuration."""
    directory: str = "/"
    user: str = ""
    shell: tuple[str, ...] = ()
    """Empty: the usual one."""
    triggers: tuple[str, ...] = ()
    """Instructions that its ONBUILD put off, as text."""


@dataclass(frozen=True, slots=True)
class StageCopy:
    """A part of another stage that a COPY --from or a bind mount takes."""

    stage: str
    """Its name, else its number."""
    sources: tuple[str, ...]
    """Absolute paths in it."""


@dataclass(frozen=True, slots=True)
class BuildState:
    """All inputs of one build."""

    dockerfile: Dockerfile
    context: Context
    """What is left once the ignore rules have been obeyed: `Context.without_ignored`."""
    build_args: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, BaseImage] = field(default_factory=dict)
    """By the names that the Dockerfile has for them; one that is not there is taken for the same always."""
    target: str = ""
    """Name or number of the stage that is built; empty for the last one."""
    platform: str = "linux/amd64"
    stage_content: Callable[[StageCopy], str | None] | None = None
    """What a RUN leaves behind is not known here. Who knows says it for what other stages take of it: a name
    for the content, equal where the content is; None for what is not known."""
    context_content: Callable[[tuple[str, ...]], str] | None = None
    """What these sources take of the context, by a name that is equal where the content is: for who knows it
    without the files. `context` is not looked at then, and what another stage copied counts as a whole."""


class RunOutputs(StrEnum):
    """What is assumed of files that a RUN of another stage may have written, where nobody knows them."""

    CHANGE = "change"  #: they are others whenever the RUN is carried out: more misses than there are
    STABLE = "stable"  #: they are the same, unless what was copied to the place differs: fewer misses


class Verdict(StrEnum):
    """What became of an instruction."""

    HIT = "hit"
    MISS = "miss"
    NO_STEP = "no step"  #: it changes settings or the configuration; there is nothing to cache
    NOT_BUILT = "not built"  #: the target does not need its stage


class CauseKind(StrEnum):
    """What differs from the build before."""

    FIRST = "first build"
    INSTRUCTION = "instruction"  #: its own text, or it is new
    FILES = "files"  #: what it copies or mounts from the context
    STAGE = "stage"  #: what it copies or mounts from another stage or image
    ARGUMENT = "argument"  #: the value of a build argument
    VARIABLE = "variable"  #: the value of an ENV, or the order of variables
    USER = "user"
    DIRECTORY = "directory"
    SHELL = "shell"
    BASE = "base"  #: the image that FROM names
    BEFORE = "before"  #: a step in front of it
    EVICTED = "evicted"  #: nothing differs from the build before, which was not complete


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a miss."""

    kind: CauseKind
    name: str = ""
    """Of the variable, argument, stage or image."""
    paths: tuple[str, ...] = ()
    """Of files: those that were added, removed or changed, sorted."""
    line: int = 0
    """Of BEFORE: the first line, counted from 1, of the first step in front that differs; 0 if there is none
    in this Dockerfile."""


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """One instruction of one build."""

    instruction: SourceInstruction
    stage: int
    """Index of the stage it was carried out in."""
    verdict: Verdict
    key: str = ""
    """Equal where the builder takes two steps for the same; empty if it is no step."""
    causes: tuple[Cause, ...] = ()
    """Of a miss: its own reasons first, then what is in front of it."""


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """One build: all instructions but FROM, stage by stage in the order of the file."""

    builder: Builder
    steps: tuple[StepOutcome, ...]
    seen: Mapping[int, SeenStage] = field(default_factory=dict)
    """What keys are made of, by stage; empty unless the simulator watches."""

    @property
    def hits(self) -> int:
        """Steps that came from the cache."""
        return sum(step.verdict is Verdict.HIT for step in self.steps)

    @property
    def misses(self) -> int:
        """Steps that were carried out."""
        return sum(step.verdict is Verdict.MISS for step in self.steps)
