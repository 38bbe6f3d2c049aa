"""Rules about what advice suggests besides another order: one rule for one kind of suggestion, or a few."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from layerscope.rules.base import Draft
from layerscope.rules.building import Building, DockerfileRule, place_at
from layerscope.rules.finding import BuildSaving, Fix, Severity

if TYPE_CHECKING:
    from layerscope.advice.suggesting import Suggested

__all__ = ["SuggestionRule"]

_NOTABLE_SECONDS = 1.0
_NOTABLE_SENT = 10_000_000
_NOTABLE_MISSES = 0.05
"""A suggestion that saves less of each is for information. What the image stores less is not asked: a rule
about bytes claims that, and says how much it matters."""


class SuggestionRule(DockerfileRule):
    """A rule that finds what certain suggestions mend.

    What changes the image, asks for a newer builder, or has to be verified by a build is for information.
    """

    kinds: ClassVar[tuple[str, ...]]
    """`Transformation.kind` of the suggestions."""
    message: ClassVar[str]
    """What is wrong, where a suggestion says what to do."""
    about_content: ClassVar[bool] = False
    """Whether it is about files that the image should not have: then it may change, and that is a warning."""

    def look(self, building: Building) -> Iterator[Draft]:
        """One finding for each suggestion."""
        for found in building.advice.suggestions:
            if found.suggestion.kind in self.kinds:
                yield self._draft(building, found)

    def _draft(self, building: Building, found: Suggested) -> Draft:
        suggestion = found.suggestion
        places = [place_at(building, suggestion.stage, line) for line in suggestion.lines]
        saving = _saving(building, found)
        return Draft(
            self.message,
            Fix(f"{suggestion.what}; {_how(building, found)}", suggestion.sketch.rstrip("\n")),
            severity=min(self.severity, self._weight(found), key=list(Severity).index),
            places=[place for place in places if place is not None],
            build=saving,
        )

    def _weight(self, found: Suggested) -> Severity:
        """How much it matters, and whether the change is certain to be right."""
        suggestion = found.suggestion
        certain = int(suggestion.trust) > 1 and not suggestion.requires
        if not certain or (suggestion.changed_paths and not self.about_content):
            return Severity.INFO
        much = (
            (found.seconds_saved or 0.0) >= _NOTABLE_SECONDS
            or (suggestion.bytes_sent_less or 0) >= _NOTABLE_SENT
            or (suggestion.misses_saved or 0.0) >= _NOTABLE_MISSES
        )
        return Severity.WARNING if much else Severity.INFO


def _saving(building: Building, found: Suggested) -> BuildSaving:
    before, after = found.expected or (None, None)
    suggestion = found.suggestion
    seconds = found.seconds_saved or None  # none is no measurement
    if not building.measured(suggestion.lines):
        seconds = None
    saved = suggestion.misses_saved or 0.0
    if before is not None and after is not None:
        saved = max(saved, (before.steps - before.hits) - (after.steps - after.hits))
    return BuildSaving(
        steps_saved=saved,
        steps=before.steps if before else 0,
        seconds=seconds,
        pushed_bytes=0,
        builds=building.advice.builds,
        stored_bytes=suggestion.bytes_saved or 0,
        sent_bytes=suggestion.bytes_sent_less or 0,
    )


def _how(building: Building, found: Suggested) -> str:
    """How the patch is had, and what has to be known before."""
    suggestion = found.suggestion
    known = []
    if suggestion.requires:
        known.append(f"it needs {suggestion.requires}")
    if suggestion.changed_paths:
        known.append(f"the image changes at {', '.join(suggestion.changed_paths[:3])}")
    if not (suggestion.edits or suggestion.ignores):
        return "; ".join([*known, f"{building.say()} says why"])
    options = ["--only", suggestion.kind]
    if int(suggestion.trust) > 2:
        known.append("it is proved that nothing else changes")
    elif int(suggestion.trust) > 1:
        known.append("there is evidence that nothing else changes")
    else:
        known.append("a build has to verify it")
        options.append("--verify")
    return f"{', '.join(known)}: {building.say(*options, '--write')}"
