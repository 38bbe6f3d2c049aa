"""LS310: layers, the base's and empty ones too."""

from __future__ import annotations

from tests.analyses import analysis, step
from tests.budget_cases import measured


def test_all_layers_count() -> None:
    assert measured("layer-count").value == 3
    assert measured("layer-count", analysis(step(), step())).value == 2
