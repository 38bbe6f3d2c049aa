"""The patterns of `${name#pattern}` and its kin: `*`, `?`, and a backslash before them.

Python's regular expressions could need forever for such patterns; here the work is at most length times
length. It is paid from an allowance, and where that is not enough the answer is None: unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["ExpansionError", "PatternAllowance", "replaced", "without_prefix", "without_suffix"]

_MOST_CELLS = 1_000_000
"""Characters of the value times those of the pattern, for one substitution."""


class ExpansionError(ValueError):
    """The builder would refuse this word; the message says why."""


@dataclass(slots=True)
class PatternAllowance:
    """What the patterns of one file may cost together: a small file can have thousands of costly ones."""

    cells: int = 2_000_000
    """Characters of values times those of patterns that are left."""

    def pays(self, cells: int) -> bool:
        """Take this much; False, and nothing is taken, if that is too much for one pattern or in all."""
        if cells > min(_MOST_CELLS, self.cells):
            return False
        self.cells -= cells
        return True


class _Wild(Enum):
    ONE = "?"
    MANY = "*"


_Token = str | _Wild


def without_prefix(value: str, pattern: str, allowance: PatternAllowance, *, greedy: bool) -> str | None:
    """`value` without the shortest (or the longest) beginning that matches; None if that takes too long."""
    return _cut(value, _tokens(pattern), allowance, greedy)


def without_suffix(value: str, pattern: str, allowance: PatternAllowance, *, greedy: bool) -> str | None:
    """`value` without the shortest (or the longest) end that matches; None if that takes too long."""
    cut = _cut(value[::-1], _tokens(pattern)[::-1], allowance, greedy)
    return None if cut is None else cut[::-1]


def replaced(
    value: str, pattern: str, word: str, allowance: PatternAllowance, *, everywhere: bool
) -> str | None:
    """`value` with the first match (or every match) replaced, the longest from each place on; None if that
    takes too long, or if builders differ."""
    tokens = _tokens(pattern)
    if "$" in word or not allowance.pays(len(value) * len(value) * (len(tokens) + 1)):
        return None
    result: list[str] = []
    at = 0
    while at <= len(value):
        end = _longest(value[at:], tokens)
        if end is None or end == 0:
            if end == 0:
                return None  # what an empty match does differs between versions
            result.append(value[at : at + 1])
            at += 1
            continue
        result.append(word)
        at += end
        if not everywhere:
            break
    return "".join(result) + value[at:]


def _cut(value: str, tokens: list[_Token], allowance: PatternAllowance, greedy: bool) -> str | None:
    if not allowance.pays(len(value) * (len(tokens) + 1)):
        return None
    end = _longest(value, tokens) if greedy else _shortest(value, tokens)
    return value if end is None else value[end:]


def _longest(value: str, tokens: list[_Token]) -> int | None:
    ends = _ends(value, tokens)
    return max(ends) if ends else None


def _shortest(value: str, tokens: list[_Token]) -> int | None:
    ends = _ends(value, tokens)
    return min(ends) if ends else None


def _ends(value: str, tokens: list[_Token]) -> set[int]:
    """Where a match that begins at the start may end."""
    ends = {0}
    for token in tokens:
        if not ends:
            break
        if token is _Wild.MANY:
            ends = set(range(min(ends), len(value) + 1))
        elif token is _Wild.ONE:
            ends = {end + 1 for end in ends if end < len(value)}
        else:
            ends = {end + 1 for end in ends if value[end : end + 1] == token}
    return ends


def _tokens(pattern: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            tokens.append(_Wild.MANY)
        elif character == "?":
            tokens.append(_Wild.ONE)
        elif character == "\\":
            escaped = pattern[at : at + 1]
            if escaped not in ("}", "/"):
                if escaped not in ("*", "?", "\\"):
                    raise ExpansionError("a backslash before what needs none")
                tokens.append(escaped)
                at += 1
        else:
            tokens.append(character)
    return tokens
