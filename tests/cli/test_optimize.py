"""`layerscope optimize` as a process: what it prints, what it exits with, what it leaves behind."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from layerscope.report.units import size
from tests.builders import directory, file, image, layer, whiteout
from tests.cli.running import environment, layerscope
from tests.media import write_medium


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """An image in which a layer removes what another stored."""
    layers = (
        layer(directory("srv"), file("srv/app", b"a" * 400_000), file("srv/\x1b[31mtmp", b"t" * 600_000)),
        layer(directory("srv"), whiteout("srv/\x1b[31mtmp")),
    )
    return write_medium("docker-archive", image(*layers), tmp_path / "app.tar")


def test_the_plan_is_printed_before_the_result(saved: Path, tmp_path: Path) -> None:
    ended = layerscope("optimize", saved, "-o", tmp_path / "slim.tar")
    assert (ended.code, ended.err) == (0, "")
    assert ended.text.index("Layers") < ended.text.index("Written:")
    assert "loses 1 record and 600.0 kB of contents" in ended.text
    assert "the root filesystem is the same" in ended.text
    assert "\x1b" not in ended.text


def test_a_dry_run_writes_nothing(saved: Path, tmp_path: Path) -> None:
    ended = layerscope("optimize", saved, "--dry-run", "-o", tmp_path / "slim.tar")
    assert (ended.code, ended.err) == (0, "")
    assert "Written" not in ended.text
    assert [path.name for path in tmp_path.iterdir()] == ["app.tar"]


def test_json_has_the_plan_and_the_result(saved: Path, tmp_path: Path) -> None:
    planned = json.loads(layerscope("optimize", saved, "--dry-run", "--format", "json").out)
    assert planned["written"] is None
    ended = layerscope("optimize", saved, "-o", f"oci:{tmp_path}/slim", "--format", "json")
    document = json.loads(ended.out)
    written = document.pop("written")
    assert document == {key: value for key, value in planned.items() if key != "written"}
    assert document["layers"][0]["content_bytes"] == {"before": 1_000_000, "after": 400_000}
    assert (written["format"], written["wasted_bytes"]) == ("oci", 0)
    assert (tmp_path / "slim" / "blobs" / written["layers"][0]["digest"].replace(":", "/")).is_file()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "needs --output, or --dry-run"),
        (["-o", "app.tar"], 2, "this is the image"),
        (["-o", "missing/out.tar"], 8, "No such file"),
        (["-o", "-"], 2, "written to a file"),
        (["-o", "out.tar.gz"], 2, "not compressed as a whole"),
        (["-o", "docker-archive:out.tgz:app:1"], 2, "not compressed as a whole"),
        (["-o", "/dev/full"], 2, "written to a file"),
        (["-o", "docker-archive:/dev/full"], 8, "is there, and is no file"),
        (["-o", "docker-archive:x.tar:a b"], 2, "is no name of an image"),
        (["-o", "docker-archive:"], 2, "no path after"),
        (["--dry-run", "--drop", "everything"], 2, "--drop everything: can drop caches, pyc, docs"),
        (["-o", "x.tar", "--keep-shared-with", "app.tar", "-o", "app.tar"], 2, "would be overwritten"),
        (["--dry-run", "--squash", "1-2"], 2, "is not FROM..TO"),
        (["--dry-run", "--squash", "0..9"], 2, "layers 0 to 1"),
        (["--dry-run", "--recompress", "xz"], 2, "is none of gzip"),
        (["--dry-run", "--keep-shared-with", "gone.tar"], 3, "gone.tar"),
    ],
)
def test_what_is_wrong_is_said(options: list[str], code: int, message: str, saved: Path) -> None:
    ended = layerscope("optimize", saved.name, *options, cwd=saved.parent)
    assert (ended.code, ended.out) == (code, b"")
    assert message in ended.err
    assert [path.name for path in saved.parent.iterdir()] == ["app.tar"]


def test_a_full_disk_leaves_nothing(saved: Path, tmp_path: Path) -> None:
    """A limit on the size of files fails a write as a full disk does."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    ended = layerscope("optimize", saved, "-o", tmp_path / "slim.tar", preexec_fn=limited)
    assert ended.code == 8
    assert "slim.tar" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["app.tar"]


def test_standard_input_is_read_through_a_copy(saved: Path, tmp_path: Path) -> None:
    ended = layerscope("optimize", "-", "-o", tmp_path / "slim.tar", input=saved.read_bytes())
    assert (ended.code, ended.err) == (0, "")
    assert ended.text.startswith("Optimize -\n")
    assert {path.name for path in tmp_path.iterdir()} == {"app.tar", "slim.tar"}


def test_source_date_epoch_is_the_latest_time(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "slim.tar"
    ended = layerscope(
        "optimize", saved, "-o", out, "--reproducible", env=environment(SOURCE_DATE_EPOCH="86400")
    )
    assert (ended.code, ended.err) == (0, "")
    words = " ".join(ended.text.split())
    assert "2 paths have times after 1970-01-02T00:00:00Z and will have that" in words
    assert "the root filesystem is as planned" in ended.text
    without = {key: value for key, value in environment().items() if key != "SOURCE_DATE_EPOCH"}
    document = json.loads(
        layerscope("optimize", out, "--dry-run", "--reproducible", "--format", "json", env=without).out
    )
    assert document["reproducible"] == {"source_date_epoch": 0, "clamped_paths": 2}


@pytest.mark.parametrize("value", ["", "-1", "1.5", "yesterday", "٣"])
def test_a_source_date_epoch_that_is_none_is_refused(value: str, saved: Path, tmp_path: Path) -> None:
    told = environment(SOURCE_DATE_EPOCH=value)
    ended = layerscope("optimize", saved, "-o", tmp_path / "x.tar", "--reproducible", env=told)
    assert (ended.code, ended.out) == (2, b"")
    assert "SOURCE_DATE_EPOCH" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["app.tar"]


def test_another_image_that_is_read_is_not_overwritten(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "base.tar"
    other.write_bytes(saved.read_bytes())
    before = other.read_bytes()
    for option in ("--base", "--keep-shared-with"):
        ended = layerscope("optimize", saved, option, other, "-o", other)
        assert (ended.code, ended.out) == (2, b"")
        assert "is one of the images, and would be overwritten" in ended.err
        assert other.read_bytes() == before


def test_the_image_may_get_another_name(saved: Path, tmp_path: Path) -> None:
    for transport, found in (("docker-archive", "x.test/app:latest"), ("oci", "x.test/app")):
        place = f"{transport}:{tmp_path}/slim-{transport}"
        assert layerscope("optimize", saved, "-o", f"{place}:x.test/app", "-q").code == 0
        image = json.loads(layerscope("inspect", place, "--format", "json").out)["image"]
        assert image["tags"] == [found]


def test_the_plan_fits_into_80_columns_and_says_what_it_comes_to(saved: Path) -> None:
    text = layerscope("optimize", saved, "--dry-run", env=environment(COLUMNS="80")).text
    assert max(map(len, text.splitlines())) <= 80
    document = json.loads(layerscope("optimize", saved, "--dry-run", "--format", "json").out)
    before, after = document["tar_bytes"]["before"], document["tar_bytes"]["after"]
    assert before - after > 600_000
    assert after == document["compressed_bytes"]["after"]
    assert after == sum(each["tar_bytes"]["after"] for each in document["layers"])
    said = f"{size(before)} of tar become {size(after)}, {size(before - after)} less."
    assert said in " ".join(text.split())
