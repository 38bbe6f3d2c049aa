"""LS305: the wasted part."""

from __future__ import annotations

from tests.analyses import analysis
from tests.budget_cases import measured


def test_it_is_wasted_by_stored() -> None:
    assert measured("wasted-ratio").value == 400 / 1140


def test_nothing_is_wasted_of_nothing() -> None:
    assert measured("wasted-ratio", analysis()).value == 0.0
