"""LS304: all that is stored and hidden."""

from __future__ import annotations

from tests.budget_cases import APP, layers_of, measured
from tests.findings import with_base


def test_waste_is_the_ledger_s_and_stands_where_it_was_stored() -> None:
    found = measured("wasted-bytes")
    assert (found.value, layers_of(found)) == (400, [(1, 300), (0, 100)])
    assert not found.in_base


def test_waste_that_the_base_made_alone_is_the_base_s() -> None:
    assert measured("wasted-bytes", with_base(APP, 3)).in_base
