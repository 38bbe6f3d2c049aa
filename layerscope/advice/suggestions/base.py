"""What a suggestion is. Adding a kind takes two files: the kind here, beside this one, and its test.

A suggestion whose precondition is not established is not made. What it rests on is said with the rule, as
numbered in docs/decisions/0024-advice.md and 0028-transformations.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from layerscope.advice.independence import Trust
from layerscope.advice.layers import LayerFacts
from layerscope.advice.suggestions.scene import Scene
from layerscope.dockerfile.builders import Builder

__all__ = ["EVERY_BUILDER", "Edit", "Reason", "Suggestion", "Transformation"]

EVERY_BUILDER = frozenset(Builder)


class Edit(NamedTuple):
    """One change of the Dockerfile's text: what stands from `start` to `end` becomes `text`."""

    start: int
    """Offset in characters, as in `dockerfile.syntax`."""
    end: int
    text: str


class Reason(NamedTuple):
    """Why something is safe, or what has to be looked at: a rule, and a sentence without a full stop."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One change, with what makes it safe. Lines are first lines of instructions, as the file has them."""

    kind: str
    """`copy-chown`: stable for ever."""
    stage: str
    """Label of the stage that it is about; empty for the whole file."""
    lines: tuple[int, ...]
    """Instructions that it changes or removes, or is about."""
    what: str
    """What to do, in the imperative, without a full stop."""
    reasons: tuple[Reason, ...]
    trust: Trust
    builders: frozenset[Builder] = EVERY_BUILDER
    """Those that build the changed file."""
    requires: str = ""
    """What the builder has to be, where the Dockerfile does not show that it is: `BuildKit 0.10 or later`."""
    edits: tuple[Edit, ...] = ()
    """Changes of the Dockerfile, apart from each other; none for what is advice only."""
    removes: frozenset[int] = frozenset()
    """Lines of instructions that are gone afterwards."""
    absorbed: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Line of an instruction that does what others did: theirs."""
    facts: Mapping[int, LayerFacts | None] = field(default_factory=dict)
    """What the layers of changed instructions would hold, by line; None where that is not known."""
    ignores: tuple[str, ...] = ()
    """Lines for the ignore file."""
    sketch: str = ""
    """Of advice without edits: instructions as they could be, lines ending in a line feed."""
    changed_paths: tuple[str, ...] = ()
    """Absolute paths at and below which the root filesystem is another one afterwards; none: the image stays
    as it is."""
    bytes_saved: int | None = None
    """Content bytes that the image's layers store no more; None where no image says."""
    bytes_sent_less: int | None = None
    """Bytes of the context that are not sent to the builder any more."""
    seconds_saved: float | None = None
    """On average in a build, where the kind knows; else it is computed from what the edits do."""
    recounts: bool = False
    """Whether builds cost something else although no instruction goes: then it is computed."""
    misses_saved: float | None = None
    """Share of builds, from 0 to 1, in which a COPY hits that would have missed; None if not known."""

    @property
    def keeps_image(self) -> bool:
        """Whether root filesystem and configuration certainly stay, on every builder that the file is for."""
        return not self.changed_paths and self.trust >= Trust.EVIDENCE and not self.requires


class Transformation(ABC):
    """One kind of suggestion."""

    kind: ClassVar[str]
    rank: ClassVar[int] = 50
    """Which kind comes first where several would change one instruction: the lowest."""

    @abstractmethod
    def find(self, scene: Scene) -> Iterable[Suggestion]:
        """Suggestions of this kind, in the order of the file."""
