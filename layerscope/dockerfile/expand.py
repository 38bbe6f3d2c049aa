"""Variables and quotes in the arguments of instructions, as the builder (not a shell) treats them.

`$name`, `${name}`, `${name:-word}` and its kin `-`, `:+`, `+`, `:?`, `?`, the patterns `#`, `##`, `%`, `%%`,
`/`, `//`; single and double quotes; the escape character.

A variable may have a value that nobody knows here (a build argument that the user did not repeat): `UNKNOWN`,
one character that no Dockerfile and no history can hold, stands for it in the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerscope.dockerfile.blanks import is_blank
from layerscope.dockerfile.substitution_patterns import (
    ExpansionError,
    PatternAllowance,
    replaced,
    without_prefix,
    without_suffix,
)

__all__ = ["MAX_EXPANDED", "UNKNOWN", "Allowance", "Expansion", "ExpansionError", "expand"]

UNKNOWN = "\udc00"
"""Stands for text that is not known. PEP 383 makes surrogates from U+DC80 on, and JSON has none."""

MAX_EXPANDED = 1 << 17
"""Longest result in characters; what would be longer is `UNKNOWN`. Linux takes 128 KiB in one argument, and
thirty lines of `ENV A=$A$A` would be gigabytes."""

_MAX_DEPTH = 50
"""`${a:-${b:-…}}`: how deep. Deeper ones are not expanded, as Python's stack has an end."""

_SPECIAL = frozenset("@*#?-$!0")


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a text became: in one, and, where asked for, cut at the blanks that no quotes protect."""

    text: str
    words: tuple[str, ...]


@dataclass(slots=True)
class Allowance:
    """What all expansions of one Dockerfile may give and cost; once it is spent, what has a variable is
    `UNKNOWN`. Else a line of a hundred bytes, repeated, would take gigabytes and hours."""

    characters: int = 8_000_000
    patterns: PatternAllowance = field(default_factory=PatternAllowance)


@dataclass(slots=True)
class _Words:
    """Cuts a result into words while it is made."""

    word: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add characters that may separate words."""
        for character in text:
            if not is_blank(character):
                self.word.append(character)
            elif self.word:
                self.end()

    def add_quoted(self, text: str) -> None:
        """Add characters that belong to a word, whatever they are."""
        if text:
            self.word.append(text)

    def end(self) -> None:
        """End a word."""
        if self.word:
            self.words.append("".join(self.word))
            self.word.clear()


def expand(
    text: str,
    values: Mapping[str, str],
    *,
    allowance: Allowance | None = None,
    escape: str = "\\",
    keep_quotes: bool = False,
    keep_escapes: bool = False,
    keep_unset: bool = False,
    split: bool = False,
) -> Expansion:
    """Expand `text` with `values`. Raises ExpansionError where the builder would refuse it.

    Texts of one file share an `allowance`; a text without one has its own.

    With `split` the result has its words, too. `keep_quotes` and `keep_escapes` leave these characters in the
    result, `keep_unset` a variable that has no value (else it is empty).
    """
    allowance = allowance or Allowance()
    has_variables = "$" in text
    if has_variables and allowance.characters < 0:
        return Expansion(UNKNOWN, (UNKNOWN,))
    expander = _Expander(text, values, allowance.patterns, escape, keep_quotes, keep_escapes, keep_unset)
    words = _Words() if split else _NoWords()
    result = expander.until("", keep_escapes, words, 0)
    words.end()
    if has_variables:
        allowance.characters -= len(result)
    if len(result) > MAX_EXPANDED:
        return Expansion(UNKNOWN, (UNKNOWN,))
    return Expansion(result, tuple(words.words))


class _NoWords(_Words):
    """Where nobody asks for words: cutting takes longer than all the rest."""

    __slots__ = ()

    def add(self, text: str) -> None:
        """Do nothing."""

    def add_quoted(self, text: str) -> None:
        """Do nothing."""


@dataclass(slots=True)
class _Expander:
    """One pass over one text."""

    text: str
    values: Mapping[str, str]
    patterns: PatternAllowance
    escape: str
    keep_quotes: bool
    keep_escapes: bool
    keep_unset: bool
    at: int = 0
    produced: int = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        character = self.text[self.at : self.at + 1]
        self.at += 1
        return character

    def until(self, stop: str, keep_escapes: bool, words: _Words, depth: int) -> str:
        """Expand up to `stop`, which is taken, or to the end if it is empty."""
        if depth > _MAX_DEPTH:
            raise ExpansionError("variables too deep inside each other")
        outer, self.keep_escapes = self.keep_escapes, keep_escapes
        result: list[str] = []
        while character := self.peek():
            if stop and character == stop:
                self.at += 1
                self.keep_escapes = outer
                return "".join(result)
            if character == "$":
                value = self.dollar(depth)
                words.add(value)
            elif character in "'\"":
                value = self.single() if character == "'" else self.double(depth)
                words.add_quoted(value)
            else:
                self.at += 1
                value = character
                if character == self.escape:
                    value = (character if self.keep_escapes else "") + self.next()
                    words.add_quoted(value)
                else:
                    words.add(value)
            result.append(value)
        if stop:
            raise ExpansionError(f"no {stop} to end it")
        return "".join(result)

    def single(self) -> str:
        """What stands in single quotes, as it is."""
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ExpansionError("a single quote without another")
        start, self.at = self.at, end + 1
        return self.text[start : end + 1] if self.keep_quotes else self.text[start + 1 : end]

    def double(self, depth: int) -> str:
        """What stands in double quotes: variables count; quote, dollar and escape can be escaped."""
        quote = '"' if self.keep_quotes else ""
        result = [quote]
        self.at += 1
        while character := self.peek():
            if character == '"':
                self.at += 1
                result.append(quote)
                return "".join(result)
            if character == "$":
                result.append(self.dollar(depth))
                continue
            self.at += 1
            if character == self.escape:
                if self.keep_escapes:
                    result.append(character)
                if not self.peek():
                    continue
                if self.peek() in ('"', "$", self.escape):
                    character = self.next()
            result.append(character)
        raise ExpansionError("a double quote without another")

    def dollar(self, depth: int) -> str:
        """What begins with a dollar."""
        value = self.variable(depth)
        self.produced += len(value)
        return value if self.produced <= MAX_EXPANDED else UNKNOWN

    def variable(self, depth: int) -> str:
        start = self.at
        self.at += 1
        if self.peek() != "{":
            name = self.name()
            if not name:
                return "$"
            return self.values.get(name, f"${name}" if self.keep_unset else "")
        self.at += 1
        if not self.peek() or self.peek() in "{}:":
            raise ExpansionError("bad substitution")
        name = self.name()
        operator = self.next()
        value = self.values.get(name)
        if operator == "}":
            if value is None:
                return self.text[start : self.at] if self.keep_unset else ""
            return value
        if operator == "/":
            return self.replacing(name, value, depth)
        empty_is_unset = operator == ":"
        if empty_is_unset:
            operator = self.next()
        if not operator or operator not in "+-?#%":
            raise ExpansionError("unsupported modifier in a substitution")
        word = self.until("}", operator in "#%", _NoWords(), depth + 1)
        if self.keep_unset and value is None:
            return f"${{{name}{':' if empty_is_unset else ''}{operator}{word}}}"
        if value is not None and UNKNOWN in value:
            return UNKNOWN
        if operator in "#%":
            return self.cut(value or "", operator, word)
        return _modified(value, operator, word, empty_is_unset)

    def cut(self, value: str, operator: str, word: str) -> str:
        """`${name#pattern}` and its kin."""
        greedy = word.startswith(operator)
        pattern = word[greedy:]
        if UNKNOWN in pattern:
            return UNKNOWN
        without = without_prefix if operator == "#" else without_suffix
        result = without(value, pattern, self.patterns, greedy=greedy)
        return UNKNOWN if result is None else result

    def replacing(self, name: str, value: str | None, depth: int) -> str:
        """`${name/pattern/word}` and `${name//pattern/word}`."""
        everywhere = self.peek() == "/"
        self.at += everywhere
        pattern = self.until("/", True, _NoWords(), depth + 1)
        word = self.until("}", True, _NoWords(), depth + 1)
        if value is None:
            return f"${{{name}/{pattern}/{word}}}" if self.keep_unset else ""
        if UNKNOWN in value or UNKNOWN in pattern:
            return UNKNOWN
        result = replaced(value, pattern, word, self.patterns, everywhere=everywhere)
        return UNKNOWN if result is None else result

    def name(self) -> str:
        """A name, a number, or one of the special parameters; empty if there is none."""
        first = self.peek()
        start = self.at
        if first.isdecimal():
            while self.peek().isdecimal():
                self.at += 1
        elif first and first in _SPECIAL:
            self.at += 1
        else:
            while (c := self.peek()) and (c.isalpha() or c.isdecimal() or c == "_"):
                self.at += 1
        return self.text[start : self.at]


def _modified(value: str | None, operator: str, word: str, empty_is_unset: bool) -> str:
    """`${name:-word}`, `${name:+word}` and `${name:?word}`, once name and word are known."""
    missing = value is None or (empty_is_unset and not value)
    if operator == "-":
        return word if missing else value or ""
    if operator == "+":
        return "" if missing else word
    if missing:
        raise ExpansionError(word or "a variable that has to be set is not")
    return value or ""
