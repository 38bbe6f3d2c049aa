"""LS320: how much the image grew since the baseline."""

from __future__ import annotations

from layerscope.rules.measuring import Unit
from tests.analyses import analysis, step
from tests.budget_cases import APP, layers_of, measured, unmeasured
from tests.builders import file
from tests.findings import with_base

BEFORE = with_base(
    analysis(
        step(file("etc/os", b"b" * 400), by="ADD rootfs.tar / # buildkit"),
        step(file("app/a", b"a" * 100), by="COPY . /app # buildkit"),
    ),
    1,
)


def test_it_is_the_difference_in_bytes_or_the_part_of_what_was_there() -> None:
    found = measured("growth", before=BEFORE)
    assert (found.value, found.before) == (640, 500)
    assert measured("growth", before=BEFORE, unit=Unit.RATIO).value == 640 / 500
    assert layers_of(found) == [(1, 400), (2, 40)]


def test_what_shrank_has_grown_by_less_than_nothing() -> None:
    found = measured("growth", BEFORE, before=APP)
    assert (found.value, found.locations) == (-640, ())


def test_what_was_nothing_has_grown_by_more_than_any_part() -> None:
    assert measured("growth", before=analysis(), unit=Unit.RATIO).value > 1e6


def test_without_a_baseline_it_is_not_measured() -> None:
    assert "no baseline" in unmeasured("growth")
