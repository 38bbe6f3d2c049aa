"""Globs of paths, matched against all files of a changeset in one pass.

`*` stands for anything within one component, `**`, as a whole component, for any number of components, none
included. A glob is relative to the root: `var/cache/apt/archives/*.deb`, `**/.git/**`, `**/*.pyc`,
`home/*/.cache/pip/**`. Everything else in a glob stands for itself.

A million files must cost next to nothing, however many globs there are. So the directories of all globs are
followed at once, as bits of one number, once for each directory; what may stand in any directory is looked
for in all names at once; and single files are looked at only where one of both says that it may match.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import compress
from typing import Generic, TypeVar

from layerscope.image.changeset import Changeset
from layerscope.rules.name_globs import NameGlobs

__all__ = ["PathPatterns"]

Key = TypeVar("Key", bound=Hashable)

_ANYWHERE = (b"**",)
_MOST_KNOWN = 10_000
"""States and components kept from one layer to the next."""
_TABLES_KEPT = 1_000
"""Ordinary images need a few dozen; one that is made to need a million must not get them."""


class PathPatterns(Generic[Key]):
    """Globs, each under a key; several globs may have one key. Raises ValueError for `**` within a name."""

    def __init__(self, patterns: Mapping[Key, tuple[str, ...]]) -> None:
        self._keys = tuple(patterns)
        names: list[tuple[bytes, int]] = []
        self._below: list[tuple[int, int]] = []
        """Number and place of each glob whose name may stand at any depth: 0 for any place, or a bit."""
        inside: dict[tuple[bytes, ...], list[tuple[bytes, int]]] = {}
        bits: dict[tuple[bytes, ...], int] = {}
        for number, globs in enumerate(patterns.values()):
            for glob in globs:
                directory, name = _split(glob.encode())
                if directory == _ANYWHERE and name != b"*":
                    names.append((name, len(self._below)))
                    self._below.append((number, 0))
                    continue
                bit = bits.setdefault(directory, len(bits))
                into = inside.setdefault(directory, [])
                if directory[-1:] == _ANYWHERE and name != b"*":
                    # below a directory with most of the files, which must not be looked at one by one
                    names.append((name, len(self._below)))
                    self._below.append((number, 1 << bit))
                else:
                    into.append((name, number))
        self._anywhere = NameGlobs(names)
        self._walk = _DirectoryWalk(inside)
        self._names = list(inside.values())
        self._looked_into = sum(1 << bit for bit, some in enumerate(self._names) if some)
        self._tables: dict[int, NameGlobs] = {}

    def match(self, changeset: Changeset) -> dict[Key, list[int]]:
        """Entries that are files with content and match, by key (those that match nothing are left out), in
        archive order.
        """
        names, parents, sizes = changeset.names, changeset.parents, changeset.sizes
        found: dict[int, list[int]] = {}
        places = self._walk.places(changeset.directories)
        anywhere = self._anywhere.among(b"/".join(names))
        everything = range(len(names))
        looked_into = [place & self._looked_into for place in places]
        special = (
            list(compress(everything, map(looked_into.__getitem__, parents))) if any(looked_into) else []
        )
        if anywhere:
            special += compress(everything, map(anywhere.__contains__, names))
            special.sort()  # two sorted runs: linear
        last = -1
        for index in special:
            if index == last or not sizes[index]:
                continue
            last = index
            name, place = names[index], places[parents[index]]
            keys = self._at(anywhere.get(name, ()), place)
            if place := place & self._looked_into:
                more = self._table(place).keys(name)
                keys = {*keys, *more} if keys and more else keys or more
            for key in keys:
                found.setdefault(key, []).append(index)
        return {self._keys[key]: found[key] for key in sorted(found)}

    def _at(self, below: Sequence[int], place: int) -> Collection[int]:
        """The numbers of those globs for any depth that match at a place."""
        if len(below) == 1:
            number, bit = self._below[below[0]]
            return (number,) if not bit or bit & place else ()
        return {number for number, bit in map(self._below.__getitem__, below) if not bit or bit & place}

    def _table(self, place: int) -> NameGlobs:
        """What names match in a directory where these of the globs' directories are complete."""
        table = self._tables.get(place)
        if table is None:
            if len(self._tables) >= _TABLES_KEPT:
                self._tables.clear()
            complete = (names for bit, names in enumerate(self._names) if place >> bit & 1)
            table = self._tables[place] = NameGlobs(pair for names in complete for pair in names)
        return table


class _State:
    """How far all globs are at a directory. `place` has bit n set if glob n, as given, is complete there."""

    __slots__ = ("beside", "bits", "place")

    def __init__(self, bits: int, place: int) -> None:
        self.bits = bits
        self.place = place
        self.beside: _State | None = None
        """What comes of a component that no glob names."""


class _DirectoryWalk:
    """Follows the directory parts of all globs through a directory's components at once.

    Each component of each glob is a bit, and after it one that says that all of them were there. A set bit
    is a component that is waited for. One more component of a path moves the bits that it satisfies by one,
    and a `**` waits on, and lets what is behind it wait, too.
    """

    def __init__(self, globs: Iterable[tuple[bytes, ...]]) -> None:
        names: list[tuple[bytes, int]] = []
        self._any = self._loop = start = 0
        self._ends: list[int] = []
        bit = 0
        for parts in globs:
            start |= 1 << bit
            for part in parts:
                if part == b"**":
                    self._loop |= 1 << bit
                elif part == b"*":
                    self._any |= 1 << bit
                else:
                    names.append((part, bit))
                bit += 1
            self._ends.append(bit)
            bit += 1
        self._names = NameGlobs(names)
        self._end_mask = sum(1 << end for end in self._ends)
        self._start = self._state(start | (start & self._loop) << 1)
        self._known: dict[int, _State] = {}
        self._named: dict[bytes, int] = {}
        """Components that globs name to the bits that they satisfy, those for anything included."""

    def places(self, directories: list[bytes]) -> list[int]:
        """The place of each directory, see `_State`."""
        if len(self._known) > _MOST_KNOWN or len(self._named) > _MOST_KNOWN:
            self._known, self._named, self._start.beside = {}, {}, None
        named = self._named
        for name, bits in self._names.among(b"/".join(directories)).items():
            if name not in named:
                named[name] = self._any | sum(1 << bit for bit in bits)
        states = {b"": self._start}
        places = []
        for directory in directories:
            state = states.get(directory)
            if state is None:
                parent, _, name = directory.rpartition(b"/")
                before = states.get(parent)
                if before is None:
                    before = self._follow(parent, states)
                if name in named:
                    state = self._next(before, named[name])
                else:
                    state = before.beside or self._beside(before)
                states[directory] = state
            places.append(state.place)
        return places

    def _follow(self, directory: bytes, states: dict[bytes, _State]) -> _State:
        """The state of a directory that has no entries of its own, and of those above it."""
        missing = []
        while directory not in states:
            directory, _, name = directory.rpartition(b"/")
            missing.append(name)
        state = states[directory]
        for name in reversed(missing):
            state = self._next(state, self._named.get(name, self._any))
            directory = directory + b"/" + name if directory else name
            states[directory] = state
        return state

    def _beside(self, before: _State) -> _State:
        before.beside = self._next(before, self._any)
        return before.beside

    def _next(self, before: _State, satisfied: int) -> _State:
        bits = (before.bits & satisfied) << 1 | before.bits & self._loop
        bits |= (bits & self._loop) << 1
        state = self._known.get(bits)
        if state is None:
            state = self._known[bits] = self._state(bits)
        return state

    def _state(self, bits: int) -> _State:
        complete = bits & self._end_mask
        place = sum(1 << number for number, end in enumerate(self._ends) if complete >> end & 1)
        return _State(bits, place)


def _split(glob: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The directory's components, and the glob of the name: `a/**` is every name in `a/**`."""
    parts: list[bytes] = []
    for part in glob.split(b"/"):
        if b"**" in part and part != b"**":
            raise ValueError(f"{glob.decode()}: ** is a component of its own")
        if part == b"**" and parts and parts[-1] == b"**":
            continue
        parts.append(part)
    if parts[-1] == b"**":
        return tuple(parts), b"*"
    return tuple(parts[:-1]), parts[-1]
