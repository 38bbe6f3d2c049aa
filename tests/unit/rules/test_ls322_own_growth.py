"""LS322: how much one's own layers grew."""

from __future__ import annotations

from layerscope.rules.measuring import Unit
from tests.analyses import analysis, step
from tests.budget_cases import APP, measured, unmeasured
from tests.builders import file
from tests.findings import with_base

BEFORE = with_base(
    analysis(
        step(file("etc/os", b"b" * 400), by="ADD rootfs.tar / # buildkit"),
        step(file("app/a", b"a" * 100), by="COPY . /app # buildkit"),
    ),
    1,
)


def test_what_the_base_gained_does_not_count() -> None:
    found = measured("own-growth", before=BEFORE)
    assert (found.value, found.before) == (440, 100)
    assert measured("own-growth", before=BEFORE, unit=Unit.RATIO).value == 4.4


def test_where_one_base_is_unknown_all_layers_count() -> None:
    assert measured("own-growth", with_base(APP, 0), before=BEFORE).value == 640


def test_without_a_baseline_it_is_not_measured() -> None:
    assert "no baseline" in unmeasured("own-growth")
