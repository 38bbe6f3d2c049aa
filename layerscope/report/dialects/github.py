"""GitHub Actions: annotations, as commands in the log of the job.

A line that begins with `::` is a command. Each line here begins with one of ours, and what an image says
stands in it escaped, so that it can neither end the command nor begin another.
"""

from __future__ import annotations

from layerscope.report.dialects.outcome import Outcome, State, Told
from layerscope.report.printable import printable
from layerscope.report.units import plural
from layerscope.rules.finding import Severity

__all__ = ["MOST_ANNOTATIONS", "github_annotations"]

MOST_ANNOTATIONS = 10
"""Of one kind that GitHub shows of a step; it drops the others without a word."""

_KIND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_annotations(told: Told) -> bytes:
    """A line for each outcome that failed or is reported, worst first; nothing where all is right.

    Of more than `MOST_ANNOTATIONS` of a kind the last one says how many are not shown.
    """
    lines = []
    kinds: dict[str, list[Outcome]] = {kind: [] for kind in _KIND.values()}
    for outcome in told.of(State.BROKEN, State.FAILED, State.REPORTED):
        kinds[_kind(outcome)].append(outcome)
    for kind, outcomes in kinds.items():
        shown = outcomes if len(outcomes) <= MOST_ANNOTATIONS else outcomes[: MOST_ANNOTATIONS - 1]
        lines += [_annotation(kind, outcome) for outcome in shown]
        rest = len(outcomes) - len(shown)
        if rest:
            title = _property("layerscope")
            lines.append(
                f"::{kind} title={title}::{plural(rest, 'more ' + kind)}; the summary of the job has all"
            )
    return "".join(line + "\n" for line in lines).encode("utf-8", "backslashreplace")


def _kind(outcome: Outcome) -> str:
    if outcome.state is not State.REPORTED:
        return "error"
    return "notice" if outcome.severity is Severity.INFO else "warning"  # an error would look like a failure


def _annotation(kind: str, outcome: Outcome) -> str:
    place = outcome.places[0]
    title = f"{outcome.rule_id} {outcome.rule_name}"
    given = {
        "file": printable(place.path),
        "line": str(place.first),
        "endLine": str(place.last),
        "title": title,
    }
    properties = ",".join(f"{name}={_property(value)}" for name, value in given.items())
    lines = [outcome.headline, *outcome.details]
    if outcome.fix:
        lines.append(f"fix: {outcome.fix}")
    return f"::{kind} {properties}::{_data(chr(10).join([*lines, *outcome.example.splitlines()]))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
