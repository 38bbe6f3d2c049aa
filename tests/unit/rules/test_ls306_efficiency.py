"""LS306: the live part; less fails."""

from __future__ import annotations

from layerscope.rules.measuring import Bound
from layerscope.rules.registry import budget
from tests.analyses import analysis
from tests.budget_cases import measured


def test_it_is_live_by_stored() -> None:
    assert measured("efficiency").value == 740 / 1140
    assert budget("efficiency").bound is Bound.AT_LEAST


def test_nothing_is_all_live() -> None:
    assert measured("efficiency", analysis()).value == 1.0
