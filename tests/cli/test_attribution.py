"""--base, --dockerfile, --findings, and `layerscope rules`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import layerscope as library
from tests.builders import ImageSpec, file, image, layer, whiteout
from tests.cli.running import environment, layerscope
from tests.media import docker_archive, oci_layout, sha256, write_directory, write_tar

LOWEST = layer(file("etc/base", b"b" * 4000))
SECOND = layer(file("srv/app", b"x" * 3_000_000))
THIRD = layer(whiteout("srv/app"))
HISTORY = (
    {"created_by": "ADD alpine-minirootfs-3.22.1.tar.gz / # buildkit", "created": "2024-01-01T00:00:00Z"},
    {"created_by": "COPY app /srv/ # buildkit", "created": "2024-05-01T00:00:00Z"},
    {"created_by": "RUN /bin/sh -c rm /srv/app # buildkit", "created": "2024-05-01T00:00:00Z"},
)
DOCKERFILE = 'ARG V=1\nFROM base:$V AS build\n\nCOPY app \\\n  /srv/\nRUN rm /srv/app\nCMD ["sh"]\n'


def spec() -> ImageSpec:
    return image(LOWEST, SECOND, THIRD, history=HISTORY)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 MB of its own that it removes again, on a base of one layer."""
    return write_tar(docker_archive(spec()), tmp_path_factory.mktemp("images") / "app.tar")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its base."""
    return write_tar(docker_archive(image(LOWEST)), tmp_path_factory.mktemp("images") / "base.tar")


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    path = tmp_path / "Dockerfile"
    path.write_text(DOCKERFILE, encoding="utf-8")
    return path


def inspected(*arguments: object) -> Any:
    ended = layerscope("inspect", "--format", "json", *arguments)
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def test_a_base_that_is_given_is_told_apart(app: Path, base: Path) -> None:
    found = inspected(app, "--base", base)
    assert found["image"]["base"] == {"layers": 1, "origin": "given", "name": str(base), "digest": None}
    assert [each["in_base"] for each in found["layers"]] == [True, False, False]


@pytest.mark.parametrize("given", [f"sha256:{sha256(LOWEST)}", "none"])
def test_a_base_may_be_a_digest_or_none(app: Path, given: str) -> None:
    assert inspected(app, "--base", given)["image"]["base"]["layers"] == (0 if given == "none" else 1)


def test_a_base_is_guessed_from_the_history(app: Path) -> None:
    assert inspected(app)["image"]["base"] == {"layers": 1, "origin": "history", "name": None, "digest": None}


def test_annotations_name_the_base(tmp_path: Path) -> None:
    members = oci_layout(spec())
    index = json.loads(members["index.json"])  # type: ignore[arg-type]
    name = f"blobs/sha256/{index['manifests'][0]['digest'].removeprefix('sha256:')}"
    manifest = json.loads(members.pop(name))  # type: ignore[arg-type]
    manifest["annotations"] = {"org.opencontainers.image.base.name": "example.test/base:1"}
    changed = json.dumps(manifest).encode()
    members[f"blobs/sha256/{sha256(changed)}"] = changed
    index["manifests"][0] |= {"digest": f"sha256:{sha256(changed)}", "size": len(changed)}
    members["index.json"] = json.dumps(index).encode()
    write_directory(members, tmp_path / "layout")
    found = inspected(tmp_path / "layout")["image"]["base"]
    assert (found["layers"], found["origin"], found["name"]) == (1, "annotation", "example.test/base:1")


def test_what_is_no_base_of_the_image_ends_with_2(app: Path, tmp_path: Path) -> None:
    other = write_tar(docker_archive(image(LOWEST, THIRD)), tmp_path / "other.tar")
    ended = layerscope("inspect", app, "--base", other)
    assert (ended.code, ended.out) == (2, b"")
    assert f"base {other}: it is not the base of this image: layer 1 is {sha256(SECOND)[:12]} in" in ended.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--base", "missing.tar"], 3, "base: missing.tar: no such file or directory\n"),
        (["--base", "a/b:1"], 3, "base a/b:1: no such file; names are not looked up: docker save a/b:1 -o"),
        (["--base", f"sha256:{0:064x}"], 2, "no layer of the image has this diff ID, chain ID or digest"),
        (["--base", "sha256:00"], 2, "base sha256:00: not a digest: sha256 has 64 hex digits"),
        (["--base", ""], 2, "invalid value for '--base': it is empty"),
        (["--dockerfile", "missing"], 3, "error: --dockerfile missing: no such file"),
        (["--dockerfile", "/dev"], 3, "--dockerfile /dev: a directory without Dockerfile or Containerfile"),
        (["--dockerfile", "-"], 2, "--dockerfile -: a Dockerfile is not read from standard input"),
        (["--target", "build"], 2, "--target needs --dockerfile"),
        (["--build-arg", "V=1"], 2, "--build-arg needs --dockerfile"),
        (["--build-arg", "V"], 2, "'--build-arg': it is not NAME=VALUE"),
    ],
)
def test_what_cannot_be_used_is_said(app: Path, arguments: list[str], code: int, message: str) -> None:
    ended = layerscope("inspect", app, *arguments)
    assert (ended.code, ended.out) == (code, b"")
    assert message in ended.err


def test_layers_and_findings_have_the_lines_of_the_dockerfile(app: Path, dockerfile: Path) -> None:
    found = inspected(app, "--dockerfile", dockerfile, "--build-arg", "V=7")
    assert found["image"]["base"] == {"layers": 1, "origin": "dockerfile", "name": "base:7", "digest": None}
    lines = [each["dockerfile"] for each in found["layers"]]
    assert lines[0] is None
    assert lines[1] == {
        **{"file": str(dockerfile), "first_line": 4, "last_line": 5, "stage": "build"},
        "text": "COPY app \\\n  /srv/",
    }
    removed = next(each for each in found["findings"] if each["rule_id"] == "LS101")
    assert [place["dockerfile"]["first_line"] for place in removed["locations"]] == [4, 6]
    assert (removed["bytes"], removed["in_base"], removed["severity"]) == (3_000_000, False, "warning")


def test_text_names_file_and_line(app: Path, dockerfile: Path) -> None:
    shown = layerscope("inspect", app, "--dockerfile", dockerfile, env=environment(COLUMNS="200")).text
    assert "stored by layer 1  :4-5  COPY app /srv/" in shown
    assert "hidden by layer 2  :6  RUN rm /srv/app" in shown
    assert ":4  COPY app /srv/" in shown


def test_a_directory_stands_for_the_dockerfile_in_it(app: Path, dockerfile: Path) -> None:
    found = inspected(app, "--dockerfile", dockerfile.parent)["image"]["dockerfile"]
    assert found == {"file": str(dockerfile), "stage": "build", "matched": 2, "instructions": 3}
    ended = layerscope("inspect", app, "--dockerfile", dockerfile.parent, "-o", dockerfile)
    assert "this is the Dockerfile, and would be overwritten" in ended.err


def test_a_build_argument_that_no_arg_declares_is_said(app: Path, dockerfile: Path) -> None:
    """But not those that builders know without ARG; and no value is shown."""
    arguments = [each for name in ("V=1", "NOPE=zz9", "HTTP_PROXY=x") for each in ("--build-arg", name)]
    found = inspected(app, "--dockerfile", dockerfile, *arguments)
    (notice,) = [each for each in found["notices"] if each["code"] == "build-argument-undeclared"]
    assert notice["message"] == f"{dockerfile}: no ARG declares the build argument NOPE"
    assert notice["severity"] == "warning"


def test_several_bases_in_a_file_are_listed_as_they_are_given(app: Path, tmp_path: Path) -> None:
    several = docker_archive(image(LOWEST, tags=("a:1",)), image(SECOND, tags=("b:1",)))
    path = write_tar(several, tmp_path / "two.tar")
    ended = layerscope("inspect", app, "--base", path)
    assert ended.code == 3
    given = f"docker-archive:{path}:a:1"
    assert f"  --base {given}  # a:1" in ended.err
    assert inspected(app, "--base", given)["image"]["base"]["layers"] == 1


def test_a_dockerfile_of_another_image_gives_no_lines(app: Path, tmp_path: Path) -> None:
    other = tmp_path / "Dockerfile"
    other.write_text("FROM x\nRUN make a\nCOPY b c\nRUN make d\n", encoding="utf-8")
    found = inspected(app, "--dockerfile", other)
    assert [each["dockerfile"] for each in found["layers"]] == [None] * 3
    assert "dockerfile-unlike-history" in {notice["code"] for notice in found["notices"]}
    assert found["image"]["base"]["origin"] == "history"


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("FROM x\nRNU make\n", [], "Dockerfile:2:1"),
        ("FROM x\n", ["--target", "y"], "y"),
    ],
)
def test_a_dockerfile_with_a_mistake_ends_with_7(
    tmp_path: Path, text: str, arguments: list[str], message: str
) -> None:
    """Before the image is read, which is none and would end with 4."""
    path, no_image = tmp_path / "Dockerfile", tmp_path / "app.tar"
    path.write_text(text, encoding="utf-8")
    no_image.write_bytes(b"x" * 10_000)
    ended = layerscope("inspect", no_image, "--dockerfile", path, *arguments)
    assert (ended.code, ended.out) == (7, b"")
    assert message in ended.err


def test_the_dockerfile_is_not_overwritten(app: Path, dockerfile: Path) -> None:
    ended = layerscope("inspect", app, "--dockerfile", dockerfile, "-o", dockerfile)
    assert ended.code == 2
    assert "this is the Dockerfile, and would be overwritten" in ended.err
    assert dockerfile.read_text(encoding="utf-8") == DOCKERFILE


def test_without_findings_neither_rules_nor_packages_are_looked_at(app: Path) -> None:
    found = inspected(app, "--no-findings")
    assert (found["examined"], found["findings"], found["packages"]) == (False, [], None)
    assert "Findings" not in layerscope("inspect", app, "--no-findings").text
    assert inspected(app)["examined"] is True


def test_both_from_standard_input_is_refused(app: Path) -> None:
    with app.open("rb") as stream:
        ended = layerscope("inspect", "-", "--base", "-", stdin=stream)
    assert ended.code == 2
    assert "standard input is the image already" in ended.err


def test_python_can_do_the_same(app: Path, base: Path, dockerfile: Path) -> None:
    analysis = library.inspect(str(app), base=str(base), dockerfile=dockerfile, build_args={"V": "2"})
    assert analysis.base.layers == 1
    (found,) = [each for each in library.examine(analysis) if each.rule_id == "LS101"]
    assert found.locations[0].lines is not None
    assert found.locations[0].lines.first == 4
    assert library.examine(analysis, []) == ()
    assert not library.inspect(str(app), packages=False).packages.looked_for


def test_rules_lists_all_and_shows_one() -> None:
    listed = layerscope("rules").text
    assert re.search(r"(?m)^LS101  removed-later +warning  Files that a later layer removes$", listed)
    page = layerscope("rules", "removed-later").text
    assert page == layerscope("rules", "ls101").text
    headings = [
        line for line in page.split("\n") if line in ("What it finds", "Why it matters", "How to fix it")
    ]
    assert headings == ["What it finds", "Why it matters", "How to fix it"]


def test_rules_as_json_and_markdown() -> None:
    found = json.loads(layerscope("rules", "--format", "json").out)
    (one,) = [rule for rule in found["rules"] if rule["id"] == "LS101"]
    assert (one["name"], one["severity"]) == ("removed-later", "warning")
    assert json.loads(layerscope("rules", "LS101", "--format", "json").out)["rules"] == [one]
    assert layerscope("rules", "LS101", "--format", "markdown").text.startswith("# LS101: Files that")


def test_a_rule_that_is_none_ends_with_2_and_names_the_nearest() -> None:
    ended = layerscope("rules", "removed-latr")
    assert (ended.code, ended.out) == (2, b"")
    assert "LS101 (removed-later)" in ended.err
