"""The Dockerfile beside what its lines cost: bytes from the layers, seconds from the times in the history,
and the findings that name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from layerscope.analysis.analyze import Analysis
from layerscope.image.history import Instruction
from layerscope.report.html.view import FindingView, ImageView
from layerscope.report.masking import masked
from layerscope.report.printable import printable

__all__ = ["Mark", "SourceLine", "source_lines"]

_MOST_LINES = 5000
_LONGEST_STEP = 6 * 3600
"""Seconds. More between two instructions is no step but two builds, or a cache that was hit."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding that names a line, and where it stands in the page."""

    anchor: str
    rule_id: str
    severity: str
    title: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line. Figures stand at the first line of an instruction; None where nothing is known."""

    number: int
    text: str
    layer: int | None = None
    stored_bytes: int | None = None
    wasted_bytes: int = 0
    seconds: float | None = None
    marks: tuple[Mark, ...] = ()


def source_lines(analysis: Analysis, text: str, view: ImageView | None = None) -> tuple[SourceLine, ...]:
    """The lines of the Dockerfile that the image was compared with, `text`, with what each stores, and the
    findings of `view` about it."""
    lines = masked(text).splitlines()[:_MOST_LINES]
    found = {number: SourceLine(number, printable(line)) for number, line in enumerate(lines, 1)}
    for cost in _costs(analysis):
        if cost.number in found:
            found[cost.number] = replace(cost, text=found[cost.number].text)
    for number, marks in _marks(view).items() if view else ():
        if number in found:
            found[number] = replace(found[number], marks=tuple(marks))
    return tuple(found.values())


def _marks(view: ImageView) -> dict[int, list[Mark]]:
    """Line to the findings that name it, warnings and errors first."""
    found: dict[int, list[Mark]] = {}
    both: tuple[tuple[str, tuple[FindingView, ...]], ...] = (("finding", view.findings), ("note", view.notes))
    for kind, findings in both:
        for number, finding in enumerate(findings, 1):
            mark = Mark(f"{kind}-{number}", finding.rule_id, finding.severity, finding.title)
            for line in finding.lines:
                found.setdefault(line, []).append(mark)
    return found


def _costs(analysis: Analysis) -> Iterator[SourceLine]:
    """The first line of each layer's instruction, where that is known, without its text."""
    earlier: Instruction | None = None
    for analyzed in analysis.layers:
        instruction = analyzed.layer.instruction
        if instruction is not None and instruction.lines is not None:
            yield SourceLine(
                number=instruction.lines.first,
                text="",
                layer=analyzed.layer.index,
                stored_bytes=analyzed.reading.changeset.content_bytes,
                wasted_bytes=analyzed.wasted_bytes,
                seconds=_seconds(earlier, instruction),
            )
        earlier = instruction


def _seconds(earlier: Instruction | None, instruction: Instruction) -> float | None:
    """From the layer below to this one; None where the history's times are no build's."""
    try:
        begin, end = (
            datetime.fromisoformat((each.created or "").replace("Z", "+00:00"))
            for each in (earlier, instruction)
            if each is not None
        )
        passed = (end - begin).total_seconds()
    except (TypeError, ValueError):  # no times, or one with an offset and one without
        return None
    return passed if 0 < passed <= _LONGEST_STEP else None
