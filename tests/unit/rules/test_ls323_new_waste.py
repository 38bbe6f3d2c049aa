"""LS323: how much more one's own layers waste."""

from __future__ import annotations

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


def test_it_is_the_difference_and_stands_where_bytes_were_hidden() -> None:
    found = measured("new-waste", before=BEFORE)
    assert (found.value, found.before, layers_of(found)) == (400, 0, [(2, 400)])
    assert measured("new-waste", before=APP).value == 0


def test_what_the_base_wastes_is_left_out_where_it_is_known() -> None:
    assert measured("new-waste", with_base(APP, 3), before=BEFORE).value == 0
    assert measured("new-waste", with_base(APP, 0), before=BEFORE).value == 400


def test_without_a_baseline_it_is_not_measured() -> None:
    assert "no baseline" in unmeasured("new-waste")
