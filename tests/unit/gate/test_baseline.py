"""A baseline is small, sorted and without secrets; what is read is what was written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from layerscope.analysis.growth_explained import explain_growth
from layerscope.analysis.snapshot import SnapshotBounds, take_snapshot
from layerscope.errors import ConfigurationError
from layerscope.report.baseline import baseline_blocks, masked_snapshot, read_baseline
from tests.analyses import analysis, step
from tests.budget_cases import APP
from tests.builders import Member, analyzed, file, layer
from tests.findings import package, with_packages
from tests.property.strategies import stacks

IMAGE = with_packages(
    APP, package("torch", 30, ecosystem="pypi", added_in=1), package("libc", 50), unowned=(1, 660)
)


def written(*args: object, **bounds: int) -> bytes:
    snapshot = take_snapshot(IMAGE, findings=[("LS101", 400)], bounds=SnapshotBounds(**bounds))
    return b"".join(baseline_blocks(snapshot))


@pytest.mark.parametrize("bounds", [{}, {"files": 1, "directories": 1, "packages": 1}])
def test_what_is_read_is_what_was_written(bounds: dict[str, int]) -> None:
    snapshot = take_snapshot(IMAGE, findings=[("LS101", 400)], bounds=SnapshotBounds(**bounds))
    read = read_baseline(written(**bounds), "b.json")
    assert read == replace(snapshot, reference="b.json", base_name="")
    assert explain_growth(read, snapshot).is_nothing


def test_records_stand_on_lines_of_their_own_in_an_order_that_stays() -> None:
    lines = written().decode().splitlines()
    packages = [json.loads(line.rstrip(","))["package"] for line in lines if line.startswith('{"package"')]
    assert packages == ["deb:libc", "pypi:torch"]
    files = [json.loads(line.rstrip(","))["path"] for line in json_lines(lines) if '"layer"' in line]
    assert files == sorted(files)


def json_lines(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith('{"path"')]


def test_no_reference_and_no_time_is_in_it() -> None:
    moved = replace(
        IMAGE, image=replace(IMAGE.image, reference="/elsewhere/x.tar", created="2030-01-01T00:00:00Z")
    )
    assert b"".join(baseline_blocks(take_snapshot(moved, findings=[("LS101", 400)]))) == written()


def test_a_secret_of_an_instruction_is_masked_and_no_difference() -> None:
    secret = "RUN curl -H 'Authorization: Bearer ghp_16C7e42F292c6912E7710c838347Ae178B4a' x # buildkit"
    image = analysis(step(file("a", b"x" * 9), by=secret))
    content = b"".join(baseline_blocks(take_snapshot(image)))
    assert b"ghp_16C7" not in content
    assert explain_growth(read_baseline(content, "b"), masked_snapshot(take_snapshot(image))).is_nothing


def test_a_path_that_is_no_text_is_kept_exactly() -> None:
    image = analysis(step(file(b"caf\xe9", b"x" * 9)))
    read = read_baseline(b"".join(baseline_blocks(take_snapshot(image))), "b")
    assert [each.path for each in read.files] == [b"caf\xe9"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no baseline that layerscope wrote"),
        (b"[]", "no baseline that layerscope wrote"),
        (b'{"schema_version": 1}', "no baseline that layerscope wrote"),
        (b'{"layerscope_baseline": 0}', "version 0; this layerscope reads version 1; write it anew"),
        (b'{"layerscope_baseline": 2}', "version 2; this layerscope reads version 1; a newer layerscope"),
        (b'{"layerscope_baseline": 1}', "missing required field"),
        (written().replace(b'"own_stored_bytes":540', b'"own_stored_bytes":-1'), "own_stored_bytes"),
        (written().replace(b'"unowned_bytes"', b'"unowned"'), "unowned"),
    ],
)
def test_what_is_none_is_refused_and_named(content: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^b\.json: ") as raised:
        read_baseline(content, "b.json")
    assert message in raised.value.message


@settings(max_examples=30, deadline=None)
@given(stacks)
def test_any_image_has_a_baseline_that_it_has_not_grown_from(stack: list[list[Member]]) -> None:
    snapshot = masked_snapshot(take_snapshot(analyzed(*(layer(*members) for members in stack))))
    read = read_baseline(b"".join(baseline_blocks(snapshot)), "b")
    assert explain_growth(read, snapshot).is_nothing
