"""LS300: nothing is compared with nothing without a word."""

from __future__ import annotations

from layerscope.rules.registry import budget
from tests.budget_cases import APP, measured


def test_it_is_asked_whether_there_is_a_baseline() -> None:
    assert measured("missing-baseline").value == 1
    assert measured("missing-baseline", before=APP).value == 0


def test_no_configuration_sets_it() -> None:
    assert not budget("LS300").settable
