"""The history of a context: which files each commit changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Commit", "FileChange", "History", "weights_of"]

_HALF_LIFE = 90 * 86_400
"""Seconds after which a commit counts half: what changed last year says less of the next week."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a commit added, changed or removed; paths are relative to the context."""

    path: str
    before: str
    """Mode and blob before; empty if it was not there."""
    after: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of the first-parent history."""

    name: str
    time: int
    """Seconds since 1970."""
    changes: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Commits, oldest first, and the files that are tracked after the last one."""

    commits: tuple[Commit, ...]
    tracked: frozenset[str]

    def states(self, takes: Callable[[str], bool]) -> list[int]:
        """A number for each commit, equal where the files that `takes` names are equal in path, mode and
        content. It takes time linear in the changes."""
        known: dict[str, bool] = {}
        state = 0
        states = []
        for commit in self.commits:
            for change in commit.changes:
                taken = known.get(change.path)
                if taken is None:
                    taken = known[change.path] = takes(change.path)
                if taken:
                    if change.before:
                        state ^= hash((change.path, change.before))
                    if change.after:
                        state ^= hash((change.path, change.after))
            states.append(state)
        return states


def weights_of(commits: Sequence[Commit]) -> list[float]:
    """How much each commit counts: half for every 90 days before the last one."""
    if not commits:
        return []
    latest = max(commit.time for commit in commits)
    return [0.5 ** (min(latest - commit.time, 40 * _HALF_LIFE) / _HALF_LIFE) for commit in commits]
