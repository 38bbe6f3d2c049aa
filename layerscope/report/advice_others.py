"""Suggestions besides the order of a Dockerfile, as data and for people."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from layerscope.advice.suggesting import Suggested
from layerscope.dockerfile.syntax import shown
from layerscope.report.exact import Count
from layerscope.report.masking import masked
from layerscope.report.printable import without_surrogates
from layerscope.report.units import size

__all__ = [
    "ChangedInstruction",
    "OtherSuggestionReport",
    "SafetyReport",
    "other_suggestion",
    "savings",
    "trust_name",
]

_LEAST_SECONDS = 0.05
_LEAST_SHARE = 0.005
"""Less is shown as 0."""


class SafetyReport(Struct, frozen=True, kw_only=True):
    """What makes a suggestion safe, or has to be looked at; `rule` is one of docs/decisions/0024-advice.md or
    0028-transformations.md."""

    rule: str
    reason: str


class ChangedInstruction(Struct, frozen=True, kw_only=True):
    """One instruction as it stands: its first line, and its lines."""

    line: Count
    text: str


class OtherSuggestionReport(Struct, frozen=True, kw_only=True):
    """A change besides the order. `in_patch` says whether `safe` and `further` have it.

    `trust` is `proved`, `evidence` or `needs verification`; `builders` are those that build the changed file,
    `requires` what the builder has to be where the Dockerfile does not show that it is. `changed_paths` are
    paths of the image that are others afterwards, with what is below them: none where the image stays as it
    is. `patch` is its own, empty for advice without one, of which `sketch` may show instructions. `before`
    are the instructions that it is about, `after` what they become. Figures are null where nothing tells
    them: content bytes stored no more, bytes of the context not sent any more, seconds of one build on
    average, steps from the cache, the share of builds in which a COPY hits that missed before.
    """

    id: str
    kind: str
    stage: str
    lines: list[int]
    what: str
    trust: str
    in_patch: bool
    reasons: list[SafetyReport]
    builders: list[str]
    requires: str
    changed_paths: list[str]
    before: list[ChangedInstruction]
    after: list[str]
    patch: str
    sketch: str
    bytes_saved: Count | None
    bytes_sent_less: Count | None
    seconds_saved: float | None
    misses_saved: float | None
    hits_before: float | None
    hits_after: float | None
    steps_before: Count | None
    steps_after: Count | None
    verified: bool | None


def trust_name(trust: int) -> str:
    """`proved`, `evidence`, `needs verification`."""
    return {3: "proved", 2: "evidence", 1: "needs verification"}.get(int(trust), "refused")


def other_suggestion(each: Suggested, verified: bool | None) -> OtherSuggestionReport:
    """One suggestion as data; secrets are masked, but not in patches, which have to apply."""
    suggestion = each.suggestion
    before, after = each.expected or (None, None)
    seconds = each.seconds_saved
    return OtherSuggestionReport(
        id=each.id,
        kind=suggestion.kind,
        stage=shown(suggestion.stage),
        lines=list(suggestion.lines),
        what=_safe(suggestion.what),
        trust=trust_name(suggestion.trust),
        in_patch=each.joins,
        reasons=[SafetyReport(rule=reason.rule, reason=_safe(reason.text)) for reason in suggestion.reasons],
        builders=sorted(suggestion.builders),
        requires=suggestion.requires,
        changed_paths=[_safe(path) for path in suggestion.changed_paths],
        before=[ChangedInstruction(line=line, text=_safe(text)) for line, text in each.before],
        after=[_safe(text) for text in each.after],
        patch=shown(each.patch),
        sketch=_safe(suggestion.sketch),
        bytes_saved=suggestion.bytes_saved,
        bytes_sent_less=suggestion.bytes_sent_less,
        seconds_saved=None if seconds is None else round(seconds, 3),
        misses_saved=None if suggestion.misses_saved is None else round(suggestion.misses_saved, 4),
        hits_before=None if before is None else round(before.hits, 3),
        hits_after=None if after is None else round(after.hits, 3),
        steps_before=None if before is None else before.steps,
        steps_after=None if after is None else after.steps,
        verified=verified,
    )


def _safe(text: str) -> str:
    return without_surrogates(masked(shown(text)))


def savings(report: OtherSuggestionReport) -> str:
    """What it saves, in words; empty where nothing tells."""
    return ", ".join(_savings(report))


def _savings(report: OtherSuggestionReport) -> Iterator[str]:
    if report.bytes_saved:
        yield f"{size(report.bytes_saved)} in the layers"
    if report.bytes_sent_less:
        yield f"{size(report.bytes_sent_less)} of the context"
    if report.seconds_saved is not None and report.seconds_saved >= _LEAST_SECONDS:
        yield f"{report.seconds_saved:.1f} s a build"
    if report.misses_saved is not None and report.misses_saved >= _LEAST_SHARE:
        yield f"a miss in {100 * report.misses_saved:.0f} % of the builds"
