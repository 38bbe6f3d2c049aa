"""LS311: the largest layer."""

from __future__ import annotations

from tests.budget_cases import APP, layers_of, measured
from tests.findings import with_base


def test_the_largest_is_measured_and_the_next_are_named() -> None:
    found = measured("layer-size")
    assert (found.value, layers_of(found)) == (600, [(0, 600), (1, 500), (2, 40)])
    assert found.in_base


def test_one_of_ones_own_is_not_the_base_s() -> None:
    assert not measured("layer-size", with_base(APP, 0)).in_base
