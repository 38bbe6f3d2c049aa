"""Which steps and entries agree, how much each agreement is worth, and whether it is enough to believe in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerscope.dockerfile.align import Alignment
from layerscope.dockerfile.entries import texts_of
from layerscope.dockerfile.expand import UNKNOWN
from layerscope.dockerfile.forms import COPIED
from layerscope.dockerfile.stages import Stage
from layerscope.dockerfile.steps import WRITERS, Step, shells_of
from layerscope.image.history import Instruction

__all__ = ["agreements", "convincing", "entry_gap", "fits", "step_gap"]

_WRITER, _OTHER = 40, 20
"""Worth of a step whose text agrees in full: a RUN says more than a WORKDIR."""
_COPIED = 30
"""Of a COPY of which only the destination is known."""
_PARTLY = 12
"""Of a text of which a part is unknown."""
_MAX_PATTERN_TEXT = 4 << 10
"""Longest entry that is compared with forms that have unknown parts."""


def step_gap(step: Step, *, only_writers: bool) -> int:
    """The price of leaving a step without an entry. kaniko writes entries for layers only."""
    if step.optional or (only_writers and step.keyword not in WRITERS):
        return 0
    return 2 if step.keyword in WRITERS else 1


def entry_gap(entry: Instruction) -> int:
    """The price of leaving an entry without a step."""
    return 1 if entry.empty_layer else 3


def agreements(steps: Sequence[Step], entries: Sequence[Instruction]) -> dict[tuple[int, int], int]:
    """(step, entry) to its worth, for all that agree."""
    exact: dict[str, list[int]] = {}
    patterns: dict[str, list[tuple[int, str]]] = {}
    for i, step in enumerate(steps):
        for form in step.forms:
            if UNKNOWN in form:
                patterns.setdefault(step.keyword, []).append((i, form))
            else:
                exact.setdefault(form, []).append(i)
    shells = shells_of(tuple(steps))
    found: dict[tuple[int, int], int] = {}
    for j, entry in enumerate(entries):
        for i, worth in _agreeing(texts_of(entry, shells), exact, patterns):
            found[i, j] = max(worth, found.get((i, j), 0))
    return found


def _agreeing(
    texts: frozenset[str], exact: dict[str, list[int]], patterns: dict[str, list[tuple[int, str]]]
) -> Iterator[tuple[int, int]]:
    for text in texts:
        keyword = text.partition(" ")[0]
        worth = _WRITER if keyword in WRITERS else _OTHER
        if f"{COPIED} in " in text:
            worth = _COPIED
        for i in exact.get(text, ()):
            yield i, worth
        if len(text) <= _MAX_PATTERN_TEXT:
            for i, pattern in patterns.get(keyword, ()):
                if fits(text, pattern):
                    yield i, _PARTLY


def fits(text: str, pattern: str) -> bool:
    """Whether `text` is `pattern` with anything where that has `UNKNOWN`."""
    first, *rest = pattern.split(UNKNOWN)
    if not rest:
        return text == first
    last = rest.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def convincing(
    alignment: Alignment,
    worths: dict[tuple[int, int], int],
    steps: Sequence[Step],
    entries: Sequence[Instruction],
    target: Stage,
    *,
    only_writers: bool,
) -> bool:
    """Whether so much agrees that the Dockerfile is this image's, perhaps in another version.

    Half of what the steps are worth, in all or in the last stage; less than two RUN, COPY or ADD only where
    the history does not go on with other layers; and without any of these only where nothing is left over.
    """
    joined = alignment.joined
    if not alignment.pairs:
        return False
    writers = sum(steps[i].keyword in WRITERS and worths[i, j] > _PARTLY for i, j in joined)
    if not writers and not alignment.whole:
        return False
    goes_on = any(not entry.empty_layer for entry in entries[joined[-1][1] + 1 :])
    if goes_on and writers < 2:
        return False
    if _share(range(len(steps)), joined, worths, steps, only_writers=only_writers):
        return True
    own = [i for i, step in enumerate(steps) if step.stage is target]
    inside = [(i, j) for i, j in joined if steps[i].stage is target]
    own_writers = any(steps[i].keyword in WRITERS and worths[i, j] > _PARTLY for i, j in inside)
    return own_writers and _share(own, inside, worths, steps, only_writers=only_writers)


def _share(
    which: Sequence[int],
    joined: Sequence[tuple[int, int]],
    worths: dict[tuple[int, int], int],
    steps: Sequence[Step],
    *,
    only_writers: bool,
) -> bool:
    """Whether half of these steps' worth is joined."""
    expected = sum(
        _WRITER if steps[i].keyword in WRITERS else _OTHER
        for i in which
        if step_gap(steps[i], only_writers=only_writers)
    )
    return 2 * sum(worths[pair] for pair in joined) >= expected
