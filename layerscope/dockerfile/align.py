"""Aligning steps with history entries, so that what is said is certain and nothing shifts.

An alignment keeps the order of both sides and joins what agrees; everything else is left alone, at a price.
Entries below the first joined one cost nothing: they are the base's. Of all alignments the best counts, and
of the best only what **every** alignment as good as it has in common: where two equal RUNs stand in the
Dockerfile and one in the history, it is not known which of them it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

__all__ = ["MAX_CELLS", "MAX_ENTRIES", "MAX_STEPS", "Alignment", "align", "without_strays"]

MAX_CELLS = 400_000
"""Steps times entries: more are not compared, as the time grows with it. Images have at most 127 layers."""

MAX_STEPS = isqrt(MAX_CELLS)
"""Steps that are compared at all: with more there would be no room for as many entries."""

MAX_ENTRIES = 4_000
"""History entries, the newest, that are compared at all."""

_STRAYS = 2
"""How many joined entries at the lower end are too few to be believed where something follows them."""

_SLACK = 8
"""How much worse another alignment may be and still raise doubt, unless the best one leaves nothing out."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which step is which entry."""

    joined: tuple[tuple[int, int], ...]
    """(step, entry) of one best alignment, ascending in both."""
    pairs: tuple[tuple[int, int], ...]
    """Those of them that are certain."""
    whole: bool
    """Whether every step that has to be there was joined, and all entries from the first joined one on."""


def align(
    agreeing: Mapping[tuple[int, int], int], step_gaps: Sequence[int], entry_gaps: Sequence[int]
) -> Alignment:
    """Find the best alignment, and what of it is certain.

    `agreeing` gives the worth of joining a step and an entry, for those that agree; the gaps are the prices
    of leaving a step or an entry out. Time and memory grow with steps times entries.
    """
    forward = _forward(agreeing, step_gaps, entry_gaps)
    backward = _backward(agreeing, step_gaps, entry_gaps)
    best = forward[-1][-1]
    path = _path(forward, agreeing, step_gaps, entry_gaps)
    whole = best == sum(agreeing[pair] for pair in path)
    slack = 0 if whole else _SLACK
    common = _common(forward, backward, agreeing, best - slack)
    pairs = tuple(pair for pair in path if pair in common)
    return Alignment(tuple(path), pairs, whole)


def without_strays(
    alignment: Alignment, agreeing: Mapping[tuple[int, int], int], step_gaps: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """The certain pairs without those at the lower end that may be the base's.

    These are steps that agree with the entry below theirs as well: with two equal steps on three equal
    entries nobody knows which two. And, where something is left out, one or two joined entries above which
    the history has more than the Dockerfile: either instructions were taken out of the Dockerfile, or a new
    one has the text of one of the base's.
    """
    pairs = alignment.pairs
    while pairs and (pairs[0][0], pairs[0][1] - 1) in agreeing:
        pairs = pairs[1:]
    if alignment.whole:
        return pairs
    cut = 0
    for at in range(1, min(_STRAYS + 1, len(pairs))):
        (step, entry), (next_step, next_entry) = pairs[at - 1 : at + 1]
        expected = sum(gap > 0 for gap in step_gaps[step + 1 : next_step])
        if next_entry - entry - 1 > expected:
            cut = at
    return pairs[cut:]


_Table = list[list[int]]


def _forward(
    agreeing: Mapping[tuple[int, int], int], step_gaps: Sequence[int], entry_gaps: Sequence[int]
) -> _Table:
    """`table[i][j]`: the best for the first i steps and the first j entries."""
    row = [0] * (len(entry_gaps) + 1)
    table = [row]
    for i, step_gap in enumerate(step_gaps):
        above = row
        value = above[0] - step_gap
        row = [value]
        for j, entry_gap in enumerate(entry_gaps):
            value = max(value - entry_gap, above[j + 1] - step_gap)
            joined = agreeing.get((i, j))
            if joined is not None:
                value = max(value, above[j] + joined)
            row.append(value)
        table.append(row)
    return table


def _backward(
    agreeing: Mapping[tuple[int, int], int], step_gaps: Sequence[int], entry_gaps: Sequence[int]
) -> _Table:
    """`table[i][j]`: the best for the steps from i on and the entries from j on."""
    steps, entries = len(step_gaps), len(entry_gaps)
    row = [0] * (entries + 1)
    for j in range(entries - 1, -1, -1):
        row[j] = row[j + 1] - (entry_gaps[j] if steps else 0)
    table = [row]
    for i in range(steps - 1, -1, -1):
        below = row
        row = [0] * (entries + 1)
        value = row[entries] = below[entries] - step_gaps[i]
        for j in range(entries - 1, -1, -1):
            value = max(value - (entry_gaps[j] if i else 0), below[j] - step_gaps[i])
            joined = agreeing.get((i, j))
            if joined is not None:
                value = max(value, below[j + 1] + joined)
            row[j] = value
        table.append(row)
    table.reverse()
    return table


def _path(
    forward: _Table,
    agreeing: Mapping[tuple[int, int], int],
    step_gaps: Sequence[int],
    entry_gaps: Sequence[int],
) -> list[tuple[int, int]]:
    """The pairs of one best alignment, ascending; of several the one nearest to the end."""
    pairs: list[tuple[int, int]] = []
    i, j = len(step_gaps), len(entry_gaps)
    while i:
        value = forward[i][j]
        joined = agreeing.get((i - 1, j - 1))
        if joined is not None and j and value == forward[i - 1][j - 1] + joined:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif value == forward[i - 1][j] - step_gaps[i - 1]:
            i -= 1
        else:
            j -= 1
    pairs.reverse()
    return pairs


def _common(
    forward: _Table, backward: _Table, agreeing: Mapping[tuple[int, int], int], enough: int
) -> set[tuple[int, int]]:
    """Pairs that every alignment of at least this worth has.

    A joined pair steps over the diagonal i + j + 1 of the table. If no good alignment touches that diagonal
    anywhere else, all of them pass through the pair.
    """
    steps, entries = len(forward) - 1, len(forward[0]) - 1
    touched = [0] * (steps + entries + 1)
    for i in range(steps + 1):
        ahead, behind = forward[i], backward[i]
        for j in range(entries + 1):
            if ahead[j] + behind[j] >= enough:
                touched[i + j] += 1
    good = [
        (i, j)
        for (i, j), joined in agreeing.items()
        if forward[i][j] + joined + backward[i + 1][j + 1] >= enough
    ]
    for i, j in good:
        touched[i + j + 1] += 1
    return {(i, j) for i, j in good if touched[i + j + 1] == 1}
