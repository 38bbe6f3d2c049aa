"""From characters to lines: parser directives, comments, and physical lines joined to logical ones.

The rules are those of BuildKit's parser, which the classic builder and buildah share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerscope.dockerfile.blanks import WHITE
from layerscope.dockerfile.syntax import LogicalLine, Span, Trivia, TriviaKind
from layerscope.errors import DockerfileError

__all__ = ["MAX_LINE_BYTES", "Lines", "RawInstruction", "error_at"]

MAX_LINE_BYTES = 65_535
"""The longest line that builders read, without its end."""

_DIRECTIVE = re.compile(rf"#[{WHITE}]*([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=[\t\f\r ]*(.+)")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class RawInstruction:
    """The lines of one instruction, before anything is known of it; its heredocs follow."""

    line: LogicalLine
    first_line: int
    start: int
    comments: tuple[Span, ...]


def error_at(name: str, text: str, place: int, what: str) -> DockerfileError:
    """The error to raise at an offset into the text of the file `name`."""
    line = text.count("\n", 0, place) + 1
    begins = text.rfind("\n", 0, place) + 1
    if begins == 0 and text.startswith(_BYTE_ORDER_MARK):
        begins = 1
    return DockerfileError(f"{name}:{line}:{max(1, place - begins + 1)}: {what}")


@dataclass(slots=True)
class Lines:
    """Reads a text line by line: `line` is the number of the last one read, `place` where the next begins."""

    name: str
    text: str
    escape: str = "\\"
    place: int = 0
    line: int = 0
    _seen: set[str] = field(default_factory=set)
    _in_directives: bool = True

    def pieces(self) -> Iterator[Trivia | RawInstruction]:
        """Comments, blank lines, directives and instructions, in order.

        Whoever takes an instruction reads its heredocs with `next_line` before going on.
        """
        if self.text.startswith(_BYTE_ORDER_MARK):
            self.place = 1
            yield Trivia(TriviaKind.BYTE_ORDER_MARK, Span(0, 1))
        while self.place < len(self.text):
            start = self.place
            line = self.next_line().rstrip("\r\n")
            content = line.lstrip(WHITE)
            directive = self._directive(content, Span(start, self.place)) if self._in_directives else None
            if directive is not None:
                yield directive
            elif not content:
                yield Trivia(TriviaKind.BLANK, Span(start, self.place))
            elif content.startswith("#"):
                yield Trivia(TriviaKind.COMMENT, Span(start, self.place))
            else:
                yield self._instruction(start, start + len(line) - len(content), content)

    def next_line(self) -> str:
        """The next line with its end; empty behind the last. Raises DockerfileError if it is too long."""
        start = self.place
        if start >= len(self.text):
            return ""
        end = self.text.find("\n", start)
        self.place = len(self.text) if end < 0 else end + 1
        self.line += 1
        line = self.text[start : self.place]
        if len(line) * 4 > MAX_LINE_BYTES:
            size = len(line.removesuffix("\n").encode("utf-8", "surrogateescape"))
            if size > MAX_LINE_BYTES:
                raise self.error(self.line, 1, f"line of {size} bytes; builders read {MAX_LINE_BYTES}")
        return line

    def error(self, line: int, column: int, what: str) -> DockerfileError:
        """The error to raise at a line and a column."""
        return DockerfileError(f"{self.name}:{line}:{column}: {what}")

    def _directive(self, content: str, span: Span) -> Trivia | None:
        """A parser directive; the first line that is none ends their zone."""
        found = _DIRECTIVE.fullmatch(content)
        name = found[1].lower() if found else ""
        if found is None or name not in _DIRECTIVES:
            self._in_directives = False
            return None
        if name in self._seen:
            raise self.error(self.line, 1, f"a second {name} directive")
        self._seen.add(name)
        value = found[2].rstrip("\t\f\r ")
        if name == "escape":
            if value not in ("\\", "`"):
                raise self.error(self.line, 1, "the escape character is neither \\ nor `")
            self.escape = value
        return Trivia(TriviaKind.DIRECTIVE, span, name, value)

    def _instruction(self, start: int, place: int, content: str) -> RawInstruction:
        """Join the lines of an instruction, the first of which was read."""
        first_line = self.line
        texts: list[str] = []
        starts: list[int] = []
        places: list[int] = []
        comments: list[Span] = []
        length = 0
        goes_on = True
        while True:
            content, goes_on = self._without_continuation(content)
            texts.append(content)
            starts.append(length)
            places.append(place)
            length += len(content)
            while goes_on and self.place < len(self.text):
                place = self.place
                content = self.next_line().rstrip("\r\n")
                stripped = content.lstrip(WHITE)
                if stripped.startswith("#"):
                    comments.append(Span(place, self.place))
                elif stripped:
                    break
            else:
                break
        line = LogicalLine("".join(texts), tuple(starts), tuple(places))
        return RawInstruction(line, first_line, start, tuple(comments))

    def _without_continuation(self, content: str) -> tuple[str, bool]:
        """Cut the escape character at the end off; whether there was one. Doubled it is none."""
        stripped = content.rstrip(" \t")
        if stripped.endswith(self.escape) and stripped[-2:-1] != self.escape:
            return stripped[:-1], True
        return content, False
