"""LS302: the contents of all layers, hidden ones too."""

from __future__ import annotations

from tests.analyses import analysis
from tests.budget_cases import layers_of, measured


def test_what_later_layers_hide_counts_too() -> None:
    found = measured("image-size")
    assert found.value == 1140
    assert layers_of(found) == [(0, 600), (1, 500), (2, 40)]


def test_an_image_without_layers_has_no_size() -> None:
    assert measured("image-size", analysis()).value == 0
