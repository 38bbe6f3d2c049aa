"""What real engines make of an image is the same before and after optimizing, in every medium."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import layerscope
from tests.builders import directory, file, hardlink, image, layer, opaque, whiteout
from tests.differential.dockerd import docker_daemon
from tests.differential.listing import of_image
from tests.differential.tools import require, run
from tests.differential.unpacking import assert_unpacks_to_the_same
from tests.fixtures import fixture_paths, needs_fixtures
from tests.media import write_medium

RECIPES = ("removal", "types", "links", "attributes")
DRIVERS = ("vfs", "overlay")


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_umoci_unpacks_the_same(
    recipe: str, driver: str, build: Callable[[str, str], Path], tmp_path: Path
) -> None:
    source = build(recipe, driver) / "docker.tar"
    result = layerscope.optimize(str(source), tmp_path / "slim.tar")
    assert result.plan.changes
    assert result.written is not None
    assert result.written.compressed_bytes < result.written.compressed_bytes_before
    assert layerscope.inspect(f"{tmp_path}/slim.tar").ledger.wasted_bytes == 0
    again = layerscope.optimize(f"{tmp_path}/slim.tar", tmp_path / "again.tar")
    assert not again.plan.changes
    assert (tmp_path / "again.tar").read_bytes() == (tmp_path / "slim.tar").read_bytes()
    slim = f"docker-archive:{tmp_path}/slim.tar:@0"
    assert_unpacks_to_the_same(f"docker-archive:{source}:@0", slim, str(source), tmp_path)


@pytest.mark.parametrize("squash", ["first-two", "all-but-first", "all"])
@pytest.mark.parametrize("recipe", ["removal", "links"])
def test_layers_that_are_merged_unpack_to_the_same(
    recipe: str, squash: str, build: Callable[[str, str], Path], tmp_path: Path
) -> None:
    require("podman")
    source = build(recipe, "overlay") / "docker.tar"
    count = len(layerscope.inspect(str(source)).layers)
    span = {"first-two": (0, 1), "all-but-first": (1, count - 1), "all": (0, count - 1)}[squash]
    written = layerscope.optimize(str(source), tmp_path / "slim.tar", base="none", squash=span).written
    assert written is not None
    assert len(written.layers) <= count - (span[1] - span[0])
    assert layerscope.inspect(f"{tmp_path}/slim.tar").ledger.wasted_bytes == 0
    slim = f"docker-archive:{tmp_path}/slim.tar:@0"
    assert_unpacks_to_the_same(f"docker-archive:{source}:@0", slim, str(source), tmp_path)


@pytest.mark.parametrize("target", ["docker-archive", "oci-archive", "oci"])
@pytest.mark.parametrize("source", ["docker.tar", "oci.tar", "oci", "zstd", "dir"])
def test_every_medium_can_be_read_and_written(
    source: str, target: str, build: Callable[[str, str], Path], tmp_path: Path
) -> None:
    require("skopeo")
    directory = build("links", "overlay")
    made = tmp_path / "slim"
    layerscope.optimize(str(directory / source), f"{target}:{made}")
    assert of_image(str(made)) == of_image(str(directory / source))
    names = layerscope.inspect(str(made)).image.tags
    place = f"{target}:{made}"
    if target == "docker-archive" or names:
        place += ":@0" if target == "docker-archive" else f":{names[0]}"
    inspected = json.loads(run("skopeo", "inspect", "--raw", place))
    configured = json.loads(run("skopeo", "inspect", "--config", place))
    assert len(inspected["layers"]) == len(configured["rootfs"]["diff_ids"])


@pytest.mark.parametrize(
    ("driver", "transport", "recompress"),
    [
        ("vfs", "docker-archive", None),
        ("overlay", "docker-archive", None),
        ("vfs", "docker-archive", "zstd:19"),
        ("vfs", "oci-archive", "zstd:1"),
        ("vfs", "oci-archive", "gzip:1"),
    ],
)
def test_podman_loads_the_result(
    driver: str, transport: str, recompress: str | None, build: Callable[[str, str], Path], tmp_path: Path
) -> None:
    require("podman")
    source = build("removal", "overlay") / "docker.tar"
    place = f"{transport}:{tmp_path}/slim.tar"
    written = layerscope.optimize(str(source), place, recompress=recompress).written
    assert written is not None
    with TemporaryDirectory(prefix="run") as short:  # podman takes no long --runroot
        podman = ["podman", "--root", f"{tmp_path}/{driver}", "--runroot", short, "--storage-driver", driver]
        try:
            if transport == "docker-archive":
                run(*podman, "load", "-q", "-i", tmp_path / "slim.tar")
            else:  # of an index of several names, `load` does not choose one
                run(*podman, "pull", "-q", f"{place}:docker.io/sample/image:1")
            found = json.loads(run(*podman, "image", "inspect", written.image_id))
        finally:
            subprocess.run(["umount", f"{tmp_path}/{driver}/overlay"], capture_output=True, check=False)
    assert [f"sha256:{each['Id']}" for each in found] == [written.image_id]


@pytest.mark.parametrize("recompress", [None, "gzip:9", "zstd:3", "none"])
@pytest.mark.parametrize("target", ["docker-archive:slim.tar", "oci-archive:slim.tar:", "oci:slim"])
def test_skopeo_copies_the_result_into_containers_storage(
    target: str,
    recompress: str | None,
    build: Callable[[str, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every codec in every medium; what is there afterwards is the image that was written."""
    require("skopeo")
    monkeypatch.chdir(tmp_path)
    source = build("types", "overlay") / "oci"
    written = layerscope.optimize(
        str(source), target.rstrip(":"), base="none", recompress=recompress, squash=(1, 2)
    ).written
    assert written is not None
    if recompress is not None:
        assert {str(each.compression) for each in written.layers} == {recompress.partition(":")[0]}
    with TemporaryDirectory(prefix="run") as short:
        storage = f"containers-storage:[vfs@{tmp_path}/storage+{short}]localhost/slim:1"
        place = target.removesuffix(":") + (":@0" if target.startswith("docker") else "")
        run("skopeo", "copy", "-q", place, storage)
        found = json.loads(run("skopeo", "inspect", "--config", storage))
    assert found["rootfs"]["diff_ids"] == [each.diff_id for each in written.layers]


BASE = layer(
    directory("d", mode=0o700, uid=5),
    file("d/old", b"old"),
    file("d/kept", b"kept"),
    file("f", b"f"),
)
STACKS = {
    "file-then-directory-again": (
        BASE,
        layer(file("d", b"now a file")),
        layer(directory("d"), file("d/new", b"new")),
    ),
    "content-of-a-gone-name": (
        layer(file("a", b"content" * 99), hardlink("b", "a"), hardlink("c", "a")),
        layer(whiteout("a")),
        layer(file("b", b"other")),
    ),
    "opaque-and-again": (
        BASE,
        layer(directory("d"), opaque("d"), file("d/one", b"1")),
        layer(whiteout("d/one"), directory("d", mode=0o711), file("d/two", b"2")),
    ),
    "removed-and-made-again": (
        BASE,
        layer(whiteout("d")),
        layer(directory("d", mode=0o711), file("d/kept", b"kept")),
        layer(whiteout("f")),
    ),
    "only-directories-are-left": (
        layer(directory("p", mode=0o711), directory("p/q", mode=0o750), file("p/q/x", b"x")),
        layer(directory("p/q", mode=0o751), whiteout("p/q/x")),
    ),
}
"""Stacks in which what is dropped has hidden or held something."""


@pytest.mark.parametrize("kept", [0, 1])
@pytest.mark.parametrize("stack", STACKS)
def test_engines_agree_on_what_is_hidden_without_what_hid_it(stack: str, kept: int, tmp_path: Path) -> None:
    source = write_medium("docker-archive", image(*STACKS[stack]), tmp_path / "image.tar")
    base = layerscope.inspect(str(source)).layers[0].diff_id if kept else "none"
    result = layerscope.optimize(str(source), tmp_path / "slim.tar", base=str(base))
    assert result.plan.changes or kept
    slim = f"docker-archive:{tmp_path}/slim.tar:@0"
    assert_unpacks_to_the_same(f"docker-archive:{source}:@0", slim, str(source), tmp_path)


def test_docker_loads_the_result(build: Callable[[str, str], Path], tmp_path: Path) -> None:
    source = build("attributes", "overlay") / "docker.tar"
    written = layerscope.optimize(str(source), tmp_path / "slim.tar").written
    assert written is not None
    with docker_daemon() as (client, environment):
        docker = ["env", f"DOCKER_HOST={environment['DOCKER_HOST']}", client]
        run(*docker, "load", "-i", tmp_path / "slim.tar")
        found = json.loads(run(*docker, "image", "inspect", "sample/image:1"))
        assert [each["Id"] for each in found] == [written.image_id]
        assert found[0]["RootFS"]["Layers"] == [layer.diff_id for layer in written.layers]


@needs_fixtures
@pytest.mark.parametrize(
    "name", ["apocas+dockerode/test/test-load.tar", "moby+moby/integration-cli/testdata/emptyLayer.tar"]
)
def test_docker_sees_the_same_in_an_archive_of_the_first_age(name: str, tmp_path: Path) -> None:
    """Docker makes a configuration itself when it loads the original; but for the layers, both are one."""
    source = fixture_paths()[name]
    (tag,) = layerscope.optimize(str(source), tmp_path / "slim.tar").plan.analysis.image.tags
    kept = ["RepoTags", "Comment", "Created", "Container", "Config", "ContainerConfig", "DockerVersion"]
    kept += ["Author", "Architecture", "Os"]
    found: list[dict[str, object]] = []
    with docker_daemon() as (client, environment):
        docker = ["env", f"DOCKER_HOST={environment['DOCKER_HOST']}", client]
        for archive in (source, tmp_path / "slim.tar"):
            run(*docker, "load", "-i", archive)
            (seen,) = json.loads(run(*docker, "image", "inspect", tag))
            shape = "{{.CreatedBy}} {{.Comment}}"
            history = run(*docker, "history", "--no-trunc", "--format", shape, tag)
            found.append({key: seen[key] for key in kept} | {"history": history})
            run(*docker, "image", "rm", tag)
    assert found[0] == found[1]
