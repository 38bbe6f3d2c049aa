"""What a verdict says of the image as a whole, and what names a result from run to run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.gate.verdict import CheckedImage, Decision, Outcome
from tests.findings import LINES, location
from tests.verdicts import budget, found, verdict


@pytest.mark.parametrize(
    ("outcomes", "decision"),
    [
        ((), Decision.PASSED),
        ((Outcome.PASSED, Outcome.SKIPPED, Outcome.WAIVED, Outcome.REPORTED), Decision.PASSED),
        ((Outcome.PASSED, Outcome.FAILED), Decision.FAILED),
    ],
)
def test_only_a_failed_result_fails_the_gate(outcomes: tuple[Outcome, ...], decision: Decision) -> None:
    assert verdict(*(budget(outcome=outcome) for outcome in outcomes)).decision is decision


def test_an_image_that_was_not_read_in_full_neither_passes_nor_fails() -> None:
    reason = "layer 2: ends after 3 bytes"
    assert verdict(undecided=reason).decision is Decision.UNDECIDED
    assert verdict(budget(), undecided=reason).decision is Decision.UNDECIDED


def test_results_of_an_outcome_keep_their_order() -> None:
    first, second = budget(subject="a"), budget(subject="b")
    assert verdict(first, budget(outcome=Outcome.PASSED), second).of(Outcome.FAILED) == (first, second)


def test_the_identity_of_a_result_stays_when_figures_and_lines_change() -> None:
    given = found(location((b"var/lib/apt/lists/x", 20_000_000), lines=LINES))
    (place,) = given.locations
    moved = replace(
        place, layer=place.layer + 3, freed_bytes=1, instruction=replace(place.instruction, lines=None)
    )
    assert replace(given, freed_bytes=1, locations=(moved,)).identity == given.identity
    assert given.identity == ("LS110", "RUN", "")
    assert budget(subject="COPY *", measured=3).identity == ("LS302", "COPY *")


def test_an_image_is_called_by_its_tag_else_as_the_user_called_it() -> None:
    assert CheckedImage("app.tar", tags=("app:1", "app:2")).name == "app:1"
    assert CheckedImage("app.tar").name == "app.tar"
