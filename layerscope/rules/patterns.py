"""Globs of paths, matched against all files of a changeset in one pass.

`*` stands for anything within one component, `**` for any number of components, none included. A glob is
relative to the root: `var/cache/apt/archives/*.deb`, `**/.git/**`, `**/*.pyc`, `home/*/.cache/pip/**`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from layerscope.image.changeset import Changeset

__all__ = ["PathPatterns"]

Key = TypeVar("Key", bound=Hashable)


class PathPatterns(Generic[Key]):
    """Globs, each under a key; several globs may have one key."""

    def __init__(self, patterns: Mapping[Key, tuple[str, ...]]) -> None:
        self._expressions = [
            (key, re.compile("|".join(map(_expression, globs)).encode(), re.DOTALL))
            for key, globs in patterns.items()
        ]

    def match(self, changeset: Changeset) -> Iterator[tuple[int, list[Key]]]:
        """Entries that are files with content and match, in archive order, with the keys they match."""
        for index, size in enumerate(changeset.sizes):
            if size:
                path = changeset.path(index)
                keys = [key for key, expression in self._expressions if expression.fullmatch(path)]
                if keys:
                    yield index, keys


def _expression(glob: str) -> str:
    text = re.escape(glob).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return f"(?:{text})"
