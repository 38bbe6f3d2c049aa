"""What a gate has to tell, the same in every dialect: outcomes, each with a state, places and a fingerprint.

All text here but the paths of places is printable (`report.printable`) and masked (`report.masking`): a
dialect adds its own escapes. No clock, no environment, no files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from posixpath import normpath

from layerscope.oci.digest import sha256_of
from layerscope.rules.finding import Severity

__all__ = ["Figure", "Outcome", "Place", "SourceTree", "State", "Told", "numbered"]


class State(StrEnum):
    """What an outcome means for the gate."""

    FAILED = "failed"  #: it is why the gate failed
    REPORTED = "reported"  #: worth telling; the gate does not fail for it
    WAIVED = "waived"  #: it would have failed the gate, and somebody excused it
    SKIPPED = "skipped"  #: there was nothing to compare it with
    PASSED = "passed"  #: looked at and found right
    BROKEN = "broken"  #: could not be looked at in full, so it is neither right nor wrong


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file of the repository, counted from 1, both included.

    `path` is relative to the repository's root with `/` between its parts, or absolute where it is outside.
    It is as the user gave it: no image chose it.
    `text` is the instruction there.
    """

    path: str
    first: int = 1
    last: int = 1
    text: str = ""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """Where the repository lies: CI services want paths from its root, users give them from here."""

    root: str
    """Absolute, with `/` between its parts."""
    here: str
    """The directory that relative paths start from: absolute, likewise."""

    def path(self, file: str) -> str:
        """`file` from the root; unchanged but for its form where it is outside."""
        if self.root[1:2] == ":":  # Windows; elsewhere a backslash is a character of a name
            file = file.replace("\\", "/")
        is_absolute = file.startswith("/") or file[1:3] == ":/"
        found = normpath(file if is_absolute else f"{self.here}/{file}")
        root = normpath(self.root).rstrip("/") + "/"
        return found.removeprefix(root) if found.startswith(root) else found


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that was looked at."""

    rule_id: str
    rule_name: str
    state: State
    severity: Severity
    headline: str
    """One line that says what is wrong, without the rule's name."""
    details: tuple[str, ...] = ()
    """Further lines: layers, instructions, paths."""
    fix: str = ""
    example: str = ""
    """A piece of a Dockerfile, or nothing."""
    freed_bytes: int = 0
    """Bytes that acting on it frees, or that are above what is allowed; 0 for what is not about bytes."""
    places: tuple[Place, ...] = ()
    """Where to look, the first one foremost; never empty in what `Told` holds."""
    subject: str = ""
    """What it is about, in words that stay when bytes, layers and lines change: for the fingerprint."""
    excuse: str = ""
    """Of a waiver: who, why, until when."""
    order: int = 0
    """The lowest layer or line that it is about: it numbers those of one rule and subject, since sizes
    change."""
    saved_seconds: float | None = None
    """In a build, on average; None where that is not known, or not what it is about."""
    number: int = 1
    """Of those with the same rule and subject, which one this is."""

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that stay the same from run to run, whatever moves in the Dockerfile."""
        material = "\0".join((self.rule_id, self.subject, str(self.number)))
        return sha256_of(material.encode("utf-8", "backslashreplace")).partition(":")[2][:32]


def numbered(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """The same outcomes, as they stand; those that a fingerprint could not tell apart get numbers, from the
    lowest layer up."""
    found = list(outcomes)
    seen: dict[tuple[str, str], int] = {}
    for at in sorted(range(len(found)), key=lambda at: found[at].order):
        key = (found[at].rule_id, found[at].subject)
        seen[key] = seen.get(key, 0) + 1
        found[at] = replace(found[at], number=seen[key])
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that was measured, now and in what it is compared with."""

    label: str
    """In words of ours, for people."""
    key: str
    """For programs: `stored_bytes`."""
    value: int
    before: int | None = None
    """None where there is nothing to compare with."""
    is_bytes: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """All that a dialect says of one run."""

    image: str
    """Its name, printable."""
    platform: str
    repository: str
    """The name without tag and digest, which stays from build to build; empty where the image has no name."""
    passed: bool
    outcomes: tuple[Outcome, ...]
    """Worst first."""
    figures: tuple[Figure, ...] = ()
    notices: tuple[str, ...] = ()
    created: str | None = None
    """When the image was made, as it says."""
    changed: bool = True
    """Whether there is something to tell that is not as it was."""
    growth: tuple[str, ...] = ()
    """Markdown blocks that say what grew."""
    next_command: str = ""
    """What to run next."""

    def of(self, *states: State) -> list[Outcome]:
        """Outcomes in one of these states, in their order."""
        return [outcome for outcome in self.outcomes if outcome.state in states]
