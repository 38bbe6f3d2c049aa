"""Finding the few files of a million whose paths match one of many patterns.

A pattern is a path from the root. `*` stands for one or more characters of one component, `**/` for any
number of directories, none included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

__all__ = ["TAIL_CHARACTERS", "NameGate", "PathPattern"]

TAIL_CHARACTERS = 4
"""A name is first looked up by its last characters: a slice and a set, for each of a million names."""


class PathPattern(Protocol):
    """Something that a path has if it matches."""

    @property
    def pattern(self) -> str:
        """The pattern: see the module's docstring."""
        ...


_P = TypeVar("_P", bound=PathPattern)


class NameGate(Generic[_P]):
    """Finds the first pattern that a path matches; what it offers besides says whether asking is worth it.

    A name is worth it if its tail is one of `tails`, if it begins with a dot, or if its directory is one of
    `directories` or has one of `directory_names`.
    """

    def __init__(self, patterns: Iterable[_P]) -> None:
        """The last component of a pattern is `*`, begins with a dot, or ends in four characters but `*`."""
        by_tail: dict[str, list[_P]] = {}
        dotted: list[_P] = []
        whole: dict[str, _P] = {}
        for pattern in patterns:
            parent, _, base = pattern.pattern.rpartition("/")
            tail = base[-TAIL_CHARACTERS:]
            if base == "*":
                whole[parent] = pattern
            elif base.startswith("."):
                dotted.append(pattern)
            elif "*" in tail:
                raise ValueError(f"{pattern.pattern}: a pattern that no tail finds")
            else:
                by_tail.setdefault(tail, []).append(pattern)
        self.tails = frozenset(tail.encode() for tail in by_tail)
        """Last characters of names."""
        self._by_tail = {tail.encode(): some for tail, some in by_tail.items()}
        self._dotted = dotted
        self._expressions: dict[bytes, re.Pattern[bytes]] = {}
        """Compiled when first needed: all of them take milliseconds."""
        self._directories = {path.encode(): p for path, p in whole.items() if not path.startswith("**/")}
        self._directory_names = {path[3:].encode(): p for path, p in whole.items() if path.startswith("**/")}
        self.directories = frozenset(self._directories)
        """Paths of directories whose files all match."""
        self.directory_names = frozenset(self._directory_names)
        """Names of directories whose files all match, wherever they stand."""

    def match(self, parent: bytes, base: bytes) -> _P | None:
        """The pattern of the file `base` in the directory `parent`, both normalized; None if it has none."""
        tail = b"." if base[:1] == b"." else base[-TAIL_CHARACTERS:]
        patterns = self._dotted if tail == b"." else self._by_tail.get(tail)
        if patterns:
            expression = self._expressions.get(tail) or self._compile(tail, patterns)
            found = expression.fullmatch(parent + b"/" + base if parent else base)
            if found is not None and found.lastindex:
                return patterns[found.lastindex - 1]
        return self._of_directory(parent)

    def _compile(self, tail: bytes, patterns: list[_P]) -> re.Pattern[bytes]:
        """One expression, with a group for each pattern: the last one that matched is the only one."""
        text = "|".join(f"({_expression(pattern.pattern)})" for pattern in patterns)
        compiled = self._expressions[tail] = re.compile(text.encode(), re.DOTALL)
        return compiled

    def _of_directory(self, path: bytes) -> _P | None:
        found = self._directories.get(path)
        return self._directory_names.get(path.rpartition(b"/")[2]) if found is None else found


def _expression(pattern: str) -> str:
    text = re.escape(pattern.removeprefix("**/")).replace(r"\*", "[^/]+")
    return f"(?:.*/)?{text}" if pattern.startswith("**/") else text
