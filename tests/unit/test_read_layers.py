"""Layers read in worker processes give what one process gives."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from layerscope import api
from layerscope.analysis.analyze import Analysis
from layerscope.image import read_work
from layerscope.image.changeset import Changeset
from layerscope.image.layer import LayerReading
from layerscope.image.wire import decode_reading, encode_reading
from layerscope.image.worker import Worker, WorkerLost
from tests.builders import read
from tests.cases import Case
from tests.damage import specimen
from tests.media import write_medium
from tests.unit.test_layer_cases import CASES


def seen(reading: LayerReading) -> dict[str, Any]:
    """All that a reading says; changesets and errors are compared by what they hold."""
    result: dict[str, Any] = {f.name: getattr(reading, f.name) for f in fields(LayerReading)}
    changeset = result.pop("changeset")
    result |= {f"changeset.{f.name}": getattr(changeset, f.name) for f in fields(Changeset)}
    result["error"] = (type(reading.error), str(reading.error))
    return result


@pytest.fixture
def no_image_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start worker processes however few bytes there are."""
    monkeypatch.setattr(read_work, "PARALLEL_BYTES", 0)


def analysis_with(jobs: int, path: Path, **options: Any) -> Analysis:
    return api.inspect(str(path), jobs=jobs, **options)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_reading_survives_the_way_between_processes(case: Case) -> None:
    for tar in case.layers:
        reading = read(tar)
        assert seen(decode_reading(encode_reading(reading))) == seen(reading)


@pytest.mark.usefixtures("no_image_is_too_small")
@pytest.mark.parametrize(
    "medium", ["docker-archive", "oci-archive-gzip", "oci-archive-zstd-frames", "oci", "dir"]
)
def test_worker_processes_read_what_one_process_reads(medium: str, tmp_path: Path) -> None:
    path = write_medium(medium, specimen(), tmp_path / "image")
    one, several = analysis_with(1, path), analysis_with(3, path)
    assert [seen(layer.reading) for layer in several.layers] == [seen(layer.reading) for layer in one.layers]
    assert list(several.rootfs.entries()) == list(one.rootfs.entries())
    assert several.notices == one.notices


@pytest.mark.usefixtures("no_image_is_too_small")
def test_a_damaged_layer_is_the_same_damage_in_a_worker(tmp_path: Path) -> None:
    path = write_medium("oci-gzip", specimen(), tmp_path / "image")
    blob = max((path / "blobs" / "sha256").iterdir(), key=lambda file: file.stat().st_size)
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 255
    blob.write_bytes(content)
    one, several = analysis_with(1, path), analysis_with(3, path)
    assert one.damaged
    assert one.notices == several.notices
    assert [seen(layer.reading) for layer in several.layers] == [seen(layer.reading) for layer in one.layers]


@pytest.mark.usefixtures("no_image_is_too_small")
def test_the_layers_of_a_lost_worker_are_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed for its memory, say."""
    path = write_medium("docker-archive", specimen(), tmp_path / "image")
    expected = analysis_with(1, path)

    def lost(*_: object) -> LayerReading:
        raise WorkerLost("gone")

    monkeypatch.setattr(Worker, "read", lost)
    found = analysis_with(3, path)
    assert [seen(layer.reading) for layer in found.layers] == [
        seen(layer.reading) for layer in expected.layers
    ]


@pytest.mark.usefixtures("no_image_is_too_small")
@pytest.mark.parametrize("jobs", [1, 3])
def test_progress_ends_with_all_stored_bytes(jobs: int, tmp_path: Path) -> None:
    path = write_medium("docker-archive", specimen(), tmp_path / "image")
    reports: list[tuple[int, int]] = []
    analysis = analysis_with(jobs, path, progress=lambda done, total: reports.append((done, total)))
    stored = sum(layer.reading.compressed_bytes for layer in analysis.layers)
    assert reports
    assert {total for _, total in reports} == {stored}
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert reports[-1][0] <= stored


@pytest.mark.usefixtures("no_image_is_too_small")
def test_no_worker_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Worker] = []
    original = Worker.__init__

    def remember(self: Worker) -> None:
        original(self)
        started.append(self)

    monkeypatch.setattr(Worker, "__init__", remember)
    analysis_with(3, write_medium("docker-archive", specimen(), tmp_path / "image"))
    assert started
    assert all(worker._process.returncode is not None for worker in started)


@pytest.mark.usefixtures("no_image_is_too_small")
def test_a_failure_in_a_helper_thread_is_raised_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug kills the worker first, and then the thread that reads the layer in its place."""

    def lost(*_: object) -> LayerReading:
        raise WorkerLost("gone")

    def fails(*_: object) -> LayerReading:
        raise MemoryError

    monkeypatch.setattr(Worker, "read", lost)
    monkeypatch.setattr(read_work, "read_range", fails)
    path = write_medium("docker-archive", specimen(), tmp_path / "image")
    with pytest.raises(MemoryError):
        analysis_with(2, path)
