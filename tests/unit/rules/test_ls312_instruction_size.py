"""LS312: what the instructions that match a pattern store."""

from __future__ import annotations

from dataclasses import replace

from tests.budget_cases import APP, layers_of, measured, unmeasured
from tests.findings import LINES


def test_the_largest_that_matches_is_measured() -> None:
    assert layers_of(measured("instruction-size", pattern="COPY *")) == [(1, 500)]
    assert layers_of(measured("instruction-size", pattern="* /*")) == [(0, 600), (1, 500)]


def test_the_dockerfile_s_own_words_match_too() -> None:
    lines = replace(LINES, text="COPY \\\n   --chown=1  . /app")
    second = APP.layers[1]
    assert second.layer.instruction is not None
    instruction = replace(second.layer.instruction, lines=lines)
    given = replace(
        APP,
        layers=(
            APP.layers[0],
            replace(second, layer=replace(second.layer, instruction=instruction)),
            APP.layers[2],
        ),
    )
    assert measured("instruction-size", given, "COPY --chown=* /app").value == 500


def test_a_pattern_that_matches_nothing_is_told() -> None:
    assert "no instruction" in unmeasured("instruction-size", pattern="COPY")
