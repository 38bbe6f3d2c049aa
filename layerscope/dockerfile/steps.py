"""The instructions of a chain of stages in the order in which a builder works them off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from layerscope.dockerfile.align import MAX_STEPS
from layerscope.dockerfile.expand import UNKNOWN
from layerscope.dockerfile.forms import forms_of
from layerscope.dockerfile.scope import Scope, base_scope
from layerscope.dockerfile.stages import Stage, Stages
from layerscope.dockerfile.syntax import SourceInstruction
from layerscope.oci.config import ImageConfig

__all__ = ["WRITERS", "Step", "read_steps", "shells_of"]

WRITERS = frozenset({"RUN", "COPY", "ADD"})
"""What writes files. WORKDIR may, too, but with some builders only."""

_MAX_FORMS_CHARACTERS = 8_000_000
"""Of all steps together; instructions beyond it have no forms, and so match nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction that a history may show."""

    keyword: str
    """What was done; for a trigger what ONBUILD put off."""
    source: SourceInstruction
    """Where it stands; for a trigger the ONBUILD."""
    stage: Stage
    """The stage that it was done in."""
    written_in: Stage
    """The stage that it stands in; another one for a trigger."""
    forms: frozenset[str]
    optional: bool
    """Whether some builders leave no entry: ONBUILD."""


def read_steps(
    stages: Stages, target: Stage, build_args: Mapping[str, str], platform: str, config: ImageConfig
) -> tuple[Step, ...]:
    """All steps from the first instruction of the lowest stage in the file to the last one of `target`; more
    than `MAX_STEPS` have no forms, as nobody compares them."""
    chain = stages.chain(target)
    ordered = [(stage, done) for stage, done in _ordered(chain) if done]
    if sum(len(done) for _, done in ordered) > MAX_STEPS:
        return tuple(_step(entry, stage, frozenset()) for stage, done in ordered for entry in done)
    scope = _scope(stages, chain, build_args, platform, config)
    steps: list[Step] = []
    room = _MAX_FORMS_CHARACTERS
    for stage, done in ordered:
        scope.enter_stage()
        for entry in done:
            forms = forms_of(entry.instruction, scope) if room > 0 else frozenset[str]()
            room -= sum(map(len, forms))
            steps.append(_step(entry, stage, forms))
            scope.pass_by(entry.instruction)
    return tuple(steps)


class _Entry(NamedTuple):
    """An instruction that is done, where it stands in the file, and in which stage."""

    instruction: SourceInstruction
    source: SourceInstruction
    written_in: Stage


def _ordered(chain: tuple[Stage, ...]) -> Iterator[tuple[Stage, list[_Entry]]]:
    """What each stage does: first what ONBUILD put off in the one below, then its own."""
    triggers: list[_Entry] = []
    for stage in chain:
        yield stage, triggers + [_Entry(own, own, stage) for own in stage.instructions]
        triggers = [_Entry(own.trigger, own, stage) for own in stage.instructions if own.trigger is not None]


def _step(entry: _Entry, stage: Stage, forms: frozenset[str]) -> Step:
    keyword = entry.instruction.keyword
    return Step(keyword, entry.source, stage, entry.written_in, forms, optional=keyword == "ONBUILD")


def shells_of(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Every shell that the steps name, as a history shows it in front of a command."""
    found = {
        " ".join(word.text for word in step.source.words)
        for step in steps
        if step.keyword == "SHELL" and step.source.exec_form
    }
    return tuple(sorted(found))


def _scope(
    stages: Stages,
    chain: tuple[Stage, ...],
    build_args: Mapping[str, str],
    platform: str,
    config: ImageConfig,
) -> Scope:
    """What holds above the lowest stage. What the image has and the Dockerfile does not set is the base's."""
    done = [instruction for stage in chain for instruction in stage.instructions]
    done += [instruction.trigger for instruction in done if instruction.trigger is not None]
    own = {name for instruction in done if instruction.keyword == "ENV" for name in _names(instruction)}
    container = config.config
    has_base = chain[0].base != "scratch"
    environment = [
        entry for entry in (container and container.Env) or () if entry.partition("=")[0] not in own
    ]
    if has_base:
        environment += [f"{name}={UNKNOWN}" for name in sorted(own)]
    moves = any(instruction.keyword == "WORKDIR" for instruction in done)
    directory = (container and container.WorkingDir) or "/"
    if moves:
        directory = UNKNOWN if has_base else "/"
    scope = base_scope(stages.dockerfile.escape, build_args, platform, environment, directory)
    declared = base_scope(stages.dockerfile.escape, build_args, platform, (), "/")
    for instruction in stages.global_arguments:
        declared.pass_by(instruction)
    scope.global_plain = {name: declared.plain[name] for name in declared.arguments if name in declared.plain}
    return scope


def _names(instruction: SourceInstruction) -> list[str]:
    return [word.text for word in instruction.words[::2]]
