"""Globs of single names, of which many are looked for in very many names.

Names never hold a slash. So all names of a layer, with slashes between them, are one text that is searched
for the rarest literal piece of each glob: `.pyc/` for `*.pyc`, `/.env.` for `.env.*`. Only names that hold
such a piece are compared with the globs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["NameGlobs"]

_MOST_KNOWN = 20_000
"""Names that are remembered: most come again, in another directory or another layer."""

_Pieces = tuple[bytes, bytes, int, Sequence[bytes], int]
"""A glob cut at each `*`: its first piece, its last one, the bytes of both, those between, and its number."""


class NameGlobs:
    """Globs of names, each with a number; several globs may have one number."""

    def __init__(self, globs: Iterable[tuple[bytes, int]]) -> None:
        exact: dict[bytes, set[int]] = {}
        self._general: list[tuple[bytes, int]] = []
        always: set[int] = set()
        for glob, key in globs:
            if glob == b"*":
                always.add(key)
            elif b"*" in glob:
                self._general.append((glob, key))
            else:
                exact.setdefault(glob, set()).add(key)
        self._always = tuple(sorted(always))
        self._exact = {name: tuple(sorted(keys | always)) for name, keys in exact.items()}
        self._by_tail: dict[bytes, list[_Pieces]] = {}
        self._others: list[_Pieces] = []
        for glob, key in self._general:
            ends_literally = glob.rindex(b"*") < glob.rfind(b".")
            into = self._by_tail.setdefault(_tail(glob), []) if ends_literally else self._others
            first, *between, last = glob.split(b"*")
            into.append((first, last, len(first) + len(last), between, key))
        self._known: dict[bytes, Sequence[int]] = {}
        self._exact_keys: dict[bytes, Sequence[int]] | None = None
        self._searches: list[re.Pattern[bytes]] | None = None

    def keys(self, name: bytes) -> Sequence[int]:
        """The numbers of the globs that match a name, ascending, each once."""
        if not self._general:
            return self._exact.get(name, self._always)
        keys = self._known.get(name)
        if keys is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            keys = self._known[name] = self._compare(name)
        return keys

    def _compare(self, name: bytes) -> Sequence[int]:
        keys = self._exact.get(name, self._always)
        more: list[int] = []
        for candidates in (self._others, self._by_tail.get(_tail(name), ())):
            for first, last, least, between, key in candidates:
                if (
                    name.endswith(last)
                    and name.startswith(first)
                    and len(name) >= least
                    and (not between or _in_order(between, name, len(first), len(name) - len(last)))
                ):
                    more.append(key)
        return sorted({*more, *keys}) if more else keys

    def among(self, text: bytes) -> dict[bytes, Sequence[int]]:
        """Names that match something but `*` with the numbers of their globs, from a text of names between
        slashes: all that are there, and maybe some that are not.
        """
        if self._exact_keys is None:
            self._exact_keys = {name: self.keys(name) for name in self._exact}
        found = self._exact_keys.copy()
        if not self._general:
            return found
        text = b"/" + text + b"/"
        other = set()
        for search in self._compiled():
            for hit in search.finditer(text):
                inside = hit.start() + (text[hit.start()] == _SLASH)
                name = text[text.rindex(b"/", 0, inside + 1) + 1 : text.index(b"/", inside)]
                if name in found or name in other:
                    continue
                if (keys := self.keys(name)) is self._always:
                    other.add(name)
                else:
                    found[name] = keys
        return found

    def _compiled(self) -> list[re.Pattern[bytes]]:
        """One expression for each first byte: a search for one byte is many times as fast as for several."""
        if self._searches is None:
            by_first: dict[bytes, set[bytes]] = {}
            for glob, _ in self._general:
                piece = _rarest_piece(glob)
                by_first.setdefault(piece[:1], set()).add(piece[1:])
            self._searches = [
                re.compile(re.escape(first) + b"(?:" + b"|".join(map(re.escape, sorted(pieces))) + b")")
                for first, pieces in sorted(by_first.items())
            ]
        return self._searches


_SLASH = ord("/")


def _in_order(pieces: Sequence[bytes], name: bytes, position: int, end: int) -> bool:
    """Whether pieces follow each other in a part of a name, with anything between them."""
    for piece in pieces:
        position = name.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True


def _tail(name: bytes) -> bytes:
    """From the last dot on; empty without a dot."""
    dot = name.rfind(b".")
    return name[dot:] if dot >= 0 else b""


def _rarest_piece(glob: bytes) -> bytes:
    """A piece of `/glob/` without `*`: its end if that says anything, else the longest."""
    pieces = (b"/" + glob + b"/").split(b"*")
    return pieces[-1] if len(pieces[-1]) > 1 else max(pieces, key=lambda piece: (piece != b"/", len(piece)))
