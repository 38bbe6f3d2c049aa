"""`layerscope diff` as a process: what it prints, what it exits with, what it never shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from layerscope.report.schema import schema_text
from tests.builders import file, image, layer, symlink
from tests.cli.conftest import saved
from tests.cli.running import environment, layerscope
from tests.media import docker_archive, write_medium, write_tar

BASE = layer(file("base", b"b" * 1000))
LATER = 1_000_000_700


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two builds of one Dockerfile: other times, other bytecode, another log."""
    directory = tmp_path_factory.mktemp("builds")

    def build(name: str, mtime: int, text: bytes) -> Path:
        app = layer(
            *(file(f"app/{n}", b"x" * n, mtime=mtime) for n in range(40)),
            file("app/__pycache__/a.pyc", text, mtime=mtime),
            file("var/log/build.log", text, mtime=mtime),
        )
        return saved(directory / name, BASE, app, tags=(f"app:{name}",))

    return build("one.tar", 1_000_000_000, b"one"), build("two.tar", LATER, b"two")


def test_two_builds_are_told_apart_with_their_causes(builds: tuple[Path, Path]) -> None:
    ended = layerscope("diff", *builds)
    assert (ended.code, ended.err) == (0, "")
    assert "1 kept, 1 rebuilt" in ended.text
    assert "40 paths differ in mtime only" in ended.text
    assert "2 paths have other contents: app/__pycache__/a.pyc, var/log/build.log" in ended.text
    assert "PYTHONDONTWRITEBYTECODE=1" in ended.text
    assert "SOURCE_DATE_EPOCH" in ended.text


@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "html"])
def test_exit_code_is_1_for_a_difference_and_only_when_asked_for(
    builds: tuple[Path, Path], output_format: str
) -> None:
    one, two = builds
    assert layerscope("diff", one, two, "-f", output_format).code == 0
    differing = layerscope("diff", one, two, "-f", output_format, "--exit-code")
    assert (differing.code, differing.err) == (1, "")
    assert differing.out
    assert layerscope("diff", one, one, "-f", output_format, "--exit-code").code == 0


def test_json_is_what_the_schema_says(builds: tuple[Path, Path]) -> None:
    document = json.loads(layerscope("diff", *builds, "--format", "json").out)
    schema = json.loads(schema_text("diff.schema.json"))
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    assert document["differs"]
    assert document["layers"][1]["cause"] == "content"
    assert [each["cause"] for each in document["irreproducible"]] == ["mtimes", "bytecode", "logs"]
    assert document["pull"]["pulled_layers"] == 1


def test_the_same_image_in_two_media_does_not_differ(tmp_path: Path) -> None:
    spec = image(BASE, layer(file("app", b"1")))
    paths = [
        write_medium(name, spec, tmp_path / name)
        for name in ("docker-archive", "oci-gzip", "oci-archive-zstd")
    ]
    assert layerscope("diff", paths[0], paths[1], "--exit-code").code == 0
    assert layerscope("diff", paths[2], paths[0], "--exit-code").code == 0
    recompressed = layerscope("diff", paths[1], paths[2], "--exit-code", "--format", "json")
    assert recompressed.code == 1
    causes = [pair["cause"] for pair in json.loads(recompressed.out)["layers"]]
    assert causes == ["compression", "compression"]


def test_one_image_may_come_from_standard_input(builds: tuple[Path, Path]) -> None:
    one, two = builds
    piped = layerscope("diff", one, "-", "--format", "json", input=two.read_bytes())
    document = json.loads(piped.out)
    expected = json.loads(layerscope("diff", one, two, "--format", "json").out)
    document["new"]["image"]["reference"] = expected["new"]["image"]["reference"] = ""
    assert document == expected
    both = layerscope("diff", "-", "-", input=one.read_bytes())
    assert (both.code, "standard input can be one of the two images" in both.err) == (2, True)


def test_images_of_one_file_are_named_by_transport(tmp_path: Path) -> None:
    specs = [image(BASE, layer(file("app", text)), tags=(f"app:{text.decode()}",)) for text in (b"1", b"2")]
    path = write_tar(docker_archive(*specs), tmp_path / "both.tar")
    asked = layerscope("diff", path, path)
    assert asked.code == 3
    assert f"docker-archive:{path}:app:1" in asked.err
    ended = layerscope(
        "diff", f"docker-archive:{path}:app:1", f"docker-archive:{path}:app:2", "--format", "json"
    )
    assert [pair["fate"] for pair in json.loads(ended.out)["layers"]] == ["kept", "rebuilt"]


def test_an_image_that_is_not_there_in_full_is_no_success(damaged: Path, archive: Path) -> None:
    ended = layerscope("diff", archive, damaged, "--exit-code")
    assert ended.code == 4
    assert "the new image could not be read in full" in ended.text


def test_the_output_is_none_of_the_images(builds: tuple[Path, Path]) -> None:
    one, two = builds
    before = two.read_bytes()
    assert layerscope("diff", one, two, "-o", two).code == 2
    assert two.read_bytes() == before


@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "html"])
def test_secrets_and_escape_sequences_are_not_shown(tmp_path: Path, output_format: str) -> None:
    def build(name: str, secret: str) -> Path:
        history = ({"created_by": f"RUN curl -H 'Authorization: Bearer {secret}' x.test # buildkit"},)
        config = {"Env": [f"API_TOKEN={secret}"], "Labels": {"a\x1b[31m": f"\x1b]0;{secret[:3]}"}}
        tar = layer(file(b"caf\xe9\x1b[2J", secret.encode()), symlink("l", to="\x1b[1m"))
        return saved(tmp_path / name, tar, history=history, execution=config)

    old, new = build("old.tar", "ghp_" + "Aa1" * 12), build("new.tar", "ghp_" + "Bb2" * 12)
    ended = layerscope("diff", old, new, "-f", output_format)
    assert ended.code == 0
    assert "Aa1Aa1" not in ended.text
    assert "Bb2Bb2" not in ended.text
    assert "\x1b" not in ended.text
    assert "***" in ended.text


def test_the_output_is_the_same_bytes_in_every_locale(builds: tuple[Path, Path]) -> None:
    locales = [{"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"}]
    runs = [layerscope("diff", *builds, "-f", "markdown", env=environment(**locale)) for locale in locales]
    assert len({ended.out for ended in runs}) == 1


def test_the_page_is_that_of_the_report(builds: tuple[Path, Path]) -> None:
    page = layerscope("diff", *builds, "--format", "html")
    assert (page.code, page.err) == (0, "")
    assert page.out == layerscope("report", *builds).out
