"""Results of a gate as outcomes: what is said of one, where it stands, and by what it is known again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.gate.verdict import Bound, Result, Unit
from layerscope.gate.verdict import Outcome as Ended
from layerscope.image.history import DockerfileLines
from layerscope.report.dialects.outcome import Outcome, Place, SourceTree, State
from layerscope.report.finding_words import (
    build_text,
    dockerfile_place,
    location_instruction,
    location_paths,
    role_text,
)
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable, shortened
from layerscope.report.units import count, percent, signed_size, size
from layerscope.rules.finding import Location, Role

__all__ = ["result_outcome"]

_MOST_LOCATIONS = 6
_INSTRUCTION = 300
"""Characters of an instruction: its beginning and end, of one that is longer than any line."""
_HEADLINE = 400
_SUBJECT = 200
_FROM_NOTHING = 1e6
"""A ratio that stands for something where nothing was."""

_STATES = {
    Ended.FAILED: State.FAILED,
    Ended.REPORTED: State.REPORTED,
    Ended.WAIVED: State.WAIVED,
    Ended.SKIPPED: State.SKIPPED,
    Ended.PASSED: State.PASSED,
}


def result_outcome(result: Result, tree: SourceTree, fallback: Place) -> Outcome:
    """One result; `fallback` is its place where no line of a Dockerfile is known."""
    places = [_place(location.lines, tree) for location in result.locations if location.lines]
    fix = result.fix
    return Outcome(
        rule_id=result.rule_id,
        rule_name=result.name,
        state=_STATES[result.outcome],
        severity=result.severity,
        headline=_headline(result),
        details=tuple(_details(result)),
        fix=printable(masked(fix.text)) if fix else "",
        example="\n".join(printable(line) for line in masked(fix.example).splitlines()) if fix else "",
        freed_bytes=result.freed_bytes,
        places=tuple(dict.fromkeys(places)) or (fallback,),
        subject=_subject(result),
        excuse=_excuse(result),
        order=_order(result),
        saved_seconds=result.build.seconds if result.build else None,
    )


def _order(result: Result) -> int:
    """The lowest layer; of a finding about a Dockerfile the first line, since not every line has a layer."""
    if result.build is not None or any(location.layer is None for location in result.locations):
        return min((each.lines.first for each in result.locations if each.lines), default=0)
    return min((each.layer for each in result.locations if each.layer is not None), default=0)


def _place(lines: DockerfileLines, tree: SourceTree) -> Place:
    """Lines of a Dockerfile, without the secrets that they hold."""
    return Place(tree.path(lines.file), lines.first, lines.last, masked(lines.text))


def _headline(result: Result) -> str:
    """What is wrong, with its figures: `the image is larger than allowed: 812.3 MB, at most 800.0 MB`."""
    text = shortened(printable(masked(result.message)), _HEADLINE)
    if result.in_base:
        text += " (in the base image)"
    if result.subject:
        text += f" ({shortened(printable(masked(result.subject)), _SUBJECT)})"
    if result.measured is None:
        return f"{text} ({size(result.freed_bytes)})" if result.freed_bytes else text
    figures = [_amount(result, result.measured, result.allowed)]
    if result.before is not None and result.unit is Unit.BYTES:
        figures = [f"{signed_size(int(result.measured))} to {size(int(result.before))}"]
    elif result.before is not None and result.unit is Unit.COUNT:
        figures = [f"{int(result.measured):+,} to {count(int(result.before))}"]
    if result.allowed is not None:
        bound = "at least" if result.bound is Bound.AT_LEAST else "at most"
        figures.append(f"{bound} {_amount(result, result.allowed, result.measured)}")
    return f"{text}: {', '.join(figures)}"


def _amount(result: Result, value: float, other: float | None) -> str:
    """A value for people; all its digits where it would read like another one."""
    text = _rounded(result, value)
    if other is None or value == other or text != _rounded(result, other):
        return text
    return f"{count(int(value))} B" if result.unit is Unit.BYTES else f"{value * 100:.6g} %"


def _rounded(result: Result, value: float) -> str:
    if result.unit is Unit.BYTES:
        return size(int(value)) if value >= 0 else signed_size(int(value))
    if result.unit is Unit.RATIO and value >= _FROM_NOTHING:
        return "from nothing"
    if result.unit is Unit.RATIO:
        return percent(round(value * 10**6), 10**6) if 0 <= value <= 1 else f"{value * 100:.1f} %"
    return count(int(value))


def _details(result: Result) -> Iterator[str]:
    for location in result.locations[:_MOST_LOCATIONS]:
        place = dockerfile_place(location.lines)
        instruction = shortened(location_instruction(location), _INSTRUCTION)
        yield " ".join(filter(None, (role_text(location), place, instruction)))
        yield from (f"  {path}" for path in location_paths(location))
    more = len(result.locations) - _MOST_LOCATIONS
    if more > 0:
        yield f"and {more} more layers"
    if build_text(result.build):
        yield build_text(result.build)
    if result.reason:
        yield printable(masked(result.reason))
    if result.origin and result.outcome is Ended.FAILED:
        yield f"decided by {printable(result.origin)}"


def _subject(result: Result) -> str:
    """What it is about, in words that stay: the budget's own, else the keyword and the directory of the
    foremost place, with the file where it is but one.

    Not the instruction: who adds a package to a `RUN` has the same finding as before, and not a new one.
    """
    if result.subject:
        return shortened(printable(masked(result.subject)), _SUBJECT)
    if not result.locations or result.measured is not None:
        return ""
    stores = (each for each in result.locations if each.role is not Role.HIDDEN)
    first = next(stores, result.locations[0])
    keyword = first.instruction.keyword if first.instruction else ""
    where = _subject_path(first)
    if first.role is Role.CONCERNED and first.lines is not None and not (first.paths or first.directory):
        where = printable(first.lines.stage)
    return " ".join(filter(None, (keyword, where)))


def _subject_path(location: Location) -> str:
    path = location.paths[0].path if location.files == 1 and location.paths else location.directory
    return shortened(re.sub(r"\s", "_", path_text(path)), _SUBJECT)


def _excuse(result: Result) -> str:
    if result.outcome is Ended.SKIPPED:
        return printable(masked(result.reason))
    waiver = result.waiver
    if waiver is None or result.outcome is not Ended.WAIVED:
        return ""
    return printable(f"{waiver.owner}, until {waiver.expires.isoformat()}: {waiver.reason}")
