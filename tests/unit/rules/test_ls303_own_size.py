"""LS303: what one's own layers store."""

from __future__ import annotations

from tests.budget_cases import APP, layers_of, measured
from tests.findings import with_base


def test_the_base_does_not_count() -> None:
    found = measured("own-size")
    assert (found.value, layers_of(found)) == (540, [(1, 500), (2, 40)])


def test_without_a_base_all_is_ones_own() -> None:
    assert measured("own-size", with_base(APP, 0)).value == 1140
