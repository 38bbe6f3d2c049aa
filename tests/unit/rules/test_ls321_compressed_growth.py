"""LS321: how much the blobs grew."""

from __future__ import annotations

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


def test_it_is_about_blobs_as_they_are_stored() -> None:
    sizes = [sum(layer.reading.compressed_bytes for layer in each.layers) for each in (BEFORE, APP)]
    found = measured("compressed-growth", before=BEFORE)
    assert (found.value, found.before) == (sizes[1] - sizes[0], sizes[0])


def test_without_a_baseline_it_is_not_measured() -> None:
    assert "no baseline" in unmeasured("compressed-growth")
