"""The commands of a RUN as a list of links, with their places in the file's text.

`shell.py` says what commands are; here it is where each of them stands, so that one can be taken out, and
the others stay as they are written. Only plain lists are read: `a && b && c`, `a; b; c`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Link", "joined_lines", "read_chain", "without_link"]

_BREAK = re.compile(r"\\[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
"""A continuation, with the comments and empty lines that builders skip behind it."""
_COMPLEX = re.compile(
    r"(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|function|select|time|coproc|\{|\}|!|\[\[)"
    r"(?=[\s;&|]|$)"
)
_BLANK = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Link:
    """One part of the list: a command, or several with pipes in between."""

    start: int
    """Offset into the raw text."""
    end: int
    text: str
    """On one line."""
    operator: str
    """What stands in front of it: `&&`, `;`, or nothing."""


def joined_lines(raw: str) -> str:
    """Raw lines as the shell gets them: without continuations, and what is skipped behind these."""
    return _BREAK.sub("", raw)


def read_chain(raw: str) -> tuple[Link, ...] | None:
    """The links of a shell text as it stands in the file; None where it is no plain list."""
    places: list[tuple[int, int, str]] = []
    start: int | None = None
    end = at = 0
    operator = ""
    while at < len(raw):
        found = _BREAK.match(raw, at)
        if found:
            at = found.end()
            continue
        if raw[at] in _BLANK:
            at += 1
            continue
        separator = "&&" if raw.startswith("&&", at) else ";" if raw[at] == ";" else ""
        if separator:
            if start is None or raw.startswith(";;", at):
                return None
            places.append((start, end, operator))
            start, operator, at = None, separator, at + len(separator)
            continue
        if start is None:
            if _COMPLEX.match(raw, at):
                return None
            start = at
        stop = _word_end(raw, at)
        if stop is None:
            return None
        at = end = stop
    if start is not None:
        places.append((start, end, operator))
    elif operator != ";":
        return None  # `a &&` is no list, `a;` is one
    return tuple(Link(first, last, joined_lines(raw[first:last]), sign) for first, last, sign in places)


def _word_end(raw: str, at: int) -> int | None:
    """Where a word, a pipe or a redirection ends; None for what makes the text more than a list."""
    character = raw[at]
    if character == "|":
        return None if raw.startswith("||", at) else at + 1
    if character in "(){}#&" or raw.startswith("<<", at):
        return None if not raw.startswith("&>", at) else at + 2
    first = at
    while at < len(raw):
        character = raw[at]
        if _BREAK.match(raw, at):
            return at  # builders join the lines: what follows may belong to the word, but is no operator
        if character in _BLANK or character in ";|" or (character == "&" and raw[at - 1] not in "<>"):
            return at if at > first else at + 1
        if character in "()" or raw.startswith(("<<", ">(", "<("), at):
            return None
        stop = _part_end(raw, at)
        if stop is None:
            return None
        at = stop
    return at


def _part_end(raw: str, at: int) -> int | None:
    """Where a quoted part, a substitution or a single character ends."""
    character = raw[at]
    if character == "\\":
        return at + 2
    if character in "'`":
        end = raw.find(character, at + 1)
        return None if end < 0 else end + 1
    if character == '"':
        at += 1
        while at < len(raw) and raw[at] != '"':
            stop = at + 2 if raw[at] == "\\" else _substitution_end(raw, at)
            if stop is None:
                return None
            at = stop
        return at + 1 if at < len(raw) else None
    return _substitution_end(raw, at)


def _substitution_end(raw: str, at: int) -> int | None:
    """Where `$(…)` or `${…}` ends; the next character for all else."""
    for opening, closing in (("$(", ")"), ("${", "}")):
        if raw.startswith(opening, at):
            end = raw.find(closing, at)
            inside = raw[at + 2 : end] if end >= 0 else "("
            return None if set(inside) & set("()'\"`#{") else end + 1
    return at + 1


def without_link(raw: str, links: tuple[Link, ...], index: int) -> tuple[int, int] | None:
    """The part of the raw text to cut so that one link is gone; None where the list would mean another thing.

    The last one of `a; b` decides whether the RUN fails, and so cannot simply go.
    """
    if len(links) < 2:
        return None
    link = links[index]
    if index == 0:
        return link.start, links[1].start
    last = index == len(links) - 1
    if last and link.operator == ";" and not _stops_at_errors(links[0]):
        return None
    if not last and links[index + 1].operator != link.operator:
        return None
    return links[index - 1].end, link.end if not last else len(raw.rstrip())


def _stops_at_errors(first: Link) -> bool:
    words = first.text.split()
    return len(words) > 1 and words[0] == "set" and words[1].startswith("-") and "e" in words[1]
