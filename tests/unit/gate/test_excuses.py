"""A waiver excuses what it is about, as long and as far as it says, and nothing beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from layerscope.gate.excuses import covers, excused
from layerscope.gate.verdict import Outcome, Result
from layerscope.gate.waivers import Waiver, WaiverState
from layerscope.rules.finding import Role
from tests.findings import LINES, location
from tests.verdicts import budget, found

DAY = date(2027, 1, 31)
FOUND = found(location((b"etc/a/key.pem", 5), (b"etc/b/key.pem", 4), directory=b"etc", lines=LINES))


def waiver(**fields: Any) -> Waiver:
    return Waiver(
        **{"rule_id": "LS110", "owner": "ops", "reason": "so", "expires": DAY, "origin": "here", **fields}
    )


def state(
    given: Waiver, result: Result = FOUND, today: date = DAY, names: tuple[str, ...] = ("app:1",)
) -> Any:
    (result,), uses = excused([result], [given], names, today)
    return result.outcome, uses[0].state if uses else None


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({}, True),
        ({"rule_id": "LS111"}, False),
        ({"path": "etc"}, True),
        ({"path": "etc/**/*.pem"}, True),
        ({"path": "etc/a/key.pem"}, False),  # there is another one
        ({"path": "etc/a"}, False),
        ({"instruction": "RUN make*"}, True),
        ({"instruction": "RUN make && rm -rf x && true"}, True),  # as the Dockerfile has it
        ({"instruction": "COPY *"}, False),
        ({"path": "etc", "instruction": "COPY *"}, False),
        ({"subject": "x"}, False),
    ],
)
def test_everything_that_it_names_has_to_fit(fields: dict[str, Any], covered: bool) -> None:
    assert covers(waiver(**fields), FOUND) is covered


def test_a_path_does_not_excuse_files_that_are_not_named() -> None:
    many = found(location((b"etc/a", 5), files=100, directory=b"etc"))
    assert covers(waiver(path="etc"), many)
    assert not covers(waiver(path="etc/a"), many)
    assert not covers(waiver(path="etc"), budget(rule_id="LS110"))


def test_the_layer_that_hid_something_need_not_fit() -> None:
    hider = location(layer=2, role=Role.HIDDEN, by="RUN rm")
    assert covers(
        waiver(path="etc", instruction="RUN make"), replace(FOUND, locations=(*FOUND.locations, hider))
    )


def test_it_holds_to_the_end_of_its_last_day() -> None:
    assert state(waiver()) == (Outcome.WAIVED, WaiverState.USED)
    assert state(waiver(), today=date(2027, 2, 1)) == (Outcome.FAILED, WaiverState.EXPIRED)


def test_it_reaches_as_far_as_it_says() -> None:
    assert state(waiver(at_most=9)) == (Outcome.WAIVED, WaiverState.USED)
    assert state(waiver(at_most=8)) == (Outcome.FAILED, WaiverState.EXCEEDED)
    size = budget(measured=150, allowed=120)
    assert state(waiver(rule_id="LS302", at_most=150), size)[0] is Outcome.WAIVED
    assert state(waiver(rule_id="LS302", at_most=149), size)[0] is Outcome.FAILED


def test_what_excuses_nothing_is_told() -> None:
    passed = replace(FOUND, outcome=Outcome.REPORTED)
    assert state(waiver(), passed) == (Outcome.REPORTED, WaiverState.UNUSED)
    assert state(waiver(), passed, today=date(2028, 1, 1)) == (Outcome.REPORTED, WaiverState.LAPSED)


def test_one_for_another_image_is_not_this_one_s() -> None:
    assert state(waiver(image="other*")) == (Outcome.FAILED, None)
    assert state(waiver(image="app:*")) == (Outcome.WAIVED, WaiverState.USED)


def test_of_several_the_first_that_holds_is_used() -> None:
    over, good, spare = waiver(expires=date(2020, 1, 1)), waiver(owner="b"), waiver(owner="c")
    (result,), uses = excused([FOUND], [over, good, spare], (), DAY)
    assert (result.outcome, result.waiver) == (Outcome.WAIVED, good)
    assert [use.state for use in uses] == [WaiverState.LAPSED, WaiverState.USED, WaiverState.UNUSED]


def test_one_that_does_not_hold_says_why() -> None:
    (result,), _ = excused([FOUND], [waiver(expires=date(2020, 1, 1))], (), DAY)
    assert result.reason == "the waiver of ops (here) expired: its last day was 2020-01-01"
