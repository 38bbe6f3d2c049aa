"""Edits of a Dockerfile that keep its style: options, commands of lists, whole instructions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from layerscope.advice.suggestions.base import Edit
from layerscope.dockerfile.syntax import Dockerfile, SourceInstruction, Trivia, TriviaKind

__all__ = [
    "appended",
    "applied",
    "newline_of",
    "overlap",
    "raw_arguments",
    "removed",
    "with_option",
    "with_options",
]

_LONG = 100


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits done. Raises ValueError where two of them overlap."""
    out: list[str] = []
    at = 0
    for edit in sorted(edits):
        if edit.start < at:
            raise ValueError("edits overlap")
        out += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join(out) + text[at:]


def overlap(one: Iterable[Edit], two: Iterable[Edit]) -> bool:
    """Whether an edit of one touches one of the other."""
    others = list(two)
    return any(a.start <= b.end and b.start <= a.end for a in one for b in others)


def newline_of(dockerfile: Dockerfile) -> str:
    """How its lines end."""
    return "\r\n" if "\r\n" in dockerfile.text else "\n"


def raw_arguments(dockerfile: Dockerfile, instruction: SourceInstruction) -> str:
    """What follows the flags, as it stands in the file."""
    return dockerfile.text[instruction.arguments_span.start : instruction.arguments_span.end]


def with_option(instruction: SourceInstruction, option: str) -> Edit:
    """Put an option directly behind the keyword."""
    at = instruction.keyword_span.end
    return Edit(at, at, f" {option}")


def with_options(dockerfile: Dockerfile, instruction: SourceInstruction, options: Sequence[str]) -> Edit:
    """Put options behind the keyword, each on a line of its own where one line would be long."""
    line = dockerfile.lines_of(instruction).partition("\n")[0]
    if len(options) == 1 and len(line) + len(options[0]) < _LONG:
        return with_option(instruction, options[0])
    joint = f" \\{newline_of(dockerfile)}    "
    at = instruction.keyword_span.end
    return Edit(at, at, f" {joint.join(options)}{joint[:-1]}")


def removed(dockerfile: Dockerfile, instruction: SourceInstruction) -> Edit:
    """Take an instruction out, with the comment directly above it and the blank lines above that."""
    pieces = dockerfile.pieces
    at = next(index for index, piece in enumerate(pieces) if piece is instruction)
    first = at
    for kind in (TriviaKind.COMMENT, TriviaKind.BLANK):
        while first and isinstance(above := pieces[first - 1], Trivia) and above.kind is kind:
            first -= 1
    return Edit(pieces[first].span.start, instruction.span.end, "")


def appended(dockerfile: Dockerfile, instruction: SourceInstruction, commands: str) -> Edit:
    """Add commands to the list of a RUN, in the way its own are written."""
    raw = raw_arguments(dockerfile, instruction)
    newline = newline_of(dockerfile)
    end = instruction.arguments_span.end
    if "\n" not in raw:
        width = len(dockerfile.lines_of(instruction)) + 4 + len(commands)
        if width <= _LONG and "\n" not in commands:
            return Edit(end, end, f" && {commands}")
        return Edit(end, end, f" \\{newline}    && {commands}")
    last = raw.rpartition("\n")[2]
    indent = last[: len(last) - len(last.lstrip())] or "    "
    if last.lstrip().startswith("&&"):
        return Edit(end, end, f" \\{newline}{indent}&& {commands}")
    return Edit(end, end, f" && \\{newline}{indent}{commands}")
