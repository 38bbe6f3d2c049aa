"""Findings of rules as outcomes: what is said of one, where it stands, and by what it is known again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.image.history import DockerfileLines
from layerscope.report.dialects.outcome import Outcome, Place, SourceTree, State
from layerscope.report.finding_words import (
    dockerfile_place,
    finding_title,
    location_instruction,
    location_paths,
    role_text,
)
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable, shortened
from layerscope.report.units import size
from layerscope.rules.finding import Finding, Location, Role

__all__ = ["finding_outcome", "place_of", "subject_of"]

_MOST_LOCATIONS = 6
_INSTRUCTION = 300
"""Characters of an instruction: its beginning and end, of one that is longer than any line."""
_HEADLINE = 400
_SUBJECT_PATH = 200


def finding_outcome(finding: Finding, state: State, tree: SourceTree, fallback: Place) -> Outcome:
    """A finding in one of the states; `fallback` is its place where no line of a Dockerfile is known."""
    places = [place_of(location.lines, tree) for location in finding.locations if location.lines]
    freed = f" ({size(finding.freed_bytes)})" if finding.freed_bytes else ""
    return Outcome(
        rule_id=finding.rule_id,
        rule_name=finding.name,
        state=state,
        severity=finding.severity,
        headline=shortened(finding_title(finding), _HEADLINE) + freed,
        details=tuple(_details(finding)),
        fix=printable(finding.fix.text),
        example="\n".join(printable(line) for line in finding.fix.example.splitlines()),
        freed_bytes=finding.freed_bytes,
        places=tuple(dict.fromkeys(places)) or (fallback,),
        subject=subject_of(finding),
    )


def place_of(lines: DockerfileLines, tree: SourceTree) -> Place:
    """Lines of a Dockerfile, without the secrets that they hold."""
    return Place(tree.path(lines.file), lines.first, lines.last, masked(lines.text))


def _details(finding: Finding) -> Iterator[str]:
    for location in finding.locations[:_MOST_LOCATIONS]:
        place = dockerfile_place(location.lines)
        instruction = shortened(location_instruction(location), _INSTRUCTION)
        yield " ".join(filter(None, (role_text(location), place, instruction)))
        yield from (f"  {path}" for path in location_paths(location))
    more = len(finding.locations) - _MOST_LOCATIONS
    if more > 0:
        yield f"and {more} more layers"


def subject_of(finding: Finding) -> str:
    """Keyword and directory of the foremost place, with the file where it is but one.

    Not the instruction: who adds a package to a `RUN` has the same finding as before, and not a new one.
    """
    if not finding.locations:
        return ""
    first = next((each for each in finding.locations if each.role is not Role.HIDDEN), finding.locations[0])
    keyword = first.instruction.keyword if first.instruction else ""
    return " ".join(filter(None, (keyword, _subject_path(first))))


def _subject_path(location: Location) -> str:
    path = location.paths[0].path if location.files == 1 and location.paths else location.directory
    text = re.sub(r"\s", "_", path_text(path))
    return shortened(text, _SUBJECT_PATH)
