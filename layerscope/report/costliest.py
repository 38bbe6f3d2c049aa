"""The costliest wasted paths, as what a person acts on: a removed directory is one row, not ten thousand.

A directory stands for its files when everything that the layer stored below it met the same fate: written by
the same layer, hidden by the same layer, for the same cause. So `var/lib/apt/lists/` is one row if all of it
was removed, and a file that was replaced in a directory that lives on is a row of its own. Rows never
overlap, and with all rows shown their bytes add up to the wasted bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.ledger import WasteCause, WastedFile
from layerscope.image.changeset import Changeset

__all__ = ["Costly", "costliest"]

_Fate = tuple[WasteCause, int, int]
"""(cause, written_in, hidden_in): what the files of one row have in common."""


_DEPTH = 256


@dataclass(frozen=True, slots=True)
class Costly:
    """One row: a file, or a directory with `files` wasted files below it. An empty path is the root."""

    path: bytes
    bytes: int
    files: int
    is_directory: bool
    cause: WasteCause
    written_in: int
    hidden_in: int


@dataclass(slots=True)
class _Sum:
    """Wasted bytes and files of one fate below one directory."""

    bytes: int = 0
    files: int = 0


def costliest(
    analysis: Analysis, top: int, *, wasted_files: Sequence[WastedFile] | None = None
) -> tuple[Costly, ...]:
    """The `top` rows with most bytes; ties by path, then by the layers.

    `wasted_files` are the ledger's, from a caller that has made the list already.
    """
    if wasted_files is None:
        wasted_files = tuple(analysis.ledger.files())
    below = _below_directories(wasted_files)
    layers = {written_in for _, written_in, _ in below}
    stored = {layer: _stored_below(analysis.layers[layer].reading.changeset) for layer in layers}
    whole = {fate: _whole_directories(sums, stored[fate[1]]) for fate, sums in below.items()}
    directories = (row for fate, sums in below.items() for row in _directory_rows(fate, sums, whole[fate]))
    files = (_file_row(wasted) for wasted in wasted_files if _home(wasted.path) not in whole[_fate(wasted)])
    rows = chain(directories, files)
    return tuple(nsmallest(top, rows, key=lambda row: (-row.bytes, row.path, row.written_in, row.hidden_in)))


def _fate(wasted: WastedFile) -> _Fate:
    return wasted.cause, wasted.written_in, wasted.hidden_in


def _below_directories(files: Iterable[WastedFile]) -> dict[_Fate, dict[bytes, _Sum]]:
    """For each fate: for each directory above a wasted file, up to the root, what is wasted below it."""
    own: dict[_Fate, dict[bytes, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    for wasted in files:
        direct = own[_fate(wasted)][_home(wasted.path)]
        direct.bytes += wasted.size
        direct.files += 1
    below: dict[_Fate, dict[bytes, _Sum]] = {}
    for fate, sums in own.items():
        totals: dict[bytes, _Sum] = defaultdict(_Sum)
        for directory, direct in sums.items():
            for ancestor in _upwards(directory):
                totals[ancestor].bytes += direct.bytes
                totals[ancestor].files += direct.files
        below[fate] = totals
    return below


def _stored_below(changeset: Changeset) -> dict[bytes, int]:
    """Content bytes that a layer stored below each directory."""
    own = [0] * len(changeset.directories)
    for parent, size in zip(changeset.parents, changeset.sizes, strict=True):
        own[parent] += size
    stored: dict[bytes, int] = defaultdict(int)
    for directory, size in zip(changeset.directories, own, strict=True):
        if size:
            for ancestor in _upwards(_shallow(directory)):
                stored[ancestor] += size
    return stored


def _whole_directories(sums: dict[bytes, _Sum], stored: dict[bytes, int]) -> set[bytes]:
    """Directories below which all that the layer stored met this fate, and that belong to a row of several
    files.

    If a directory is whole, so is each one below it that has wasted files: a part cannot waste more than it
    stores. (A path that a layer stores under a symlink has its bytes elsewhere: then nothing is whole.)
    """
    equal = {directory for directory, wasted in sums.items() if wasted.bytes == stored.get(directory)}
    return {directory for directory in equal if sums[_top(directory, equal)].files > 1}


def _top(directory: bytes, members: set[bytes]) -> bytes:
    """The topmost directory above `directory` up to which all are members."""
    while directory and _parent(directory) in members:
        directory = _parent(directory)
    return directory


def _directory_rows(fate: _Fate, sums: dict[bytes, _Sum], whole: set[bytes]) -> Iterable[Costly]:
    """One row for each topmost whole directory, named by the deepest directory that still holds all of it."""
    tops = [path for path in whole if path == b"" or _parent(path) not in whole]
    names = _deepest_equals(sums, whole)
    for top in tops:
        path, wasted = names[top], sums[top]
        yield Costly(path, wasted.bytes, wasted.files, True, *fate)


def _deepest_equals(sums: dict[bytes, _Sum], whole: set[bytes]) -> dict[bytes, bytes]:
    """Each whole directory to the deepest one below it with the same files (itself, if there is none)."""
    deepest: dict[bytes, bytes] = {}
    for path in sorted(whole, key=lambda path: -path.count(b"/") - bool(path)):
        deepest.setdefault(path, path)
        parent = _parent(path)
        if path and parent in whole and sums[parent].files == sums[path].files:
            deepest[parent] = deepest[path]
    return deepest


def _file_row(wasted: WastedFile) -> Costly:
    return Costly(wasted.path, wasted.size, 1, False, wasted.cause, wasted.written_in, wasted.hidden_in)


def _parent(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _home(path: bytes) -> bytes:
    """The directory that a file is counted in."""
    return _shallow(_parent(path))


def _shallow(directory: bytes) -> bytes:
    """`directory` itself, cut at `_DEPTH` components: each has a sum, and a path may have half a million."""
    if directory.count(b"/") < _DEPTH:
        return directory
    return b"/".join(directory.split(b"/", _DEPTH)[:_DEPTH])


def _upwards(directory: bytes) -> Iterable[bytes]:
    """`a/b`, `a` and the root for `a/b`."""
    yield directory
    while directory:
        directory = _parent(directory)
        yield directory
