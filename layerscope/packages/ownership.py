"""From what packages claim to who owns which inode, each inode once; and to who had a path that is gone.

Who comes first has it: packages in the order given for the files they list, then packages that have whole
directories, the innermost first, for what is left there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from layerscope.packages.base import Claim
from layerscope.rootfs.locate import Locator
from layerscope.rootfs.tree import Directory, Node

__all__ = ["PathOwners", "find_owners"]

_CACHE = b"__pycache__"
_SOURCE = b".py"
_MOST_WORK = 1 << 26
"""Bytes of directories' paths and numbers of names that are looked up: several times what the
largest images have."""
_MOST_EXPANDED = 64
"""Directories that one claim with `*` stands for at most: gems have one for each platform and Ruby."""


Claims = Sequence[Callable[[], Claim]]
"""Claims to be made, who takes first coming first."""


def find_owners(locator: Locator, claims: Claims) -> tuple[dict[int, int], bool]:
    """Inode to the index of the claim that has it, for everything but directories; and whether all claims
    were looked at in full."""
    owners: dict[int, int] = {}
    directories: list[tuple[bytes, ...]] = []
    room = _MOST_WORK
    for index, make in enumerate(claims):
        claim = make()
        directories.append(claim.directories)
        room = _own_files(owners, locator, index, claim, room)
    _own_directories(owners, locator, directories)
    return owners, room > 0 and not locator.exhausted


def _own_files(owners: dict[int, int], locator: Locator, index: int, claim: Claim, room: int) -> int:
    own, base = owners.setdefault, claim.base and claim.base + b"/"
    for relative, names in claim.files:
        directory = relative if relative.startswith(b"/") else base + relative
        room -= len(directory) + len(names)
        if room < 0:
            break
        there = locator.names_in(directory)
        if not there:
            continue
        find = there.get
        for name in names:
            node = find(name)
            if node.__class__ is int:
                own(node, index)
        if claim.compiled and _CACHE in there:
            _own_compiled(owners, index, there[_CACHE], frozenset(names))
    return room


def _own_compiled(owners: dict[int, int], index: int, cache: Node, names: frozenset[bytes]) -> None:
    """Byte code belongs to the package whose module it is of."""
    if not isinstance(cache, Directory):
        return
    for name, node in cache.children.items():
        if isinstance(node, int) and name.partition(b".")[0] + _SOURCE in names:
            owners.setdefault(node, index)


def _own_directories(owners: dict[int, int], locator: Locator, claims: list[tuple[bytes, ...]]) -> None:
    """Below each claimed directory, up to the next claimed one: a package within another keeps its own."""
    root = locator.directory(b"")
    tops: dict[Directory, int] = {}
    for index, patterns in enumerate(claims):
        for pattern in patterns:
            for path in _expand(locator, pattern) if b"/*/" in pattern else (pattern,):
                top = locator.directory(path)
                if top is not None and top is not root:
                    tops.setdefault(top, index)
    own = owners.setdefault
    for top, index in tops.items():
        stack = [top]
        while stack:
            for node in stack.pop().children.values():
                if not isinstance(node, Directory):
                    own(node, index)
                elif node not in tops:
                    stack.append(node)


def _expand(locator: Locator, pattern: bytes) -> list[bytes]:
    """The directories that a path stands for in which components may be `*`."""
    found = [b""]
    for part in pattern.split(b"/"):
        if part != b"*":
            found = [path + b"/" + part for path in found]
            continue
        found = [
            path + b"/" + name
            for path in found
            for name, node in islice(locator.names_in(path).items(), _MOST_EXPANDED)
            if isinstance(node, Directory)
        ][:_MOST_EXPANDED]
    return found


class PathOwners:
    """Finds who owns, or would own, a path, there or not: for files of a package that were replaced or
    removed.

    Made when it is first asked, since most images need it for few paths or none.
    """

    def __init__(
        self, locator: Locator, claims: Claims, indexes: Sequence[int], owners: Mapping[int, int]
    ) -> None:
        """`indexes` are those of the packages that make the claims."""
        self._locator = locator
        self._claims = claims
        self._indexes = indexes
        self._owners = owners
        self._listed: dict[tuple[Directory, bytes], dict[bytes, int]] | None = None
        self._within: dict[tuple[Directory, bytes], int] = {}

    def owner(self, path: bytes) -> int | None:
        """The index of who owns it: of what is at the path now, else of what lists it or has a directory
        above."""
        node = self._locator.node(path)
        if isinstance(node, int) and node in self._owners:
            return self._owners[node]
        if self._listed is None:
            self._listed = self._index()
        directory, _, name = path.rpartition(b"/")
        found = self._listed.get(self._locator.anchor(directory), {}).get(name)
        while found is None and directory:
            found = self._within.get(self._locator.anchor(directory))
            directory = directory.rpartition(b"/")[0]
        return found

    def _index(self) -> dict[tuple[Directory, bytes], dict[bytes, int]]:
        listed: defaultdict[tuple[Directory, bytes], dict[bytes, int]] = defaultdict(dict)
        room = _MOST_WORK
        for index, make in zip(self._indexes, self._claims, strict=True):
            claim = make()
            base = claim.base and claim.base + b"/"
            for relative, names in claim.files:
                directory = relative if relative.startswith(b"/") else base + relative
                room -= len(directory) + len(names)
                if room < 0:
                    break
                group = listed[self._locator.anchor(directory.lstrip(b"/"))]
                for name in names:
                    group.setdefault(name, index)
            for pattern in claim.directories:
                if b"/*/" not in pattern and pattern:
                    self._within.setdefault(self._locator.anchor(pattern), index)
        return dict(listed)
