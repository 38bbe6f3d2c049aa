"""LS307: what one's own layers hid, whoever stored it."""

from __future__ import annotations

from tests.budget_cases import APP, layers_of, measured
from tests.findings import with_base


def test_bytes_count_for_the_layer_that_hid_them() -> None:
    found = measured("own-wasted-bytes")
    assert (found.value, layers_of(found)) == (400, [(2, 400)])


def test_what_the_base_hid_does_not_count() -> None:
    assert measured("own-wasted-bytes", with_base(APP, 3)).value == 0
