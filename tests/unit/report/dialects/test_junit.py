"""JUnit XML: valid for the schemas that others read it with, whatever an image says."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from layerscope.report.dialects.junit import junit_report
from layerscope.report.dialects.outcome import Figure, State, Told
from tests.dialect_schemas import ANT, JENKINS, check_xsd
from tests.told import hostile_told, outcome, told


def suite_of(given: Told) -> ET.Element:
    (suite,) = ET.fromstring(junit_report(given))
    return suite


SKIPPED = (State.WAIVED, State.SKIPPED)

EVERY_STATE = told(
    *(outcome(f"{state} of it", state=state, details=("layer 3: RUN x",), fix="do not") for state in State)
)


def test_it_is_valid_for_the_schema_of_jenkins() -> None:
    check_xsd(junit_report(EVERY_STATE), JENKINS)
    check_xsd(junit_report(told()), JENKINS)


def test_it_is_valid_for_the_schema_of_ant_where_nothing_is_waived() -> None:
    kept = [each for each in EVERY_STATE.outcomes if each.state not in SKIPPED]
    check_xsd(junit_report(told(*kept, figures=(Figure("wasted", "wasted_bytes", 12000),))), ANT)
    check_xsd(junit_report(told(created=None)), ANT)


def test_hostile_text_is_valid_for_both_schemas_and_makes_no_element() -> None:
    given = hostile_told()
    check_xsd(junit_report(given), JENKINS)
    suite = suite_of(given)
    kinds = [[child.tag for child in case] for case in suite.iter("testcase")]
    wanted = {State.FAILED: ["failure"], State.BROKEN: ["error"]} | {key: ["skipped"] for key in SKIPPED}
    assert kinds == [wanted.get(each.state, []) for each in given.outcomes]
    kept = [each for each in given.outcomes if each.state not in SKIPPED]
    check_xsd(junit_report(told(*kept, image=given.image, notices=given.notices)), ANT)


def test_each_outcome_is_a_test_case_and_they_are_counted() -> None:
    suite = suite_of(EVERY_STATE)
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "1", "skipped": "2"}
    assert len(suite.findall("testcase")) == 6
    assert "skipped" not in suite_of(told(outcome())).attrib


def test_a_failure_says_where_what_and_what_to_do() -> None:
    failure = suite_of(told(outcome(details=("layer 3: RUN x",), fix="do not", example="RUN y"))).find(
        "testcase/failure"
    )
    assert failure is not None
    assert failure.attrib == {"message": "apt's lists are stored", "type": "LS110"}
    assert failure.text == "app/Dockerfile:7\nlayer 3: RUN x\nfix: do not\nRUN y"


def test_a_test_case_keeps_its_name_when_figures_change() -> None:
    def names(*headlines: str) -> list[str | None]:
        return [case.get("name") for case in suite_of(told(*map(outcome, headlines))).iter("testcase")]

    assert names("1 B", "2 B") == names("3 GB", "4 GB")
    assert names("1 B", "2 B") == [
        "LS110 apt-caches (RUN var/lib/apt/lists)",
        "LS110 apt-caches (RUN var/lib/apt/lists) #2",
    ]


@pytest.mark.parametrize(
    ("created", "timestamp"),
    [
        ("2023-11-14T22:13:20.5Z", "2023-11-14T22:13:20"),
        ("2023-99-14T22:13:20Z", "1970-01-01T00:00:00"),
        ("0000000000", "1970-01-01T00:00:00"),
        (None, "1970-01-01T00:00:00"),
    ],
)
def test_the_time_stamp_is_the_images_and_no_clock_s(created: str | None, timestamp: str) -> None:
    assert suite_of(told(created=created)).get("timestamp") == timestamp


def test_what_fails_nothing_and_notices_are_in_the_output_of_the_suite() -> None:
    suite = suite_of(told(outcome("caches", state=State.REPORTED), notices=("layer 1: odd",)))
    assert suite.findtext("system-out") == "LS110 apt-caches: caches"
    assert suite.findtext("system-err") == "layer 1: odd"
