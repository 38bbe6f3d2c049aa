"""The commands of a RUN in the shell form, as far as they can be told without a shell.

Only what is simple is read: words, quotes, variables with known values, lists and pipes, redirections,
command substitutions. Loops, conditions, functions and the like give nothing at all, and then the RUN is
taken to read and write anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["Command", "read_commands", "variables_in"]

_VARIABLE = re.compile(r"\$(?:(?P<plain>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)\})")
_ANY_VARIABLE = re.compile(r"\$\{?[#!]?([A-Za-z_][A-Za-z0-9_]*)")
_OPERATOR = re.compile(r"&&|\|\||;;|;|\|&|\||&(?!>)|\n")
_REDIRECT = re.compile(r"(?:[0-9]+|&)?(?:>>|>\||>|<)(?:&[0-9-])?")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_COMPLEX = frozenset(
    {
        *("if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac"),
        *("function", "select", "{", "}", "!", "[[", "time", "coproc"),
    }
)
_GLOB = frozenset("*?[")
_MAX_CHARACTERS = 64 << 10
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command. Words are without quotes; `expand.UNKNOWN` stands for what is not known in them."""

    words: tuple[str, ...]
    globs: frozenset[int] = frozenset()
    """Indices of words in which unquoted `*`, `?` or `[` stand."""
    assignments: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()
    """Files of `<`."""
    outputs: tuple[str, ...] = ()
    """Files of `>` and `>>`."""
    piped: bool = False
    """Whether it reads what the command before it prints."""


class _Complex(Exception):  # no error: there is no simple reading
    """Something that is not read here."""


def read_commands(text: str, values: Mapping[str, str]) -> tuple[Command, ...] | None:
    """The simple commands of a shell text in order, with variables replaced by `values`; None where it has
    more than those."""
    if len(text) > _MAX_CHARACTERS:
        return None
    try:
        return tuple(_Reader(text, dict(values)).read())
    except _Complex:
        return None


def variables_in(text: str) -> frozenset[str]:
    """Every name that stands behind a dollar, wherever that is."""
    return frozenset(_ANY_VARIABLE.findall(text))


@dataclass(slots=True)
class _Pending:
    """A command while it is read."""

    words: list[str] = field(default_factory=list)
    globs: set[int] = field(default_factory=set)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    redirect: str = ""
    piped: bool = False


@dataclass(slots=True)
class _Reader:
    """One pass over one text."""

    text: str
    values: dict[str, str]
    depth: int = 0
    at: int = 0
    found: list[Command] = field(default_factory=list)

    def read(self) -> list[Command]:
        pending = _Pending()
        while self.at < len(self.text):
            character = self.text[self.at]
            operator = _OPERATOR.match(self.text, self.at)
            if operator:
                self.at = operator.end()
                self.finish(pending)
                pending = _Pending(piped=operator[0].startswith("|") and operator[0] != "||")
            elif character in " \t\r":
                self.at += 1
            elif character == "#":
                self.at = self.text.find("\n", self.at)
                if self.at < 0:
                    break
            elif character in "()":
                raise _Complex
            elif redirect := _REDIRECT.match(self.text, self.at):
                self.redirected(redirect, pending)
            else:
                word, glob = self.word()
                self.add(word, glob, pending)
        self.finish(pending)
        return self.found

    def redirected(self, redirect: re.Match[str], pending: _Pending) -> None:
        if self.text.startswith(("<<", "<("), redirect.end() - 1) or self.text.startswith(
            "(", redirect.end()
        ):
            raise _Complex
        self.at = redirect.end()
        if "&" not in redirect[0][1:]:
            pending.redirect = "<" if redirect[0].endswith("<") else ">"

    def add(self, word: str, glob: bool, pending: _Pending) -> None:
        if pending.redirect:
            (pending.inputs if pending.redirect == "<" else pending.outputs).append(word)
            pending.redirect = ""
            return
        if not pending.words and word in _COMPLEX:
            raise _Complex
        if glob:
            pending.globs.add(len(pending.words))
        pending.words.append(word)

    def finish(self, pending: _Pending) -> None:
        """Take assignments off, and keep the command."""
        if pending.redirect:
            raise _Complex
        assignments = []
        words = pending.words
        while words and (found := _ASSIGNMENT.fullmatch(words[0])):
            assignments.append((found[1], found[2]))
            words = words[1:]
        removed = len(pending.words) - len(words)
        if words and words[0] == "export":
            for word in words[1:]:
                exported = _ASSIGNMENT.fullmatch(word)
                if exported:
                    assignments.append((exported[1], exported[2]))
        if not words or words[0] == "export":
            self.values.update(assignments)
        if words or assignments or pending.outputs or pending.inputs:
            globs = frozenset(index - removed for index in pending.globs)
            self.found.append(
                Command(
                    tuple(words),
                    globs,
                    tuple(assignments),
                    tuple(pending.inputs),
                    tuple(pending.outputs),
                    pending.piped,
                )
            )

    def word(self) -> tuple[str, bool]:
        """The next word without its quotes, and whether it is a glob."""
        out: list[str] = []
        glob = False
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\r\n;&|<>()":
                break
            if character == "'":
                end = self.text.find("'", self.at + 1)
                if end < 0:
                    raise _Complex
                out.append(self.text[self.at + 1 : end])
                self.at = end + 1
            elif character == '"':
                self.at += 1
                out.append(self.quoted())
            elif character == "\\":
                out.append(self.text[self.at + 1 : self.at + 2])
                self.at += 2
            elif character in "$`":
                out.append(self.substituted())
            else:
                glob = glob or character in _GLOB
                out.append(character)
                self.at += 1
        return "".join(out), glob

    def quoted(self) -> str:
        """What stands in double quotes, the first of which was read."""
        out: list[str] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == '"':
                self.at += 1
                return "".join(out)
            if character == "\\":
                escaped = self.text[self.at + 1 : self.at + 2]
                out.append(escaped if escaped in '"\\$`' else "\\" + escaped)
                self.at += 2
            elif character in "$`":
                out.append(self.substituted())
            else:
                out.append(character)
                self.at += 1
        raise _Complex

    def substituted(self) -> str:
        """The value of a variable; of a command, whose own commands are read as well, nobody knows it."""
        variable = _VARIABLE.match(self.text, self.at)
        if variable:
            self.at = variable.end()
            return self.values.get(variable["plain"] or variable["braced"], UNKNOWN)
        if self.text.startswith("$(", self.at) and not self.text.startswith("$((", self.at):
            inner = self.inside()
            self.nested(inner)
            return UNKNOWN
        if self.text[self.at] == "`":
            end = self.text.find("`", self.at + 1)
            if end < 0:
                raise _Complex
            self.nested(self.text[self.at + 1 : end])
            self.at = end + 1
            return UNKNOWN
        if self.text[self.at + 1 : self.at + 2] in ("", " ", '"', "'"):
            self.at += 1
            return "$"
        if self.text[self.at + 1] in "?$#!@*0123456789":
            self.at += 2
            return UNKNOWN
        if self.text.startswith("${", self.at):
            end = self.text.find("}", self.at)
            if end < 0 or "$" in self.text[self.at + 2 : end] or "`" in self.text[self.at : end]:
                raise _Complex
            self.at = end + 1
            return UNKNOWN
        raise _Complex

    def nested(self, text: str) -> None:
        if self.depth >= _MAX_DEPTH:
            raise _Complex
        self.found += _Reader(text, self.values, self.depth + 1).read()

    def inside(self) -> str:
        """The text between `$(` and its `)`."""
        start = self.at + 2
        depth, at, quote = 1, start, ""
        while at < len(self.text):
            character = self.text[at]
            if quote:
                quote = "" if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character in "()":
                depth += 1 if character == "(" else -1
                if not depth:
                    self.at = at + 1
                    return self.text[start:at]
            at += 1
        raise _Complex
