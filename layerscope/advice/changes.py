"""How often inputs change, alone and together.

A build is one commit. An input is in some state at each; several of them hit the cache at a commit if their
joint state was there before. So reverts hit, as they do in real caches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["ChangeModel", "GuessedChanges", "ReplayedChanges"]


class ChangeModel(Protocol):
    """How often one of a set changes: of inputs, or of elements with all that they depend on."""

    @property
    def builds(self) -> int:
        """Commits that were replayed; 0 where the changes are guessed."""

    @property
    def changing(self) -> int:
        """Those that change at all, as bits."""

    def missed(self, mask: int) -> float:
        """Share of builds, from 0 to 1, in which the joint state of these was not there before."""


@dataclass(slots=True, eq=False)
class ReplayedChanges:
    """States of inputs over the commits of a history, oldest first."""

    states: Sequence[Sequence[int] | None]
    """For each input a number for each commit, equal where the input is; None if it never changes."""
    weights: Sequence[float]
    """Of each commit; the first one, which builds everything, counts for nothing."""
    _known: dict[int, float] = field(default_factory=dict)

    @property
    def changing(self) -> int:
        """Inputs that change at all, as bits."""
        return sum(
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
        found = self._known.get(mask)
        if found is None:
            found = self._known[mask] = self._missed(mask)
        return found

    def _missed(self, mask: int) -> float:
        columns = [
            states for index, states in enumerate(self.states) if mask >> index & 1 and states is not None
        ]
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
    """Changes as they usually are, each input for itself."""

    rates: Sequence[float]
    """For each input the share of builds in which it changes."""
    builds: int = 0

    @property
    def changing(self) -> int:
        """Inputs that change at all."""
        return sum(1 << index for index, rate in enumerate(self.rates) if rate > 0)

    def missed(self, mask: int) -> float:
        """Share of builds in which one of these changes."""
        kept = 1.0
        for index, rate in enumerate(self.rates):
            if mask >> index & 1:
                kept *= 1 - rate
        return 1 - kept
