"""`.dockerignore`: which paths of a context a builder never sees, as moby's pattern matcher decides it.

Paths are text, relative to the context, with `/`; bytes that are no UTF-8 are lone surrogates (PEP 383), as
in Dockerfiles.

A pattern is Go's `filepath.Match` with `**` for any number of directories. It matches a path or a directory
above it; the last pattern that matches wins; `!` takes a path back in.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from enum import StrEnum

from layerscope.dockerfile.blanks import WHITE
from layerscope.dockerfile.builders import Builder
from layerscope.errors import DockerfileError

__all__ = [
    "NOTHING_IGNORED",
    "IgnorePattern",
    "IgnoreRules",
    "Inheritance",
    "ignore_file_names",
    "read_ignore_rules",
]

_ESCAPED = frozenset(".+()|{}$")
_WILD = re.compile(r"[*\[\]?^\\]")
_CLASS = re.compile(r"\[\^?(?:\\?[^\]])+\]", re.DOTALL)


class Inheritance(StrEnum):
    """Which directories above a path a pattern is held against, where it does not match the path itself."""

    ALL = "all"  #: every one: moby and BuildKit since 2021 (Docker 23)
    SAME_DEPTH = "same depth"  #: the one with as many names as the pattern: before, and buildah


@dataclass(frozen=True, slots=True)
class IgnorePattern:
    """One line of an ignore file."""

    text: str
    """Cleaned, without its `!`."""
    line: int
    """Counted from 1."""
    takes_back: bool
    """`!pattern`."""
    compiled: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The patterns of one file, in order."""

    patterns: tuple[IgnorePattern, ...] = ()
    inheritance: Inheritance = Inheritance.ALL
    _known: dict[str, tuple[bool, frozenset[int]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def ignores(self, path: str) -> bool:
        """Whether a builder leaves `path` out.

        A directory that is ignored may still hold paths that a later `!pattern` takes back in, if such a
        pattern begins with the name of the directory: builders do not look into the others.
        """
        at = path.find("/")
        while at > 0:
            if self.prunes(path[:at]):
                return True
            at = path.find("/", at + 1)
        return self._matched(path)[0]

    def prunes(self, directory: str) -> bool:
        """Whether builders do not even look into a directory.

        BuildKit since 2021 looks into every one as soon as any `!pattern` has wildcards in front of its end.
        The classic builder does not, but is not told apart here.
        """
        if not self._matched(directory)[0]:
            return False
        back = [_without_last_glob(pattern.text) for pattern in self.patterns if pattern.takes_back]
        if self.inheritance is Inheritance.ALL and any(_WILD.search(text) for text in back):
            return False
        return not any(f"{text}/".startswith(f"{directory}/") for text in back)

    def _matched(self, path: str) -> tuple[bool, frozenset[int]]:
        """Whether a path is ignored, and the patterns that match it or a directory above it.

        A pattern that could not change the answer is not asked, here or below: so moby does it, and the order
        of the patterns counts for that.
        """
        if path in ("", "."):
            return False, frozenset()
        known = self._known.get(path)
        if known is not None:
            return known
        above = self._above(path)
        matching: list[int] = []
        ignored = False
        for number, pattern in enumerate(self.patterns):
            asked = pattern.takes_back == ignored
            if number in above or (asked and self._matches(pattern, path)):
                matching.append(number)
                ignored = not pattern.takes_back
        self._known[path] = found = (ignored, frozenset(matching))
        return found

    def _above(self, path: str) -> frozenset[int]:
        if self.inheritance is Inheritance.SAME_DEPTH:
            return frozenset()
        return self._matched(posixpath.dirname(path))[1]

    def _matches(self, pattern: IgnorePattern, path: str) -> bool:
        if pattern.compiled.fullmatch(path):
            return True
        if self.inheritance is Inheritance.ALL:
            return False
        depth = pattern.text.count("/") + 1
        names = path.split("/")
        return depth < len(names) and pattern.compiled.fullmatch("/".join(names[:depth])) is not None


NOTHING_IGNORED = IgnoreRules()
"""The rules where there is no ignore file."""


def ignore_file_names(builder: Builder, dockerfile: str) -> tuple[str, ...]:
    """Where a builder looks for ignore rules: the first of these paths that exists counts.

    `dockerfile` is the path of the Dockerfile relative to the context; so are the results.
    """
    own = f"{dockerfile}.dockerignore"
    if builder is Builder.CLASSIC:
        return (".dockerignore",)
    if builder is Builder.BUILDAH:
        return (f"{dockerfile}.containerignore", own, ".containerignore", ".dockerignore")
    return (own, ".dockerignore")


def read_ignore_rules(text: bytes, name: str, inheritance: Inheritance = Inheritance.ALL) -> IgnoreRules:
    """Parse an ignore file that the user calls `name`; `inheritance` is that of the builder.

    Raises DockerfileError, with line and column, for a pattern that builders refuse.
    """
    patterns: list[IgnorePattern] = []
    lines = text.decode("utf-8", "surrogateescape").removeprefix("\ufeff").split("\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            continue
        pattern = line.strip(WHITE)
        if not pattern:
            continue
        takes_back = pattern.startswith("!")
        cleaned = _clean(pattern[1:].strip(WHITE) if takes_back else pattern)
        if not cleaned:
            raise DockerfileError(f"{name}:{number}:1: a ! without a pattern")
        compiled = _compiled(cleaned)
        if compiled is None:
            raise DockerfileError(f"{name}:{number}:1: the pattern breaks its form")
        patterns.append(IgnorePattern(cleaned, number, takes_back, compiled))
    return IgnoreRules(tuple(patterns), inheritance)


def _without_last_glob(pattern: str) -> str:
    return pattern.removesuffix("/**").removesuffix("/*")


def _clean(pattern: str) -> str:
    """A pattern without `.`, `..`, doubled and outer slashes; empty if nothing is left of it."""
    if not pattern:
        return ""
    cleaned = posixpath.normpath(pattern)
    cleaned = "/" + cleaned.lstrip("/") if cleaned.startswith("/") else cleaned
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned


def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The regular expression of a pattern; None if it is no pattern."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*" and pattern.startswith("*", at):
            at += 1
            at += pattern.startswith("/", at)
            part = ".*" if at == len(pattern) else "(?:.*/)?"
            if not parts or parts[-1] != part:  # again it would match nothing else, and take ages
                parts.append(part)
        elif character == "*":
            parts.append("[^/]*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "[":
            found = _CLASS.match(pattern, at - 1)
            if found is None:
                return None
            parts.append(_class(found[0]))
            at = found.end()
        elif character == "\\":
            if at == len(pattern):
                return None
            parts.append(re.escape(pattern[at]))
            at += 1
        else:
            parts.append(f"\\{character}" if character in _ESCAPED else character)
    try:
        return re.compile("".join(parts))
    except re.error:
        return None


def _class(text: str) -> str:
    """A class of characters as Python writes it: `[` and doubled signs mean something else there."""
    return text[0] + re.sub(r"(?<!\\)([\[&|~])", r"\\\1", text[1:])
