"""LS162: files that carry the time of the build."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.analysis.analyze import Analysis
from layerscope.rules.finding import Role, Severity
from tests.analyses import analysis, step
from tests.builders import file
from tests.rule_cases import findings, on_base

BUILT = 1_714_557_600  # 2024-05-01T10:00:00Z
DATE = "2024-05-01T10:00:00.123456789Z"
LATER = "2024-05-01T10:05:00Z"


def built(dates: list[str | None], *times: list[int]) -> Analysis:
    """An image whose layers have files of these times, made at these dates."""
    image = analysis(
        *[step(*[file(f"f{number}", b"x", mtime=time) for number, time in enumerate(some)]) for some in times]
    )
    layers = []
    for layer, date in zip(image.layers, dates, strict=True):
        assert layer.layer.instruction is not None
        dated = replace(layer.layer, instruction=replace(layer.layer.instruction, created=date))
        layers.append(replace(layer, layer=dated))
    return replace(image, layers=tuple(layers))


def test_times_of_the_build_are_found_in_the_layers_that_have_them() -> None:
    image = built([DATE, LATER], [BUILT - 30, BUILT - 20], [5, 6])
    (found,) = findings("LS162", image)
    assert [(place.layer, place.role) for place in found.locations] == [(0, Role.CONCERNED)]
    assert (found.freed_bytes, found.severity) == (0, Severity.INFO)


@pytest.mark.parametrize(
    ("dates", "times"),
    [
        ([DATE], [BUILT, BUILT]),  # clamped to one time
        ([DATE], [BUILT - 90_000, BUILT - 80_000]),  # of the sources
        ([DATE], [BUILT + 100, BUILT + 200]),  # of the future
        ([None], [BUILT, BUILT - 1]),
        (["yesterday"], [BUILT, BUILT - 1]),
        (["1970-01-01T00:00:00Z"], [0, 1]),
        (["0001-01-01T00:00:00+14:00"], [0, 1]),
    ],
)
def test_other_times_are_no_fault(dates: list[str | None], times: list[int]) -> None:
    assert findings("LS162", built(dates, times)) == ()


def test_one_date_for_all_instructions_was_set() -> None:
    assert findings("LS162", built([DATE, DATE], [BUILT - 1, BUILT], [BUILT - 2, BUILT])) == ()


def test_layers_of_the_base_do_not_count() -> None:
    image = built([DATE, LATER], [BUILT - 1, BUILT], [5])
    assert findings("LS162", on_base(image)) == ()
