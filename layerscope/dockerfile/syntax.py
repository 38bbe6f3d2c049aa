"""The tree of a Dockerfile: every byte of it in exactly one piece, every part with its place.

A `Dockerfile` is its text cut into pieces. Printing joins the pieces again and gives the same bytes, so a
change of one instruction leaves the others as they are: comments, blanks, line ends, whatever they hold.

The text is the file decoded as UTF-8, with what is no UTF-8 as lone surrogates (PEP 383), so that nothing is
lost. All places are offsets into it, counted in characters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "KEYWORDS",
    "Dockerfile",
    "Flag",
    "Heredoc",
    "LogicalLine",
    "SourceInstruction",
    "Span",
    "Trivia",
    "TriviaKind",
    "Word",
    "print_dockerfile",
    "shown",
]

KEYWORDS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
        *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
"""The instructions that builders know."""


class Span(NamedTuple):
    """A part of the text: its first character and the one behind its last."""

    start: int
    end: int


class TriviaKind(StrEnum):
    """What a piece is that is no instruction."""

    BYTE_ORDER_MARK = "byte order mark"
    DIRECTIVE = "directive"  #: `# syntax=`, `# escape=`, `# check=`, at the top
    COMMENT = "comment"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Trivia:
    """A piece that is no instruction: one line with its end, or the byte order mark."""

    kind: TriviaKind
    span: Span
    name: str = ""
    """Of a directive, in lower case."""
    value: str = ""
    """Of a directive."""


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """Physical lines joined to one: without escape characters at line ends, comments and empty lines.

    `starts[i]` is where the i-th part begins in `text`, `places[i]` where it begins in the file.
    """

    text: str
    starts: tuple[int, ...]
    places: tuple[int, ...]

    def place(self, offset: int) -> int:
        """Where a character of `text` stands in the file."""
        part = bisect_right(self.starts, offset) - 1
        return self.places[part] + offset - self.starts[part]

    def span(self, start: int, end: int) -> Span:
        """Where a part of `text` stands in the file, with the line breaks inside it."""
        if start >= end:
            return Span(self.place(start), self.place(start))
        return Span(self.place(start), self.place(end - 1) + 1)


@dataclass(frozen=True, slots=True)
class Word:
    """One argument as the parser of BuildKit cuts it: quotes are kept, but those of the JSON form are not."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name` or `--name=value` behind the keyword, quotes and escape characters taken away."""

    name: str
    value: str | None
    span: Span

    @property
    def text(self) -> str:
        """`--name` or `--name=value`."""
        return f"--{self.name}" if self.value is None else f"--{self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A document inside RUN, COPY or ADD: `<<name` in the instruction, its lines below."""

    name: str
    expand: bool
    """False where a part of the name is quoted: variables are left alone."""
    strip_tabs: bool
    """`<<-`: the tabs at the beginnings of its lines count for nothing."""
    content: str
    """Its lines as they stand, without the last one, which names it."""
    span: Span
    """Where the lines stand, the last one included."""


@dataclass(frozen=True, slots=True)
class SourceInstruction:
    """One instruction, its lines with their ends, heredocs included."""

    keyword: str
    """In capitals; the instruction below ONBUILD is `trigger`."""
    span: Span
    first_line: int
    """Counted from 1."""
    last_line: int
    keyword_span: Span
    rest: str
    """What follows the keyword, joined to one line: flags and arguments."""
    flags: tuple[Flag, ...]
    arguments: str
    """What follows the flags, joined to one line, no blanks around it."""
    arguments_span: Span
    words: tuple[Word, ...]
    """The arguments one by one. A single word for RUN, CMD and ENTRYPOINT in the shell form, for USER,
    WORKDIR, STOPSIGNAL and MAINTAINER; name and value in turns for ENV and LABEL; NAME or NAME=value for
    ARG."""
    exec_form: bool
    """Whether the arguments are a JSON array of strings."""
    heredocs: tuple[Heredoc, ...] = ()
    trigger: SourceInstruction | None = None
    """What ONBUILD puts off; its spans are those of its part of the line."""
    comments: tuple[Span, ...] = ()
    """Comment lines between its lines."""

    def flag(self, name: str) -> str | None:
        """Value of the last flag of this name, empty if it has none; None if it is not there."""
        values = [flag.value or "" for flag in self.flags if flag.name == name]
        return values[-1] if values else None


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A parsed Dockerfile. `pieces` tile `text`: each begins where the one before it ends."""

    name: str
    """As the user named the file."""
    text: str
    escape: str
    """The escape character: a backslash or a backtick."""
    pieces: tuple[Trivia | SourceInstruction, ...]

    @property
    def instructions(self) -> tuple[SourceInstruction, ...]:
        """The instructions in the order of the file."""
        return tuple(piece for piece in self.pieces if isinstance(piece, SourceInstruction))

    def lines_of(self, instruction: SourceInstruction) -> str:
        """The instruction as it stands in the file, without the end of its last line."""
        start, end = instruction.span
        return self.text[start:end].rstrip("\r\n")


def print_dockerfile(dockerfile: Dockerfile) -> bytes:
    """Give the bytes that `dockerfile` was parsed from."""
    return "".join(_texts(dockerfile)).encode("utf-8", "surrogateescape")


def shown(text: str) -> str:
    """A part of a Dockerfile for an output: what is no UTF-8 becomes U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _texts(dockerfile: Dockerfile) -> Iterator[str]:
    for piece in dockerfile.pieces:
        yield dockerfile.text[piece.span.start : piece.span.end]
