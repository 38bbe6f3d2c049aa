"""What keys are made of, told apart: what a step says itself, and what settings in front of it give to it.

Who wants to know what another order of instructions would cost asks this: in an order that leaves every
instruction what it is, the same parts make other keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["SeenStage", "SeenStep", "Slot"]

Slot = tuple[str, str]
"""A setting that a step may get: its kind, and the name of a variable."""


@dataclass(frozen=True, slots=True)
class SeenStep:
    """One instruction of one build."""

    instruction: SourceInstruction
    own: str | None
    """A name for what it says itself, equal where a builder sees no difference; None if it is no step."""
    own_key: bool
    """Whether what is in front of it counts for what follows only."""
    takes: frozenset[str]
    """Kinds of settings that count for it."""
    before: Mapping[Slot, str]
    """What a RUN in front of it would be given."""
    after: Mapping[Slot, str]
    """What a RUN behind it is given."""


@dataclass(frozen=True, slots=True)
class SeenStage:
    """One stage of one build."""

    start: str
    """The key of what it starts on."""
    given: Mapping[Slot, str]
    """What a RUN would be given there."""
    steps: Sequence[SeenStep]
    """Triggers of the stage that it continues first."""
