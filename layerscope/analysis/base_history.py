"""What the history alone says of the base image: a lower bound of its layers, by the marks of another build.

No builder writes where the base ends, but buildah. What is used here is what two builds leave behind:
another builder, a root filesystem put in as a whole, a CMD after which hours went by. Where the marks are
weak, no base is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from layerscope.image.history import Instruction

__all__ = ["HistoryBase", "base_in_history"]

_ANOTHER_BUILD = timedelta(hours=1)
"""Nobody waits so long between two instructions of one build; a cached one may be older than the next."""

_FROM = re.compile(r"FROM (\S+)")
_INTERMEDIATE = re.compile(r"[0-9a-f]{12}(?:[0-9a-f]{52})?")
_WHOLE_ROOT = re.compile(r"(?:ADD|COPY) \S+(?: in)? /")
_ALIKE = {"imagebuilder": "buildah"}
_REPACKING = frozenset({"umoci", "buildpacks"})
"""Tools that go on with an image of one's own, or that write the whole history anew."""


@dataclass(frozen=True, slots=True)
class HistoryBase:
    """The lowest `layers` layers are the base's, and perhaps more; `name` if the history has it."""

    layers: int
    name: str = ""


def base_in_history(history: Sequence[Instruction]) -> HistoryBase:
    """The best that the history tells; 0 layers where it tells nothing."""
    ends = [*_after_buildah(history), *_by_builder(history), *_after_root(history), *_after_command(history)]
    sound = [(end, name) for end, name in ends if any(not entry.empty_layer for entry in history[end:])]
    if not sound:
        return HistoryBase(0)
    end, name = max(sound)
    return HistoryBase(sum(not entry.empty_layer for entry in history[:end]), name)


def _after_buildah(history: Sequence[Instruction]) -> Iterator[tuple[int, str]]:
    """buildah says `FROM name` of the first instruction on a base, `FROM id` of the next ones.

    Built without layers, only the last instruction of a build makes one and says it; those before it are
    without a layer, so that counting layers comes out right.
    """
    for index, entry in enumerate(history):
        found = _FROM.fullmatch(entry.comment)
        if found is not None and _INTERMEDIATE.fullmatch(found[1]) is None:
            yield index, found[1]


def _by_builder(history: Sequence[Instruction]) -> Iterator[tuple[int, str]]:
    """One build has one builder."""
    known = ""
    for index, entry in enumerate(history):
        builder = _ALIKE.get(entry.builder, entry.builder)
        if builder and known and builder != known and builder not in _REPACKING:
            yield index, ""
        known = builder or known


def _after_root(history: Sequence[Instruction]) -> Iterator[tuple[int, str]]:
    """A root filesystem put in as the first layer is somebody's base, if what follows is another build."""
    if len(history) < 2:
        return
    first, second = history[0], history[1]
    is_debian = first.comment.startswith("debuerreotype")
    if is_debian or (_WHOLE_ROOT.fullmatch(first.text) and _is_later(first, second)):
        yield 1, ""


def _after_command(history: Sequence[Instruction]) -> Iterator[tuple[int, str]]:
    """CMD and ENTRYPOINT end a Dockerfile; what comes hours after them was built on it."""
    for index in range(1, len(history)):
        before, after = history[index - 1], history[index]
        if before.keyword in ("CMD", "ENTRYPOINT") and _is_later(before, after):
            yield index, ""


def _is_later(before: Instruction, after: Instruction) -> bool:
    """Whether so much time lies between them that they are of two builds; False where a time is missing."""
    try:
        gap = datetime.fromisoformat(after.created or "") - datetime.fromisoformat(before.created or "")
    except (ValueError, TypeError, OverflowError):  # no date, or one with and one without a zone
        return False
    return gap >= _ANOTHER_BUILD
