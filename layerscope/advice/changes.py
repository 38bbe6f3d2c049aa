"""How often the inputs of elements change, alone and together.

A build is one commit. An element's input is in some state at each; a set of elements hits the cache at a
commit if its joint state was there before. So reverts hit, as they do in real caches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["ChangeModel", "GuessedChanges", "ReplayedChanges"]


class ChangeModel(Protocol):
    """What the order is optimized against."""

    @property
    def builds(self) -> int:
        """Commits that were replayed; 0 where the changes are guessed."""

    @property
    def changing(self) -> int:
        """Elements whose inputs change at all, as bits."""

    def missed(self, mask: int) -> float:
        """Share of builds, from 0 to 1, in which the joint input of these elements was not there before."""


@dataclass(slots=True, eq=False)
class ReplayedChanges:
    """States of inputs over the commits of a history, oldest first."""

    states: Sequence[Sequence[int] | None]
    """For each element a number for each commit, equal where the input is; None if it never changes."""
    weights: Sequence[float]
    """Of each commit; the first one, which builds everything, counts for nothing."""
    always: Sequence[int] | None = None
    """States of what is below all elements: the stage that this one continues."""
    changing: int = field(init=False)
    """Elements whose inputs change at all, as bits."""
    _known: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.changing = sum(
            1 << index
            for index, states in enumerate(self.states)
            if states is not None and len(set(states)) > 1
        )

    @property
    def builds(self) -> int:
        """Commits that were replayed, the first one not counted."""
        return max(0, len(self.weights) - 1)

    def missed(self, mask: int) -> float:
        """Share of the later commits, by weight, whose joint state is new."""
        mask &= self.changing
        found = self._known.get(mask)
        if found is None:
            found = self._known[mask] = self._missed(mask)
        return found

    def _missed(self, mask: int) -> float:
        columns = [
            states for index, states in enumerate(self.states) if mask >> index & 1 and states is not None
        ]
        if self.always is not None:
            columns.append(self.always)
        total = sum(self.weights[1:])
        if not columns or not total:
            return 0.0
        seen: set[tuple[int, ...]] = set()
        missed = 0.0
        for number, (weight, *joint) in enumerate(zip(self.weights, *columns, strict=True)):
            key = tuple(joint)
            if key not in seen:
                seen.add(key)
                missed += weight if number else 0.0
        return missed / total


@dataclass(frozen=True, slots=True)
class GuessedChanges:
    """Changes as they usually are, each element for itself."""

    rates: Sequence[float]
    """For each element the share of builds in which its input changes."""
    always: float = 0.0
    """The same for what is below all elements."""
    builds: int = 0

    @property
    def changing(self) -> int:
        """Elements whose inputs change at all."""
        return sum(1 << index for index, rate in enumerate(self.rates) if rate > 0)

    def missed(self, mask: int) -> float:
        """Share of builds in which one of these changes."""
        kept = 1 - self.always
        for index, rate in enumerate(self.rates):
            if mask >> index & 1:
                kept *= 1 - rate
        return 1 - kept
