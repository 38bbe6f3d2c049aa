"""The costliest wasted paths, as what a person acts on: a removed directory is one row, not ten thousand.

A directory stands for its files when everything that the layer stored below it met the same fate: written by
the same layer, hidden by the same layer, for the same cause. So `var/lib/apt/lists/` is one row if all of it
was removed, and a file that was replaced in a directory that lives on is a row of its own. Where files were
written again one by one, what is to be done is done for each file: one that has a fifth of its directory's
row or more is not put into it. Where the rows asked for would show less than three quarters of the waste,
small ones are put together (`report.gathering`): thirty thousand files replaced all over `usr/lib/` are a
row, too, which says that it is a part. A fifth of all waste in one file is never put together with anything
else in this way. Rows never overlap, none is the root, and with all rows shown their bytes add up to the
wasted bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.ledger import WasteCause, WastedFile
from layerscope.image.changeset import Changeset
from layerscope.report.costly import Costly, Fate, dominates, fate, home, parent, shallow, upwards
from layerscope.report.gathering import gathered

__all__ = ["Costly", "costliest"]


_ONE_BY_ONE = frozenset(
    (WasteCause.OVERWRITTEN, WasteCause.METADATA_ONLY, WasteCause.UNCHANGED, WasteCause.DUPLICATE_ENTRY)
)
"""Causes that meet each file by itself. The others take a directory with all that is in it, or could have."""


@dataclass(slots=True)
class _Sum:
    """Wasted bytes and files of one fate below one directory."""

    bytes: int = 0
    files: int = 0


def costliest(
    analysis: Analysis,
    top: int,
    *,
    wasted_files: Sequence[WastedFile] | None = None,
    fold: bool = True,
) -> tuple[Costly, ...]:
    """The `top` rows with most bytes; ties by path, then by the layers. Without `fold` each file is a row.

    `wasted_files` are the ledger's, in its order, from a caller that has made the list already.
    """
    if wasted_files is None:
        wasted_files = tuple(analysis.ledger.files())
    if not fold:
        return tuple(map(_file_row, wasted_files[:top]))
    exact = _most(_rows(analysis, wasted_files), top)
    total = analysis.ledger.wasted_bytes
    if sum(row.bytes for row in exact) * 4 >= total * 3 or not top:
        return exact
    least_bytes = max(1, min(total // 5, total // (2 * top)))
    return _most(gathered(_rows(analysis, wasted_files), least_bytes), top)


def _most(rows: Iterable[Costly], top: int) -> tuple[Costly, ...]:
    return tuple(nsmallest(top, rows, key=lambda row: (-row.bytes, row.path, row.written_in, row.hidden_in)))


def _file_row(wasted: WastedFile) -> Costly:
    return Costly(wasted.path, wasted.size, 1, False, *fate(wasted))


def _rows(analysis: Analysis, wasted_files: Sequence[WastedFile]) -> Iterator[Costly]:
    """All rows, without putting small ones together, in no order."""
    below = _below_directories(wasted_files)
    layers = {written_in for _, written_in, _ in below}
    stored = {layer: _stored_below(analysis.layers[layer].reading.changeset) for layer in layers}
    folds = {of: _Folds(of, sums, _whole_directories(sums, stored[of[1]])) for of, sums in below.items()}
    for wasted in wasted_files:
        if not folds[fate(wasted)].take(wasted):
            yield _file_row(wasted)
    for rows in folds.values():
        yield from rows.rows()


@dataclass(slots=True)
class _Row:
    """What is in the row of one topmost whole directory."""

    bytes: int
    files: int
    is_part: bool = False
    largest: WastedFile | None = None


class _Folds:
    """The rows of several files of one fate: one for each topmost whole directory."""

    def __init__(self, of: Fate, sums: dict[bytes, _Sum], whole: set[bytes]) -> None:
        self._fate = of
        self._names = _deepest_equals(sums, whole)
        self._tops = {path: _top(path, whole) for path in whole}
        self._rows = {top: _Row(sums[top].bytes, sums[top].files) for top in self._tops.values()}

    def take(self, wasted: WastedFile) -> bool:
        """Whether the file, the next smaller one of this fate, is in one of the rows and not on its own."""
        top = self._tops.get(home(wasted.path))
        if top is None:
            return False
        row = self._rows[top]
        one_by_one = wasted.cause in _ONE_BY_ONE
        if row.largest is None and one_by_one and dominates(wasted.size, row.bytes):
            row.bytes -= wasted.size
            row.files -= 1
            row.is_part = True
            return False
        row.largest = row.largest or wasted
        return True

    def rows(self) -> Iterator[Costly]:
        """One row each, named by the deepest directory that still holds all of it."""
        for top, row in self._rows.items():
            if row.largest is not None:
                yield Costly(
                    self._names[top],
                    row.bytes,
                    row.files,
                    True,
                    *self._fate,
                    is_part=row.is_part,
                    largest=row.largest.path,
                    largest_bytes=row.largest.size,
                )


def _below_directories(files: Iterable[WastedFile]) -> dict[Fate, dict[bytes, _Sum]]:
    """For each fate: for each directory above a wasted file, up to the root, what is wasted below it."""
    own: dict[Fate, dict[bytes, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    for wasted in files:
        direct = own[fate(wasted)][home(wasted.path)]
        direct.bytes += wasted.size
        direct.files += 1
    below: dict[Fate, dict[bytes, _Sum]] = {}
    for of, sums in own.items():
        totals: dict[bytes, _Sum] = defaultdict(_Sum)
        for directory, direct in sums.items():
            for ancestor in upwards(directory):
                totals[ancestor].bytes += direct.bytes
                totals[ancestor].files += direct.files
        below[of] = totals
    return below


def _stored_below(changeset: Changeset) -> dict[bytes, int]:
    """Content bytes that a layer stored below each directory."""
    own = [0] * len(changeset.directories)
    for directory_index, size in zip(changeset.parents, changeset.sizes, strict=True):
        own[directory_index] += size
    stored: dict[bytes, int] = defaultdict(int)
    for directory, size in zip(changeset.directories, own, strict=True):
        if size:
            for ancestor in upwards(shallow(directory)):
                stored[ancestor] += size
    return stored


def _whole_directories(sums: dict[bytes, _Sum], stored: dict[bytes, int]) -> set[bytes]:
    """Directories, but for the root, below which all that the layer stored met this fate, and that belong to
    a row of several files.

    If a directory is whole, so is each one below it that has wasted files: a part cannot waste more than it
    stores. (A path that a layer stores under a symlink has its bytes elsewhere: then nothing is whole.)
    """
    equal = {path for path, wasted in sums.items() if path and wasted.bytes == stored.get(path)}
    return {directory for directory in equal if sums[_top(directory, equal)].files > 1}


def _top(directory: bytes, members: set[bytes]) -> bytes:
    """The topmost directory above `directory` up to which all are members."""
    while directory and parent(directory) in members:
        directory = parent(directory)
    return directory


def _deepest_equals(sums: dict[bytes, _Sum], whole: set[bytes]) -> dict[bytes, bytes]:
    """Each whole directory to the deepest one below it with the same files (itself, if there is none)."""
    deepest: dict[bytes, bytes] = {}
    for path in sorted(whole, key=lambda path: -path.count(b"/")):
        deepest.setdefault(path, path)
        above = parent(path)
        if above in whole and sums[above].files == sums[path].files:
            deepest[above] = deepest[path]
    return deepest
