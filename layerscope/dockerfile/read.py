"""Parsing: from the bytes of a Dockerfile to its tree."""

from __future__ import annotations

import re
from collections.abc import Callable

from layerscope.dockerfile.blanks import BLANKS, WHITE
from layerscope.dockerfile.expand import ExpansionError, expand
from layerscope.dockerfile.lines import Lines, RawInstruction, error_at
from layerscope.dockerfile.syntax import (
    KEYWORDS,
    Dockerfile,
    Flag,
    Heredoc,
    LogicalLine,
    SourceInstruction,
    Span,
    Trivia,
    Word,
)
from layerscope.dockerfile.words import (
    Part,
    WordError,
    find_flags,
    json_strings,
    name_values,
    quoted_words,
    shortened,
    trimmed,
)

__all__ = ["read_dockerfile"]

_HEREDOC = re.compile(r"(\d*)<<(-?)\s*([^<]*)", re.ASCII)
_HEREDOC_KEYWORDS = frozenset({"RUN", "COPY", "ADD"})
_Words = Callable[[str, int, int, str, str], tuple[list[Part], bool]]
_Error = Callable[[int, str], Exception]


def read_dockerfile(text: bytes, name: str) -> Dockerfile:
    """Parse the contents of a Dockerfile that the user calls `name`.

    Raises DockerfileError, with line and column, where a builder's parser would refuse it, and for a keyword
    that no builder knows. Stages are not looked at: `stages.read_stages` does that. Takes time linear in the
    length of the text.
    """
    decoded = text.decode("utf-8", "surrogateescape")
    lines = Lines(name, decoded)
    pieces = [piece if isinstance(piece, Trivia) else _instruction(lines, piece) for piece in lines.pieces()]
    if not any(isinstance(piece, SourceInstruction) for piece in pieces):
        raise lines.error(max(lines.line, 1), 1, "the file has no instructions")
    return Dockerfile(name=name, text=decoded, escape=lines.escape, pieces=tuple(pieces))


def _instruction(lines: Lines, raw: RawInstruction) -> SourceInstruction:
    """Parse one instruction, and read its heredocs."""
    line = raw.line

    def error(at: int, what: str) -> Exception:
        return error_at(lines.name, lines.text, line.place(at), what)

    start, end = trimmed(line.text, 0, len(line.text))
    parsed = _parsed(line, start, end, lines.escape, error, inside=False)
    documents: list[Heredoc] = []
    for document_name, expands, strips in _heredoc_names(parsed, line.text):
        found = _heredoc(lines, document_name, expands, strips)
        if found is None:
            raise error(start, f"the heredoc {shortened(document_name)} has no end")
        documents.append(found)
    return SourceInstruction(
        keyword=parsed.keyword,
        span=Span(raw.start, lines.place),
        first_line=raw.first_line,
        last_line=lines.line,
        keyword_span=parsed.keyword_span,
        rest=parsed.rest,
        flags=parsed.flags,
        arguments=parsed.arguments,
        arguments_span=parsed.arguments_span,
        words=parsed.words,
        exec_form=parsed.exec_form,
        heredocs=tuple(documents),
        trigger=parsed.trigger,
        comments=raw.comments,
    )


def _parsed(
    line: LogicalLine, start: int, end: int, escape: str, error: _Error, *, inside: bool
) -> SourceInstruction:
    """Parse a part of a logical line as an instruction without heredocs; `inside` ONBUILD, or not."""
    gap = BLANKS.search(line.text, start, end)
    keyword_end = gap.start() if gap else end
    keyword = line.text[start:keyword_end].upper()
    if keyword not in KEYWORDS:
        raise error(start, f"unknown instruction {shortened(line.text[start:keyword_end])}")
    if inside and keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        raise error(start, f"{keyword} cannot be put off by ONBUILD")
    flags, first = find_flags(line.text, gap.end(), end, escape) if gap else ([], end)
    first, last = trimmed(line.text, first, end)
    trigger = None
    words: list[Part] = []
    exec_form = False
    try:
        if keyword != "ONBUILD":
            words, exec_form = _WORDS[keyword](line.text, first, last, escape, keyword)
        elif first < last:
            trigger = _parsed(line, first, last, escape, error, inside=True)
    except WordError as wrong:
        raise error(wrong.at, str(wrong)) from None
    return SourceInstruction(
        keyword=keyword,
        span=line.span(start, end),
        first_line=0,
        last_line=0,
        keyword_span=line.span(start, keyword_end),
        rest=line.text[gap.end() : end] if gap else "",
        flags=tuple(_flag(text, line.span(a, b)) for text, a, b in flags),
        arguments=line.text[first:last],
        arguments_span=line.span(first, last),
        words=tuple(Word(text, line.span(a, b)) for text, a, b in words),
        exec_form=exec_form,
        trigger=trigger,
    )


def _flag(text: str, span: Span) -> Flag:
    name, equals, value = text[2:].partition("=")
    return Flag(name, value if equals else None, span)


def _heredoc_names(parsed: SourceInstruction, line: str) -> list[tuple[str, bool, bool]]:
    """(name, whether variables count, whether tabs are stripped) of every heredoc that the line announces."""
    holder = parsed.trigger or parsed
    if holder.keyword not in _HEREDOC_KEYWORDS or holder.exec_form or "<<" not in line:
        return []
    try:
        words = expand(line, {}, keep_quotes=True, keep_escapes=True, keep_unset=True, split=True).words
    except ExpansionError:
        return []
    names = []
    for word in words:
        found = _HEREDOC.fullmatch(word)
        if found is None or not found[3]:
            continue
        try:
            plain = expand(found[3], {}, keep_unset=True, split=True).words
            quoted = expand(found[3], {}, keep_unset=True, keep_quotes=True, split=True).words
        except ExpansionError:
            continue
        if len(plain) == 1 and len(quoted) == 1:
            names.append((plain[0], _quotes(plain[0]) == _quotes(quoted[0]), found[2] == "-"))
    return names


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


def _heredoc(lines: Lines, name: str, expands: bool, strips: bool) -> Heredoc | None:
    """Read the lines of a heredoc; None if the line that ends it is missing."""
    start = content_end = lines.place
    while line := lines.next_line():
        ending = line.rstrip("\r\n")
        if (ending.lstrip("\t") if strips else ending) == name:
            return Heredoc(name, expands, strips, lines.text[start:content_end], Span(start, lines.place))
        content_end = lines.place
    return None


def _maybe_json(line: str, start: int, end: int, _escape: str, _keyword: str) -> tuple[list[Part], bool]:
    """RUN, CMD, ENTRYPOINT, SHELL: a JSON array, or all of it in one."""
    strings = json_strings(line[start:end], start)
    if strings is not None:
        return [(text, start, end) for text in strings], True
    return [(line[start:end], start, end)] if start < end else [], False


def _maybe_json_list(line: str, start: int, end: int, escape: str, keyword: str) -> tuple[list[Part], bool]:
    """COPY, ADD, VOLUME: a JSON array, or words."""
    strings = json_strings(line[start:end], start)
    if strings is not None:
        return [(text, start, end) for text in strings], True
    return _split(line, start, end, escape, keyword)


def _split(line: str, start: int, end: int, _escape: str, _keyword: str) -> tuple[list[Part], bool]:
    """FROM, EXPOSE: words between blanks; no quotes count."""
    words: list[Part] = []
    at = start
    for gap in BLANKS.finditer(line, start, end):
        words.append((line[at : gap.start()], at, gap.start()))
        at = gap.end()
    if start < end:
        words.append((line[at:end], at, end))
    return words, False


def _whole(line: str, start: int, end: int, _escape: str, _keyword: str) -> tuple[list[Part], bool]:
    """USER, WORKDIR, STOPSIGNAL, MAINTAINER: all of it in one."""
    return [(line[start:end], start, end)] if start < end else [], False


def _pairs(line: str, start: int, end: int, escape: str, keyword: str) -> tuple[list[Part], bool]:
    """ENV, LABEL: names and values in turns."""
    return name_values(line, start, end, escape, keyword), False


def _names(line: str, start: int, end: int, escape: str, _keyword: str) -> tuple[list[Part], bool]:
    """ARG: NAME or NAME=value."""
    return quoted_words(line, start, end, escape), False


def _health(line: str, start: int, end: int, escape: str, keyword: str) -> tuple[list[Part], bool]:
    """HEALTHCHECK: NONE, or CMD with what CMD takes."""
    at = start
    while at < end and line[at] not in WHITE:
        at += 1
    if at == start:
        return [], False
    rest, _ = trimmed(line, at, end)
    words, exec_form = _maybe_json(line, rest, end, escape, keyword)
    return [(line[start:at], start, at), *words], exec_form


_WORDS: dict[str, _Words] = {
    **dict.fromkeys(("RUN", "CMD", "ENTRYPOINT", "SHELL"), _maybe_json),
    **dict.fromkeys(("COPY", "ADD", "VOLUME"), _maybe_json_list),
    **dict.fromkeys(("FROM", "EXPOSE"), _split),
    **dict.fromkeys(("USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"), _whole),
    **dict.fromkeys(("ENV", "LABEL"), _pairs),
    "ARG": _names,
    "HEALTHCHECK": _health,
}
