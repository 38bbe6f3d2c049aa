"""What rules about Dockerfiles look at: the advice for the file, and what it rests on; what such a rule is.

They claim no bytes: whatever the image stores is claimed by a rule about that. What they find costs each
build: steps that are carried out again, seconds, and layers that are pushed anew.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from layerscope.image.history import DockerfileLines, Instruction
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Location, Role

if TYPE_CHECKING:
    from layerscope.advice.advise import Advice, Known, StageAdvice
    from layerscope.advice.elements import Element
    from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["Building", "DockerfileRule", "are", "lines_of", "place_at", "place_of"]


@dataclass(frozen=True, slots=True)
class Building:
    """The Dockerfile's advice, as `layerscope advise` would give it, and the words of that command."""

    advice: Advice
    known: Known
    command: tuple[str, ...] = ("layerscope", "advise")
    """What shows the same advice, with all of its arguments."""
    layers: Mapping[int, int] = field(default_factory=dict)
    """First line of an instruction to the layer of the image that it made."""

    def measured(self, lines: Iterable[int]) -> bool:
        """Whether it is known, and not guessed, how long the RUNs among these instructions take."""
        from layerscope.advice.costs import log_key, seconds_by_line  # noqa: PLC0415  # with a Dockerfile only

        image, log = self.known.image, self.known.log
        history = seconds_by_line(image) if image else {}
        wanted = set(lines)
        return all(
            each.first_line in history or log_key(f"{each.keyword} {each.rest}") in log
            for each in self.advice.dockerfile.instructions
            if each.first_line in wanted and each.keyword == "RUN"
        )

    def say(self, *more: str) -> str:
        """The command with further arguments, as a shell takes it."""
        import shlex  # noqa: PLC0415  # few need it

        return shlex.join((*self.command, *more))


class DockerfileRule(Rule):
    """A rule about the Dockerfile. Its severity does not depend on bytes: it is about none."""

    always: ClassVar[bool] = True
    about_dockerfile: ClassVar[bool] = True

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """Look at the Dockerfile, if there is one."""
        if evidence.building is not None:
            yield from self.look(evidence.building)

    @abstractmethod
    def look(self, building: Building) -> Iterable[Draft]:
        """Find what this rule is about."""


def place_of(building: Building, stage: StageAdvice, element: Element) -> Location | None:
    """Where an instruction stands; None for one that advice adds."""
    return None if element.source is None else place_at(building, stage.stage.label, element.line)


def place_at(building: Building, stage: str, line: int) -> Location | None:
    """The instruction that begins in a line of the file as it is; None if none does."""
    dockerfile = building.advice.dockerfile
    source = next((each for each in dockerfile.instructions if each.first_line == line), None)
    return None if source is None else _place(building, stage or _stage_at(building, line), source)


def _stage_at(building: Building, line: int) -> str:
    """The stage that a line belongs to; empty if no stage of those that are looked at begins above it."""
    above = [stage for stage in building.advice.stages if stage.line <= line]
    return max(above, key=lambda stage: stage.line).stage.label if above else ""


def _place(building: Building, stage: str, source: SourceInstruction) -> Location:
    dockerfile = building.advice.dockerfile
    text = dockerfile.lines_of(source).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    lines = DockerfileLines(dockerfile.name, source.first_line, source.last_line, stage, text)
    words = " ".join(f"{source.keyword} {source.rest}".split())
    return Location(
        layer=building.layers.get(source.first_line),
        role=Role.CONCERNED,
        instruction=Instruction(
            text=words.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
            created_by="",
            keyword=source.keyword,
            builder="",
            created=None,
            comment="",
            empty_layer=True,
            lines=lines,
        ),
    )


def lines_of(elements: Iterable[Element]) -> str:
    """`COPY of line 4`, `RUN of lines 5 and 7, COPY of line 9`; those that advice adds are left out."""
    by_keyword: dict[str, list[int]] = {}
    for element in elements:
        if element.source is not None:
            by_keyword.setdefault(element.keyword, []).append(element.line)
    return ", ".join(f"{keyword} of {_lines(lines)}" for keyword, lines in by_keyword.items())


def are(elements: Sequence[Element]) -> str:
    """`is` or `are`."""
    return "is" if len(elements) == 1 else "are"


def _lines(lines: list[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    *most, last = map(str, sorted(lines))
    return f"lines {', '.join(most)} and {last}"
