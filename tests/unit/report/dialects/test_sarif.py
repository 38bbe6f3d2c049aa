"""SARIF: valid for the official schema, on the Dockerfile's lines, the same from run to run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layerscope.report.dialects.outcome import Place, State, Told
from layerscope.report.dialects.sarif import sarif_report
from layerscope.report.printable import LOG_COMMAND, UNSAFE
from layerscope.rules.finding import Severity
from tests.dialect_schemas import check_schema
from tests.told import hostile_told, outcome, told


def run_of(given: Told) -> Any:
    document = json.loads(sarif_report(given))
    check_schema(document, "sarif-2.1.0")
    (run,) = document["runs"]
    return run


def result_of(**fields: Any) -> Any:
    (result,) = run_of(told(outcome(**fields)))["results"]
    return result


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("severity", list(Severity))
def test_every_kind_of_outcome_is_valid(state: State, severity: Severity) -> None:
    run = run_of(told(outcome(state=state, severity=severity, excuse="agreed")))
    assert len(run["results"]) == (state in (State.FAILED, State.REPORTED, State.WAIVED))


def test_a_run_without_results_is_valid() -> None:
    run = run_of(told())
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_a_result_stands_on_the_lines_of_the_dockerfile() -> None:
    (location,) = result_of()["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "app/Dockerfile", "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": 7,
            "endLine": 9,
            "snippet": {"text": "RUN apt-get update \\\n  && true"},
        },
    }


def test_names_of_files_become_uris() -> None:
    result = result_of(places=(Place("a b/é%?#:.Dockerfile"), Place("/srv/Docker file")))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        "a%20b/%C3%A9%25%3F%23%3A.Dockerfile"
    )
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"] == {"uri": "file:///srv/Docker%20file"}
    (location,) = result_of(places=(Place("D:/a b/Dockerfile"),))["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "file:///D:/a%20b/Dockerfile"}


def test_levels_tell_what_fails_the_gate_from_what_does_not() -> None:
    assert result_of(state=State.FAILED, severity=Severity.INFO)["level"] == "error"
    assert result_of(state=State.REPORTED, severity=Severity.WARNING)["level"] == "warning"
    assert result_of(state=State.REPORTED, severity=Severity.INFO)["level"] == "note"


def test_a_rule_brings_its_help_and_results_point_to_it() -> None:
    run = run_of(
        told(
            outcome(rule_id="LS401", rule_name="secret-in-lower-layer"),
            outcome(),
            outcome(state=State.REPORTED),
        )
    )
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["LS110", "LS401"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["LS401", "LS110", "LS110"]
    apt, secret = rules
    assert apt["name"] == "AptCaches"
    assert apt["properties"]["tags"] == ["container-image", "size"]
    assert secret["properties"]["tags"] == ["container-image", "security"]
    assert apt["help"]["markdown"].startswith("## What it finds\n\n")
    assert "## How to fix it" in apt["help"]["markdown"]
    assert "`" not in apt["help"]["text"]
    assert apt["defaultConfiguration"] == {"level": "warning"}


def test_a_waiver_is_a_suppression_with_its_reason() -> None:
    result = result_of(state=State.WAIVED, excuse="ops, until 2027-01-01: next base")
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "ops, until 2027-01-01: next base"}
    ]


def test_what_could_not_be_read_makes_the_run_unsuccessful() -> None:
    run = run_of(told(outcome("layer 3 ends early", state=State.BROKEN), notices=("layer 1: odd",)))
    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {"level": "error", "message": {"text": "layer 3 ends early"}},
                {"level": "note", "message": {"text": "layer 1: odd"}},
            ],
        }
    ]


def test_a_fingerprint_survives_other_lines_other_bytes_and_other_words() -> None:
    before = result_of()
    after = result_of(
        headline="9 GB more", places=(Place("Dockerfile", 70, 71),), freed_bytes=9, state=State.REPORTED
    )
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["partialFingerprints"] != result_of(subject="RUN var/cache/apt")["partialFingerprints"]
    assert before["partialFingerprints"] != result_of(rule_id="LS111")["partialFingerprints"]


def test_results_that_look_alike_have_fingerprints_of_their_own() -> None:
    results = run_of(told(outcome(), outcome(), outcome()))["results"]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(prints)) == 3
    assert all(len(found) == 18 and found.endswith(":1") for found in prints)


def test_images_and_platforms_have_categories_of_their_own_that_tags_do_not_change() -> None:
    one = run_of(told(outcome()))["automationDetails"]["id"]
    assert one == "layerscope/registry.example/app/linux-amd64/"
    assert run_of(told(outcome(), image="registry.example/app:2"))["automationDetails"]["id"] == one
    assert run_of(told(outcome(), repository=""))["automationDetails"]["id"] == "layerscope/linux-amd64/"


def test_hostile_text_stays_text() -> None:
    written = sarif_report(hostile_told()).decode()
    run = run_of(hostile_told())
    assert not LOG_COMMAND.search(written)
    assert not UNSAFE.search(written.replace("\n", ""))
    texts = [result["message"]["text"] for result in run["results"]]
    assert not any("](" in text.replace("\\](", "") for text in texts)  # no link
    assert not any("{0}" in text.replace("{{0}}", "") for text in texts)  # no placeholder
    assert any("{{0}}" in text for text in texts)


def test_the_same_outcomes_give_the_same_bytes() -> None:
    assert sarif_report(hostile_told()) == sarif_report(hostile_told())
