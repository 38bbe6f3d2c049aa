"""A Dockerfile with suggestions in it, and what is known of its instructions under their new lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerscope.advice.costs import log_key
from layerscope.advice.layers import LayerFacts
from layerscope.advice.suggestions.base import Suggestion
from layerscope.advice.suggestions.changing import applied, overlap
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.syntax import Dockerfile

__all__ = ["Improved", "NotAsDeclared", "compatible", "improved"]


class NotAsDeclared(Exception):  # an answer: the suggestion is not made
    """The changed file does not have the instructions that a suggestion declares [R16]."""


@dataclass(frozen=True, slots=True)
class Improved:
    """A file, with what its layers and times were before it was changed."""

    dockerfile: Dockerfile
    origin: Mapping[int, int]
    """First line of an instruction to the one that it had before; empty where nothing was changed."""
    facts: Mapping[int, LayerFacts]
    seconds: Mapping[int, float]
    """Of the image's history, by the line that the instruction had before."""
    log: Mapping[str, float]
    """Of a build, by instruction."""

    def line(self, line: int) -> int:
        """The line that an instruction had before."""
        return self.origin.get(line, line)


def compatible(suggestions: Iterable[Suggestion]) -> list[Suggestion]:
    """Those that can be done together, the first ones first: no two change one instruction."""
    chosen: list[Suggestion] = []
    for suggestion in suggestions:
        taken = {line for other in chosen for line in other.lines if other.edits}
        edits = [edit for other in chosen for edit in other.edits]
        if suggestion.edits and (taken & set(suggestion.lines) or overlap(suggestion.edits, edits)):
            continue
        chosen.append(suggestion)
    return chosen


def improved(before: Improved, suggestions: Sequence[Suggestion]) -> Improved:
    """The file with the edits of all of these done. They have to be compatible.

    Raises NotAsDeclared, or DockerfileError where it is no Dockerfile any more.
    """
    edits = [edit for suggestion in suggestions for edit in suggestion.edits]
    if not edits:
        return before
    old = before.dockerfile
    text = applied(old.text, edits)
    new = read_dockerfile(text.encode("utf-8", "surrogateescape"), old.name)
    gone = {line for suggestion in suggestions for line in suggestion.removes}
    kept = [each for each in old.instructions if each.first_line not in gone]
    _check(old, new, suggestions, len(kept))
    origin = {now.first_line: was.first_line for now, was in zip(new.instructions, kept, strict=True)}
    override = {line: facts for each in suggestions for line, facts in each.facts.items()}
    absorbed = {line: others for each in suggestions for line, others in each.absorbed.items()}
    facts: dict[int, LayerFacts] = {}
    seconds: dict[int, float] = {}
    log = dict(before.log)
    texts = {each.first_line: log_key(f"{each.keyword} {each.rest}") for each in old.instructions}
    for instruction in new.instructions:
        line = instruction.first_line
        was = origin[line]
        known = override.get(was, before.facts.get(was))
        if known is not None:
            facts[line] = known
        together = (was, *absorbed.get(was, ()))
        if was in before.seconds:
            seconds[was] = sum(before.seconds.get(each, 0.0) for each in together)
        if texts[was] in before.log:
            key = log_key(f"{instruction.keyword} {instruction.rest}")
            log[key] = sum(before.log.get(texts[each], 0.0) for each in together)
    return Improved(new, origin, facts, seconds, log)


def _check(old: Dockerfile, new: Dockerfile, suggestions: Sequence[Suggestion], count: int) -> None:
    """Read the new file again: all that was not to be changed is there as it was [R16]."""
    changed = {line for suggestion in suggestions for line in suggestion.lines}
    before = Counter(old.lines_of(each) for each in old.instructions if each.first_line not in changed)
    after = Counter(map(new.lines_of, new.instructions))
    if before - after or len(new.instructions) != count:
        raise NotAsDeclared(", ".join(sorted({each.kind for each in suggestions})))
