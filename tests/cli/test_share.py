"""`layerscope share` as a process: which images it takes, what it prints, what it exits with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from layerscope.report.schema import schema_text
from tests.builders import Member, file, image, layer
from tests.cli.conftest import saved
from tests.cli.running import environment, layerscope
from tests.media import docker_archive, oci_layout, write_directory, write_medium, write_tar

BASE = layer(*(file(f"usr/{n}", b"b%d" % n * 100) for n in range(20)))
LATER = 1_000_000_700


def app(mtime: int = 1_000_000_000, *more: Member) -> bytes:
    return layer(*(file(f"srv/{n}", b"a%d" % n * 50, mtime=mtime) for n in range(20)), *more)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of one base: two builds of one application, another one; a note; a layout in a directory."""
    place = tmp_path_factory.mktemp("images")
    saved(place / "one.tar", BASE, app(), tags=("app:one",))
    saved(place / "two.tar", BASE, app(LATER), tags=("app:two",))
    history = ({"created_by": "RUN step 0"}, {"created_by": "COPY x /"})
    other = image(BASE, layer(file("x", b"1")), tags=("other:1",), history=history)
    write_directory(oci_layout(other), place / "layout")
    (place / "README").write_text("these are images")
    return place


def names(*arguments: object) -> list[str]:
    ended = layerscope("share", *arguments, "--format", "json")
    assert ended.code == 0, ended.err
    return [each["name"] for each in json.loads(ended.out)["images"]]


def test_a_directory_means_all_images_in_it(directory: Path) -> None:
    ended = layerscope("share", directory)
    assert (ended.code, ended.err) == (0, "")
    assert "3, which use 6 layers: 4 different layers" in ended.text
    assert "20 paths differ in mtime only: srv/10, srv/11, srv/12 and 17 more" in ended.text
    assert "note  left out:" in ended.text
    assert "README: not an image" in ended.text


@pytest.mark.parametrize("output_format", ["text", "markdown", "html"])
def test_two_images_of_one_name_are_told_apart_by_their_files(tmp_path: Path, output_format: str) -> None:
    for name in ("old", "new"):
        saved(tmp_path / f"{name}.tar", BASE, app(LATER if name == "new" else 0), tags=("app:one",))
    told = layerscope("share", "old.tar", "new.tar", "--format", output_format, cwd=tmp_path).text
    assert "app:one (old.tar)" in told
    assert "app:one (new.tar)" in told


def test_files_globs_and_directories_mean_the_same(directory: Path, tmp_path: Path) -> None:
    both = ["app:one", "app:two"]
    assert names(directory / "one.tar", directory / "two.tar") == both
    assert names(f"{directory}/*.tar") == both
    assert names(f"{directory}/[ot]*.tar", directory / "one.tar") == both
    assert names(directory / "layout") == ["other:1"]
    archives = tmp_path / "archives"
    archives.mkdir()
    for name in ("one.tar", "two.tar"):
        shutil.copy(directory / name, archives / name)
    assert names(archives) == both


def test_one_archive_with_many_images_means_all_of_them(tmp_path: Path) -> None:
    specs = [image(BASE, layer(file("app", b"%d" % n)), tags=(f"app:{n}",)) for n in range(5)]
    path = write_tar(docker_archive(*specs), tmp_path / "all.tar")
    assert names(path) == [f"app:{n}" for n in range(5)]
    assert names(f"docker-archive:{path}:app:3") == ["app:3"]
    piped = layerscope("share", "-", "--format", "json", input=path.read_bytes())
    assert len(json.loads(piped.out)["images"]) == 5


def test_json_is_what_the_schema_says(directory: Path) -> None:
    document = json.loads(layerscope("share", directory, "--format", "json").out)
    schema = json.loads(schema_text("share.schema.json"))
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    (relation,) = document["relations"]
    assert relation["kind"] == "twin"
    assert list(relation["remedies"]) == ["source_date_epoch"]
    assert document["registry"]["shared_bytes"] == 2 * len(BASE)
    assert [each["images"] for each in document["overlaps"]] == [[0, 1], [0, 2], [1, 2]]


def test_markdown_has_the_relations_and_their_fix(directory: Path) -> None:
    text = layerscope("share", directory, "--format", "markdown").text
    assert "### What could be shared and is not" in text
    assert "Fix: build with SOURCE_DATE_EPOCH" in text
    assert "| 0 | `app:one` | 2 |" not in text  # images come in the order of their names: layout first
    assert "| 1 | `app:one` | 2 |" in text


def test_images_of_different_media_share_their_layers(tmp_path: Path) -> None:
    spec = image(BASE, app())
    media = ("docker-archive", "oci", "docker-archive-gzip-outside", "dir")
    paths = [write_medium(medium, spec, tmp_path / medium) for medium in media]
    document = json.loads(layerscope("share", *paths, "--format", "json").out)
    assert [each["layers"] for each in document["images"]] == [[0, 1]] * 4
    assert document["registry"]["once_bytes"] == len(BASE) + len(app())
    assert document["relations"] == []


@pytest.mark.parametrize(
    ("argument", "code", "message"),
    [
        ("nowhere", 3, "nowhere: no such file or directory"),
        ("nowhere/*.tar", 3, "nowhere/*.tar: no file matches"),
        ("README", 4, "README: not an image"),
        ("empty", 3, "empty: neither an image nor a directory with images in it"),
        ("notes", 3, "notes: no image in it"),
    ],
)
def test_what_is_no_image_is_an_error_where_it_was_named(
    directory: Path, tmp_path: Path, argument: str, code: int, message: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    for place in (tmp_path, tmp_path / "notes"):
        shutil.copy(directory / "README", place / "README")
    ended = layerscope("share", argument, cwd=tmp_path)
    assert (ended.code, ended.out) == (code, b"")
    assert message in ended.err


def test_a_damaged_image_is_counted_as_far_as_it_goes_and_is_no_success(damaged: Path, archive: Path) -> None:
    ended = layerscope("share", archive, damaged, "--format", "json")
    assert ended.code == 4
    assert str(damaged) in ended.err
    document = json.loads(ended.out)
    assert (document["complete"], [each["complete"] for each in document["images"]]) == (False, [True, False])
    assert "layer 1" in document["images"][1]["error"]


def test_a_layer_that_is_not_there_can_be_let_pass(tmp_path: Path) -> None:
    layout = write_directory(oci_layout(image(BASE, app())), tmp_path / "layout")
    lost = max((layout / "blobs/sha256").iterdir(), key=lambda path: path.stat().st_size)
    lost.unlink()
    assert layerscope("share", layout).code == 3
    passed = layerscope("share", layout, "--allow-partial", "--format", "json")
    assert (passed.code, json.loads(passed.out)["complete"]) == (0, False)


def test_the_output_is_none_of_the_images(directory: Path) -> None:
    target = directory / "one.tar"
    before = target.read_bytes()
    for given in (directory, target, f"{directory}/*.tar"):
        assert layerscope("share", given, "-o", target).code == 2
    assert target.read_bytes() == before


@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "html"])
def test_secrets_and_escape_sequences_are_not_shown(tmp_path: Path, output_format: str) -> None:
    secret = "ghp_" + "Aa1" * 12
    history = ({"created_by": f"RUN \x1b[2J curl -H 'Authorization: Bearer {secret}' x.test # buildkit"},)
    for n in range(2):
        tar = layer(*(file(f"\x1b[1m{i}", b"x" * 9, mtime=1_000_000_000 + n) for i in range(3)))
        saved(tmp_path / f"{n}.tar", tar, history=history, tags=(f"app\x1b[31m:{n}",))
    ended = layerscope("share", tmp_path, "-f", output_format)
    assert ended.code == 0
    assert "Aa1Aa1" not in ended.text
    assert "\x1b" not in ended.text
    assert "***" in ended.text


def test_the_output_is_the_same_bytes_every_time(directory: Path) -> None:
    seeds = [
        environment(PYTHONHASHSEED=seed, LC_ALL=locale) for seed, locale in (("1", "C"), ("2", "C.UTF-8"))
    ]
    for output_format in ("json", "markdown"):
        runs = [layerscope("share", directory, "-f", output_format, env=seed).out for seed in seeds]
        assert runs[0] == runs[1]


def test_the_page_is_that_of_the_report(directory: Path) -> None:
    images = [directory / name for name in ("one.tar", "two.tar", "layout")]
    page = layerscope("share", *images, "--format", "html")
    assert (page.code, page.err) == (0, "")
    assert page.out == layerscope("report", *images).out


def test_chunks_are_counted_where_that_is_asked_for(directory: Path) -> None:
    ended = layerscope("share", directory, "--chunks")
    assert (ended.code, ended.err) == (0, "")
    for scheme in ("zstd:chunked", "nydus", "estargz"):
        assert f"\n{scheme} " in ended.text
    found = json.loads(layerscope("share", directory, "--chunks", "-f", "json").out)
    assert [each["scheme"] for each in found["chunks"]] == ["zstd:chunked", "nydus", "estargz"]
    assert {each["chunk_bytes"] for each in found["chunks"]} == {found["files"]["file_bytes"]}


def test_without_numpy_it_is_said_what_to_install(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('not here')")
    ended = layerscope("share", directory, "--chunks", env=environment() | {"PYTHONPATH": str(tmp_path)})
    assert ended.code == 9
    assert "pip install 'layerscope[chunks]'" in ended.err
