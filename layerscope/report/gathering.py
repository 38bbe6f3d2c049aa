"""Many small rows as few: what is too small for a row of its own is counted in the directory that holds
it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from layerscope.report.costly import Costly, Fate, home, parent

__all__ = ["gathered"]


_BytesAndPath = tuple[int, bytes]


@dataclass(slots=True)
class _Pile:
    """Rows of one fate that are put together: their sums, and the deepest directory that holds them all."""

    directory: bytes
    bytes: int = 0
    files: int = 0
    rows: list[Costly] = field(default_factory=list)
    """The row itself while it is only one, then just the first two, to know that there are more."""
    biggest: _BytesAndPath = (0, b"")

    def add(self, row: Costly) -> None:
        self.bytes += row.bytes
        self.files += row.files
        self.biggest = max(self.biggest, row.biggest)
        if len(self.rows) < 2:
            self.rows.append(row)

    def add_pile(self, below: _Pile) -> None:
        """Take over what is below; the directory stays as deep as it can."""
        if not self.files:
            self.directory = below.directory
        self.bytes += below.bytes
        self.files += below.files
        self.biggest = max(self.biggest, below.biggest)
        self.rows = (self.rows + below.rows)[:2]

    def row(self) -> Costly:
        """One row for all of them."""
        if len(self.rows) == 1:
            return self.rows[0]
        return replace(
            self.rows[0],
            path=self.directory,
            bytes=self.bytes,
            files=self.files,
            is_directory=True,
            is_part=True,
            largest=self.biggest[1],
            largest_bytes=self.biggest[0],
        )


def gathered(rows: Iterable[Costly], least_bytes: int) -> Iterator[Costly]:
    """Rows of at least `least_bytes`, and the others in piles of that size, as deep in the tree as they come.

    Files of different fates never share a pile. A pile climbs no higher than to a directory of the root, and
    there it can be smaller: the root as a row would say nothing. All rows together have the bytes that they
    had before.
    """
    fates: dict[Fate, dict[bytes, _Pile]] = defaultdict(dict)
    for row in rows:
        directory = row.path if row.is_part else home(row.path)
        if not directory or (row.bytes >= least_bytes and not row.is_part):
            yield row
        else:
            fates[row.fate].setdefault(directory, _Pile(directory)).add(row)
    for piles in fates.values():
        yield from _climb(piles, least_bytes)


def _climb(piles: dict[bytes, _Pile], least_bytes: int) -> Iterator[Costly]:
    """Let piles that are too small move up, deepest first."""
    levels: dict[int, set[bytes]] = defaultdict(set)
    for directory in piles:
        levels[_depth(directory)].add(directory)
    for depth in range(max(levels), 0, -1):
        for directory in sorted(levels[depth]):
            pile = piles[directory]
            if pile.bytes >= least_bytes or depth == 1:
                yield pile.row()
                continue
            above = parent(directory)
            levels[depth - 1].add(above)
            if above not in piles:
                piles[above] = _Pile(above)
            elif piles[above].files:
                piles[above].directory = above
            piles[above].add_pile(pile)


def _depth(directory: bytes) -> int:
    return directory.count(b"/") + 1
