"""GitLab's Code Quality report has its documented fields, all of them and no others."""

from __future__ import annotations

import json
import re
from typing import Any

from layerscope.report.dialects.gitlab import gitlab_report
from layerscope.report.dialects.outcome import Place, State, Told
from layerscope.report.printable import LOG_COMMAND, UNSAFE
from layerscope.rules.finding import Severity
from tests.told import hostile_told, outcome, told

SEVERITIES = ["info", "minor", "major", "critical", "blocker"]
"""As GitLab documents them, from the least."""


def check_issues(given: Told) -> list[dict[str, Any]]:
    """The report, held against the fields that GitLab's manual lists as required."""
    issues = json.loads(gitlab_report(given))
    assert isinstance(issues, list)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert all(isinstance(issue[key], str) and issue[key] for key in ("description", "check_name"))
        assert re.fullmatch("[0-9a-f]{32}", issue["fingerprint"])
        assert issue["severity"] in SEVERITIES
        assert set(issue["location"]) == {"path", "lines"}
        assert set(issue["location"]["lines"]) == {"begin"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith("./")
    prints = [issue["fingerprint"] for issue in issues]
    assert len(set(prints)) == len(prints)  # GitLab drops all but one of those that share it
    return issues


def test_the_fields_are_the_documented_ones() -> None:
    (issue,) = check_issues(told(outcome(fix="do not")))
    assert issue["description"] == "apt's lists are stored. Fix: do not"
    assert issue["check_name"] == "LS110 apt-caches"
    assert issue["location"] == {"path": "app/Dockerfile", "lines": {"begin": 7}}


def test_nothing_wrong_is_an_empty_array() -> None:
    assert check_issues(told()) == []
    assert check_issues(told(outcome(state=State.PASSED), outcome(state=State.WAIVED))) == []


def test_what_fails_the_gate_is_worse_than_what_does_not() -> None:
    def severity(state: State, of: Severity) -> int:
        (issue,) = check_issues(told(outcome(state=state, severity=of)))
        return SEVERITIES.index(issue["severity"])

    failing = [severity(State.FAILED, each) for each in Severity]
    reported = [severity(State.REPORTED, each) for each in Severity]
    assert failing == sorted(failing)
    assert reported == sorted(reported)
    assert min(failing) >= max(reported)
    assert severity(State.BROKEN, Severity.ERROR) == SEVERITIES.index("blocker")


def test_a_fingerprint_survives_other_lines_and_other_bytes() -> None:
    (before,) = check_issues(told(outcome("1 kB")))
    (after,) = check_issues(told(outcome("2 GB", places=(Place("Dockerfile", 99, 99),))))
    assert before["fingerprint"] == after["fingerprint"]


def test_hostile_text_stays_text() -> None:
    assert len(check_issues(hostile_told())) == len(
        hostile_told().of(State.FAILED, State.BROKEN, State.REPORTED)
    )
    written = gitlab_report(hostile_told()).decode()
    assert not LOG_COMMAND.search(written)
    assert not UNSAFE.search(written.replace("\n", ""))
