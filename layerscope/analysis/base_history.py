"""What the history alone says of the base image: a lower bound of its layers, by the marks of another build.

No builder writes where the base ends, but buildah. What is used here is what two builds leave behind:
another builder, a root filesystem of a distribution, a command after which hours went by. A cached layer may
be weeks older than the next one of the same build, so a gap counts only where something else says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from layerscope.image.history import Instruction

__all__ = ["HistoryBase", "base_in_history", "is_within_one_build"]

_ANOTHER_BUILD = timedelta(hours=1)
"""Nobody waits so long between two instructions of one build; but one may come from the cache."""

_FROM = re.compile(r"FROM (\S+)")
_INTERMEDIATE = re.compile(r"[0-9a-f]{12}(?:[0-9a-f]{52})?")
_WHOLE_ROOT = re.compile(r"(?:ADD|COPY) \S+(?: in)? /")
_DISTRIBUTION = re.compile(r"ADD alpine-minirootfs-\S+ /")
"""What only a distribution calls its root filesystem; `COPY /out /` may be one's own."""
_SHELL = re.compile(r"""CMD (?:\["?)?(?:/usr)?(?:/bin/)?(?:ba|da|a)?sh"?\]?""")
"""The command of an image that is there to be built on."""
_ALIKE = {"imagebuilder": "buildah"}
_REPACKING = frozenset({"umoci", "buildpacks"})
"""Tools that go on with an image of one's own, or that write the whole history anew."""


@dataclass(frozen=True, slots=True)
class HistoryBase:
    """The lowest `layers` layers are the base's, and perhaps more; `name` if the history has it."""

    layers: int
    name: str = ""


def base_in_history(history: Sequence[Instruction]) -> HistoryBase:
    """The best that the history tells; 0 layers where it tells nothing.

    buildah knows, so what it says counts alone. All else is a lower bound, and the highest one counts.
    """
    for signs in (_after_buildah(history), _lower_bounds(history)):
        sound = [(end, name) for end, name in signs if any(not entry.empty_layer for entry in history[end:])]
        if sound:
            end, name = max(sound)
            return HistoryBase(sum(not entry.empty_layer for entry in history[:end]), name)
    return HistoryBase(0)


def _lower_bounds(history: Sequence[Instruction]) -> Iterator[tuple[int, str]]:
    ends = [*_by_builder(history), *_after_root(history), *_after_command(history)]
    yield from ((end, "") for end in ends)


def _after_buildah(history: Sequence[Instruction]) -> Iterator[tuple[int, str]]:
    """buildah says `FROM name` of the first instruction on a base, `FROM id` of the next ones.

    Built without layers, only the last instruction of a build makes one and says it; those before it are
    without a layer, so that counting layers comes out right.
    """
    for index, entry in enumerate(history):
        found = _FROM.fullmatch(entry.comment)
        if found is not None and _INTERMEDIATE.fullmatch(found[1]) is None:
            yield index, found[1]


def _by_builder(history: Sequence[Instruction]) -> Iterator[int]:
    """One build has one builder."""
    known = ""
    for index, entry in enumerate(history):
        builder = _ALIKE.get(entry.builder, entry.builder)
        if builder and known and builder != known and builder not in _REPACKING:
            yield index
        known = builder or known


def _after_root(history: Sequence[Instruction]) -> Iterator[int]:
    """A distribution's root filesystem as the first layer."""
    if len(history) < 2:
        return
    first, second = history[0], history[1]
    is_debian = first.comment.startswith("debuerreotype")
    if is_debian or (_DISTRIBUTION.fullmatch(first.text) and _is_later(first, second)):
        yield 1


def _after_command(history: Sequence[Instruction]) -> Iterator[int]:
    """CMD and ENTRYPOINT end a Dockerfile, as a rule; what comes hours after them may be built on it.

    One's own ENTRYPOINT may stand above a COPY whose layers are new while those below came from the cache.
    So one of these has to agree: the same keyword comes again; it starts a shell, and one layer is below; or
    two layers below have the same time, as reproducible builds give it, where one build gives no other.
    """
    again: set[str] = set()
    candidates = []
    for index in range(len(history) - 1, 0, -1):
        before, after = history[index - 1], history[index]
        again.add(after.keyword)
        if before.keyword in ("CMD", "ENTRYPOINT") and _is_later(before, after):
            candidates.append((index, before.keyword in again))
    made: list[Instruction] = []
    position = 0
    for index, comes_again in reversed(candidates):
        made += [entry for entry in history[position:index] if not entry.empty_layer]
        position = index
        if comes_again or _is_shell_on_root(history[index - 1], made) or _is_reproducible(made):
            yield index


def _is_shell_on_root(command: Instruction, made: Sequence[Instruction]) -> bool:
    """Whether a shell is the command of one layer that is a whole root filesystem."""
    if len(made) != 1 or _SHELL.fullmatch(command.text) is None:
        return False
    return not made[0].keyword or _WHOLE_ROOT.fullmatch(made[0].text) is not None


def _is_reproducible(made: Sequence[Instruction]) -> bool:
    """Whether the uppermost two of these layers have the same time."""
    return len(made) > 1 and made[-1].created is not None and made[-1].created == made[-2].created


def _is_later(before: Instruction, after: Instruction) -> bool:
    """Whether so much time lies between them that they are of two builds, or one is from the cache; False
    where a time is missing."""
    gap = _gap(before, after)
    return gap is not None and gap >= _ANOTHER_BUILD


def _gap(before: Instruction, after: Instruction) -> timedelta | None:
    try:
        return datetime.fromisoformat(after.created or "") - datetime.fromisoformat(before.created or "")
    except (ValueError, TypeError, OverflowError):  # no date, or one with and one without a zone
        return None


def is_within_one_build(history: Sequence[Instruction], layers: int) -> bool:
    """Whether the times say that the lowest `layers` layers end in the middle of a build.

    So it is where the first instructions were taken out of a Dockerfile after the build: those below its
    first one then seem to be the base's. One time for everything says nothing, and a base may be built in
    the same hour; then nothing but a command at its end tells.
    """
    made = [index for index, entry in enumerate(history) if not entry.empty_layer]
    if not 0 < layers < len(made) or len({entry.created for entry in history}) == 1:
        return False
    below, above = made[layers - 1], made[layers]
    ends = any(entry.keyword in ("CMD", "ENTRYPOINT") for entry in history[below:above])
    one, other = history[below], history[above]
    gap = _gap(one, other)
    return not ends and one.builder == other.builder and gap is not None and abs(gap) < _ANOTHER_BUILD
