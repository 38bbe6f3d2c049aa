"""Sets of paths of a root filesystem, as instructions read and write them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["ANYTHING", "NOTHING", "Paths", "ancestors", "followed", "is_within", "resolve"]


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths and everything below them, absolute and normalized; or anything at all.

    A file and a tree are not told apart: two sets meet where a path of one is, or is above, a path of the
    other. That sees more conflicts than there are, never fewer.
    """

    roots: frozenset[str] = frozenset()
    anything: bool = False

    def __or__(self, other: Paths) -> Paths:
        return Paths(self.roots | other.roots, self.anything or other.anything)

    def __bool__(self) -> bool:
        return self.anything or bool(self.roots)

    def meeting(self, other: Paths) -> str:
        """A path that both may touch, the deepest that is named; empty if there is none."""
        if not self or not other:
            return ""
        if self.anything or other.anything:
            named = min(self.roots | other.roots, default="")
            return named or "/"
        for one, two in ((self.roots, other.roots), (other.roots, self.roots)):
            for path in sorted(one) if len(one) < _FEW else one:
                if any(above in two for above in ancestors(path)):
                    return path
        return ""

    def without(self, known: Iterable[str]) -> Paths:
        """The set less these very paths."""
        return Paths(self.roots - frozenset(known), self.anything)


_FEW = 1000
_MOST_LINKS = 40

NOTHING = Paths()
ANYTHING = Paths(anything=True)


def ancestors(path: str) -> Iterator[str]:
    """The path itself, then each directory above it up to `/`."""
    while True:
        yield path
        if path in ("/", ""):
            return
        path = path.rpartition("/")[0] or "/"


def followed(paths: Paths, links: Mapping[str, str]) -> Paths:
    """The same paths, and where they lead through symbolic links (path to target)."""
    if not links or not paths.roots:
        return paths
    return Paths(paths.roots | {_followed(path, links) for path in paths.roots}, paths.anything)


def _followed(path: str, links: Mapping[str, str]) -> str:
    parts = path.strip("/").split("/")[::-1]
    reached = ""
    budget = _MOST_LINKS
    while parts:
        reached = posixpath.normpath(f"{reached}/{parts.pop()}")
        target = links.get(reached)
        if target is not None and budget:
            budget -= 1
            parts += [part for part in target.split("/")[::-1] if part]
            reached = "" if target.startswith("/") else reached.rpartition("/")[0]
    return reached or "/"


def is_within(path: str, directory: str) -> bool:
    """Whether `path` is `directory` or below it."""
    return directory in (path, "/") or path.startswith(directory + "/")


def resolve(word: str, directory: str) -> str:
    """`word` from `directory`, normalized; empty where a part of either is not known."""
    joined = posixpath.join(directory, word)
    if UNKNOWN in joined or not joined.startswith("/"):
        return ""
    return posixpath.normpath(joined).replace("//", "/")
