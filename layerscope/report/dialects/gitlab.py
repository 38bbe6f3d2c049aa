"""GitLab's Code Quality report: what a merge request shows beside the lines that it changes.

The documented fields and no others. What is waived or right is left out: the format has no word for it.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from layerscope.report.dialects.outcome import Outcome, State, Told
from layerscope.report.printable import printable
from layerscope.rules.finding import Severity

__all__ = ["CodeQualityIssue", "IssueLines", "IssueLocation", "gitlab_report"]

_SEVERITY = {
    (State.FAILED, Severity.ERROR): "blocker",
    (State.FAILED, Severity.WARNING): "critical",
    (State.FAILED, Severity.INFO): "major",
    (State.BROKEN, Severity.ERROR): "blocker",
    (State.REPORTED, Severity.ERROR): "major",
    (State.REPORTED, Severity.WARNING): "minor",
    (State.REPORTED, Severity.INFO): "info",
}
"""What fails the gate is never below what does not."""


class IssueLines(Struct, frozen=True, kw_only=True):
    """Where an issue begins, counted from 1."""

    begin: int


class IssueLocation(Struct, frozen=True, kw_only=True):
    """A file, from the repository's root without `./`, and its line."""

    path: str
    lines: IssueLines


class CodeQualityIssue(Struct, frozen=True, kw_only=True):
    """One element of the report."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: IssueLocation


def gitlab_report(told: Told) -> bytes:
    """A JSON array, empty where nothing is wrong; ends with a line break."""
    shown = told.of(State.FAILED, State.BROKEN, State.REPORTED)
    document = msgspec.json.encode([_issue(outcome) for outcome in shown])
    return msgspec.json.format(document, indent=2) + b"\n"


def _issue(outcome: Outcome) -> CodeQualityIssue:
    place = outcome.places[0]
    return CodeQualityIssue(
        description=f"{outcome.headline}. Fix: {outcome.fix}" if outcome.fix else outcome.headline,
        check_name=f"{outcome.rule_id} {outcome.rule_name}",
        fingerprint=outcome.fingerprint,
        severity=_SEVERITY.get((outcome.state, outcome.severity), "blocker"),
        location=IssueLocation(path=printable(place.path), lines=IssueLines(begin=place.first)),
    )
