"""The layers of many images, each different blob read once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from layerscope import api
from layerscope.blobs.location import FileRange
from layerscope.image import read_work
from layerscope.image.image import Image
from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions, read_range
from layerscope.image.read_layers import DistinctLayer
from tests.builders import file, image, layer
from tests.media import docker_archive, write_medium, write_tar
from tests.unit.test_read_layers import seen

BASE = layer(file("bin/sh", b"#!" * 400), file("etc/passwd", b"root"))
TOP_A, TOP_B = layer(file("app", b"a" * 99)), layer(file("app", b"b" * 99))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[FileRange]:
    """Every blob that is parsed, in order."""
    blobs: list[FileRange] = []

    def counted(where: FileRange, options: ReadOptions, progress: Any = None) -> LayerReading:
        blobs.append(where)
        return read_range(where, options, progress)

    monkeypatch.setattr(read_work, "read_range", counted)
    return blobs


@contextmanager
def opened(*paths: Path) -> Iterator[list[Image]]:
    with ExitStack() as stack:
        sources = [stack.enter_context(api.open_source(str(path))) for path in paths]
        yield [
            source.open(source.candidates()[0], str(path))
            for source, path in zip(sources, paths, strict=True)
        ]


def distinct(*paths: Path, **options: Any) -> list[DistinctLayer]:
    with opened(*paths) as images:
        return list(api.read_distinct(images, **options))


def uses(layers: list[DistinctLayer]) -> list[list[tuple[int, int]]]:
    return [[(use.image, use.layer.index) for use in layer.uses] for layer in layers]


def saved(path: Path, *layers: bytes, medium: str = "docker-archive") -> Path:
    return write_medium(medium, image(*layers), path)


@pytest.mark.parametrize("medium", ["docker-archive", "oci-archive-gzip", "oci", "dir"])
@pytest.mark.parametrize("jobs", [1, 3])
def test_copies_in_several_files_are_parsed_once(
    medium: str, jobs: int, tmp_path: Path, parsed: list[FileRange]
) -> None:
    paths = [
        saved(tmp_path / "1", BASE, TOP_A, medium=medium),
        saved(tmp_path / "2", BASE, TOP_B, medium=medium),
        saved(tmp_path / "3", BASE, TOP_A, medium=medium),
    ]
    found = distinct(*paths, jobs=jobs)
    assert uses(found) == [[(0, 0), (1, 0), (2, 0)], [(0, 1), (2, 1)], [(1, 1)]]
    assert len(parsed) == 3
    for each in found:
        assert {id(use.reading.changeset) for use in each.uses} == {id(each.reading.changeset)}


def test_each_reading_is_what_reading_the_image_alone_gives(tmp_path: Path) -> None:
    paths = [saved(tmp_path / "1", BASE, TOP_A), saved(tmp_path / "2", BASE, TOP_B)]
    alone = [api.inspect(str(path)) for path in paths]
    for each in distinct(*paths):
        for use in each.uses:
            assert seen(use.reading) == seen(alone[use.image].layers[use.layer.index].reading)


def test_one_tar_in_two_compressions_comes_twice_with_one_diff_id(tmp_path: Path) -> None:
    plain = saved(tmp_path / "1", BASE)
    packed = saved(tmp_path / "2", BASE, medium="oci-gzip")
    found = distinct(plain, packed)
    assert uses(found) == [[(0, 0)], [(1, 0)]]
    assert len({each.reading.diff_id for each in found}) == 1
    assert len({each.reading.digest for each in found}) == 2


def test_a_copy_that_is_not_what_it_promises_is_read_and_said(
    tmp_path: Path, parsed: list[FileRange]
) -> None:
    """The bytes are as many, and the image promises the base's diff ID."""
    good = saved(tmp_path / "1", BASE)
    other = BASE.replace(b"#!" * 400, b"#?" * 400)
    members = docker_archive(image(BASE))
    (name,) = [name for name, content in members.items() if content == BASE]
    write_tar(members | {name: other}, tmp_path / "2")
    found = distinct(good, tmp_path / "2")
    assert uses(found) == [[(0, 0)], [(1, 0)]]
    assert len(parsed) == 2
    codes = [[notice.code for notice in each.uses[0].reading.notices] for each in found]
    assert codes == [[], ["diff-id-mismatch"]]
    assert found[0].reading.changeset.content_digests != found[1].reading.changeset.content_digests


def test_a_first_copy_that_is_wrong_does_not_stand_for_the_others(tmp_path: Path) -> None:
    members = docker_archive(image(BASE))
    (name,) = [name for name, content in members.items() if content == BASE]
    write_tar(members | {name: TOP_A}, tmp_path / "1")
    good = saved(tmp_path / "2", BASE)
    found = distinct(tmp_path / "1", good, saved(tmp_path / "3", BASE))
    assert [use.image for each in found for use in each.uses] == [0, 1, 2]
    assert found[0].reading.diff_id != found[1].reading.diff_id
    assert all(use.reading.notices == () for each in found[1:] for use in each.uses)


def test_without_verification_a_promise_is_not_believed(tmp_path: Path, parsed: list[FileRange]) -> None:
    paths = [saved(tmp_path / "1", BASE), saved(tmp_path / "2", BASE)]
    assert uses(distinct(*paths, verify=False)) == [[(0, 0)], [(1, 0)]]
    assert len(parsed) == 2


def test_a_blob_of_one_layout_is_read_once_also_without_verification(
    tmp_path: Path, parsed: list[FileRange]
) -> None:
    path = saved(tmp_path / "1", BASE, TOP_A, medium="oci")
    assert uses(distinct(path, path, verify=False)) == [[(0, 0), (1, 0)], [(0, 1), (1, 1)]]
    assert len(parsed) == 2


def test_layers_that_are_not_there_come_one_by_one(tmp_path: Path) -> None:
    for name in "12":
        root = saved(tmp_path / name, BASE, TOP_A, medium="oci")
        with opened(root) as (opened_image,):
            blob = opened_image.layers[1].blob
        assert blob is not None
        blob.path.unlink()
    found = distinct(tmp_path / "1", tmp_path / "2")
    assert uses(found) == [[(0, 0), (1, 0)], [(0, 1)], [(1, 1)]]
    assert [each.uses[0].layer.absent is None for each in found] == [True, False, False]


def test_a_damaged_copy_is_damaged_alone(tmp_path: Path) -> None:
    good = saved(tmp_path / "1", BASE)
    members = docker_archive(image(BASE))
    (name,) = [name for name, content in members.items() if content == BASE]
    write_tar(members | {name: BASE[:700]}, tmp_path / "2")
    found = distinct(tmp_path / "2", good)
    assert [each.reading.error is None for each in found] == [False, True]
    assert found[1].uses[0].reading.notices == ()


def test_few_readings_are_held_before_they_are_asked_for(
    tmp_path: Path, parsed: list[FileRange], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_work, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(read_work.ReadWork, "_start_worker", lambda *_: None)  # so that `parsed` sees all
    paths = [saved(tmp_path / str(i), layer(file("a", b"%d" % i))) for i in range(60)]
    with opened(*paths) as images:
        reading = api.read_distinct(images, jobs=4)
        next(reading)
        held = len(parsed)
        rest = list(reading)
    assert 1 <= held <= 1 + 16 + 4
    assert len(rest) == 59


@pytest.mark.parametrize("jobs", [1, 4])
def test_progress_never_goes_back(jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_work, "PARALLEL_BYTES", 0)
    paths = [saved(tmp_path / str(i), BASE, layer(file("a", b"%d" % i))) for i in range(4)]
    reports: list[tuple[int, int]] = []
    distinct(*paths, jobs=jobs, progress=lambda done, total: reports.append((done, total)))
    assert reports == sorted(reports)
    assert reports[-1][0] <= reports[-1][1]
