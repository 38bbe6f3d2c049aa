"""Asks every kind for its suggestions, and says of each what it saves and whether it goes into the patch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from layerscope.advice.improve import Improved, NotAsDeclared, compatible, improved
from layerscope.advice.known import Known
from layerscope.advice.patch import unified_diff
from layerscope.advice.suggestions.base import Suggestion
from layerscope.advice.suggestions.changing import applied
from layerscope.advice.suggestions.registry import all_kinds
from layerscope.advice.suggestions.scene import Scene
from layerscope.dockerfile.syntax import Dockerfile
from layerscope.errors import DockerfileError

__all__ = ["Expected", "IgnoreFile", "Suggested", "all_ignored", "ignore_patch", "suggested", "together"]


class Expected(NamedTuple):
    """One build on average: seconds, steps that hit the cache, steps."""

    seconds: float
    hits: float
    steps: int


class IgnoreFile(NamedTuple):
    """The ignore file before and after."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """A suggestion, and what becomes of it."""

    id: str
    """Its kind and the first line that it is about, `copy-chown:7`; with a number behind it where several
    have that."""
    suggestion: Suggestion
    joins: bool
    """Whether it is part of the proposals."""
    text: str
    """The Dockerfile with it alone."""
    patch: str
    """Its own patch, which `git apply` takes; empty for what is advice only."""
    before: tuple[tuple[int, str], ...]
    """Instructions that it is about, by line, as they are."""
    after: tuple[str, ...]
    """The same as they would be."""
    ignore: IgnoreFile | None = None
    expected: tuple[Expected, Expected] | None = None
    """Builds before and after; None where the cache rules do not say."""

    @property
    def seconds_saved(self) -> float | None:
        """In one build on average; None if that is not known."""
        if self.suggestion.seconds_saved is not None:
            return self.suggestion.seconds_saved
        return None if self.expected is None else self.expected[0].seconds - self.expected[1].seconds


def suggested(
    scene: Scene,
    start: Improved,
    known: Known,
    path: str,
    expect: Callable[[Improved, Sequence[str]], Expected],
) -> tuple[Suggested, ...]:
    """Everything that may be done besides another order, in the order of the file.

    `expect` says what a build costs with a file and more lines in the ignore file.
    Of several that change one instruction the first one joins; another run says what is then left.
    """
    found = [each for kind in all_kinds() for each in kind.find(scene) if _is_as_declared(start, each)]
    wanted = [each for each in found if each.kind in known.kinds or (each.keeps_image and not known.only)]
    joining = [id(each) for each in compatible(wanted) if each.edits or each.ignores]
    before: Expected | None = None
    listed: list[Suggested] = []
    numbers: Counter[str] = Counter()
    for suggestion in sorted(found, key=lambda each: (each.lines[:1], each.kind)):
        alone = improved(start, [suggestion])
        ignore = _ignore(known, suggestion.ignores)
        patch = unified_diff(start.dockerfile.text, alone.dockerfile.text, path)
        expected = None
        if (suggestion.removes or suggestion.recounts) and suggestion.seconds_saved is None:
            before = before or expect(start, ())
            expected = (before, expect(alone, suggestion.ignores))
        old, new = _texts(start, alone, suggestion)
        name = f"{suggestion.kind}:{min(suggestion.lines, default=1)}"
        numbers[name] += 1
        one = Suggested(
            f"{name}:{numbers[name]}" if numbers[name] > 1 else name,
            suggestion,
            id(suggestion) in joining,
            alone.dockerfile.text,
            patch,
            old,
            new,
            ignore,
            expected,
        )
        listed.append(replace(one, patch=patch + ignore_patch([one])))
    return tuple(listed)


def _is_as_declared(start: Improved, suggestion: Suggestion) -> bool:
    """Whether its edits make a file that parses to the declared change: else it is not made."""
    try:
        improved(start, [suggestion])
    except (NotAsDeclared, DockerfileError, ValueError):
        return False
    return True


def together(dockerfile: Dockerfile, apart: Sequence[Suggested]) -> tuple[str, list[Suggested]]:
    """The Dockerfile with all that can be done together of these, and which those are."""
    chosen = compatible(each.suggestion for each in apart)
    done = [each for each in apart if any(each.suggestion is one for one in chosen)]
    return applied(dockerfile.text, [edit for one in chosen for edit in one.edits]), done


def _texts(
    start: Improved, alone: Improved, suggestion: Suggestion
) -> tuple[tuple[tuple[int, str], ...], tuple[str, ...]]:
    lines = set(suggestion.lines)
    old = tuple(
        (each.first_line, start.dockerfile.lines_of(each))
        for each in start.dockerfile.instructions
        if each.first_line in lines
    )
    new = tuple(
        alone.dockerfile.lines_of(each)
        for each in alone.dockerfile.instructions
        if suggestion.edits and alone.line(each.first_line) in lines
    )
    return old, new


def _ignore(known: Known, lines: Sequence[str]) -> IgnoreFile | None:
    if not lines:
        return None
    before = known.ignore_text
    return IgnoreFile(known.ignore_file or ".dockerignore", before, _with_lines(before, lines))


def _with_lines(text: str, lines: Sequence[str]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    joint = "" if not text or text.endswith("\n") else newline
    return text + joint + "".join(line + newline for line in lines)


def all_ignored(joined: Sequence[Suggested]) -> IgnoreFile | None:
    """The ignore file with the lines of all of them; None if it stays as it is."""
    files = [each.ignore for each in joined if each.ignore]
    if not files:
        return None
    path, before, _ = files[0]
    lines = dict.fromkeys(line for each in joined for line in each.suggestion.ignores)
    return IgnoreFile(path, before, _with_lines(before, list(lines)))


def ignore_patch(joined: Sequence[Suggested]) -> str:
    """The patch of the ignore file with all of them; empty if it stays as it is."""
    found = all_ignored(joined)
    if found is None:
        return ""
    patch = unified_diff(found.before, found.after, found.path)
    return patch if found.before else patch.replace(f"--- a/{found.path}\n", "--- /dev/null\n", 1)
