"""Builds of one Dockerfile at two times: byte for byte one image when they have been made reproducible."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import layerscope
from tests.differential.dockerd import docker_daemon
from tests.differential.listing import Row, of_directory
from tests.differential.tools import require, run, unmount_below

DOCKERFILE = """\
FROM scratch
COPY busybox /bin/busybox
COPY data /srv/data
COPY make /bin/make
RUN ["/bin/busybox", "sh", "/bin/make"]
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox rm -r /srv/data/gone; /bin/busybox touch /srv/made/again"]
LABEL a=b
"""
MAKE = """\
cd /srv
bb=/bin/busybox
$bb mkdir -p made/deep
echo made > made/deep/file
$bb ln made/deep/file made/again
$bb ln -s data/a link
$bb mknod made/null c 1 3
$bb chown 7:8 made
"""
BUILDS = ("first", "second")


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two builds from scratch; all files of the context have other times in the second."""
    require("buildah", "busybox", "umoci", "skopeo")
    scratch = tmp_path_factory.mktemp("twice")
    context = scratch / "context"
    (context / "data" / "gone").mkdir(parents=True)
    for name in ("a", "b", "gone/c"):
        (context / "data" / name).write_text(name * 2000)
    shutil.copy(shutil.which("busybox") or "", context / "busybox")
    (context / "make").write_text(MAKE)
    (context / "Dockerfile").write_text(DOCKERFILE)
    storage = ["--root", f"{scratch}/root", "--runroot", f"{scratch}/run", "--storage-driver", "vfs"]
    saved = {}
    for number, name in enumerate(BUILDS):
        for path in context.rglob("*"):
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        place = ["-t", "localhost/twice:1", "--isolation", "chroot", "--cap-add", "MKNOD", "--no-cache"]
        run("buildah", *storage, "bud", "-q", "--layers", *place, context)
        saved[name] = scratch / f"{name}.tar"
        run("buildah", *storage, "push", "-q", "localhost/twice:1", f"docker-archive:{saved[name]}:twice:1")
    unmount_below(scratch)
    return saved


@pytest.mark.parametrize("codec", [None, "gzip", "zstd:9"])
def test_two_builds_become_byte_for_byte_one(
    codec: str | None, builds: dict[str, Path], tmp_path: Path
) -> None:
    assert builds["first"].read_bytes() != builds["second"].read_bytes()
    digests = set()
    for name, source in builds.items():
        out = tmp_path / f"{name}.tar"
        layerscope.optimize(str(source), out, base="none", recompress=codec, reproducible=1_600_000_000)
        digests.add(hashlib.sha256(out.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_engines_unpack_the_same_but_for_times(builds: dict[str, Path], tmp_path: Path) -> None:
    latest = 1_600_000_000
    out = tmp_path / "out.tar"
    layerscope.optimize(str(builds["first"]), out, base="none", reproducible=latest)
    listings: list[dict[bytes, Row]] = []
    for name, path in (("before", builds["first"]), ("after", out)):
        run("skopeo", "copy", "-q", f"docker-archive:{path}", f"oci:{tmp_path}/{name}:1")
        run("umoci", "raw", "unpack", "--image", f"{tmp_path}/{name}:1", tmp_path / f"{name}-root")
        listings.append(of_directory(tmp_path / f"{name}-root"))
    before, after = listings
    assert {row.mtime_ns for row in after.values()} == {latest * 10**9}
    assert after == {path: replace(row, mtime_ns=latest * 10**9) for path, row in before.items()}


@pytest.fixture(scope="module")
def docker() -> Iterator[tuple[str, dict[str, str]]]:
    with docker_daemon() as (client, environment):
        yield client, environment


@pytest.mark.parametrize("builder", ["classic", "buildkit"])
def test_two_builds_of_docker_become_one_image_that_it_loads(
    builder: str, docker: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    client, environment = docker
    environment = {**environment, "DOCKER_BUILDKIT": "1" if builder == "buildkit" else "0"}

    def call(*arguments: str | Path) -> str:
        variables = [f"{name}={environment[name]}" for name in ("DOCKER_HOST", "DOCKER_BUILDKIT")]
        return run("env", *variables, client, *arguments)

    context = tmp_path / "context"
    (context / "data").mkdir(parents=True)
    (context / "data" / "a").write_text("a" * 5000)
    lines = ("FROM scratch", "COPY data /srv", "WORKDIR /srv/w", "COPY data/a /srv/b", "ENV A=1", "LABEL a=b")
    (context / "Dockerfile").write_text("\n".join(lines))
    written = []
    for number in range(2):
        for path in context.rglob("*"):
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        call("build", "--no-cache", "-q", "-t", "twice:1", context)
        call("save", "-o", tmp_path / "image.tar", "twice:1")
        out = tmp_path / f"{number}.tar"
        layerscope.optimize(str(tmp_path / "image.tar"), out, base="none", reproducible=1_600_000_000)
        written.append(out.read_bytes())
    assert written[0] == written[1]
    call("load", "-i", out)
    (found,) = json.loads(call("image", "inspect", "twice:1"))
    assert found["Id"] == layerscope.inspect(str(out)).image.image_id
    assert found["Created"] == "2020-09-13T12:26:40Z"
