"""`advise --verify` with docker, both of its builders, and with podman; buildah has a file of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp

import pytest

from layerscope.dockerfile.builders import Builder
from tests.differential.build_cache.builders import BASE, Docker, base_recipe
from tests.differential.dockerd import docker_daemon
from tests.differential.tools import require, run, unmount_below

DOCKERFILE = f"""\
FROM {BASE}
WORKDIR /app
COPY src /app/src
RUN mkdir -p /opt/tools && echo tool > /opt/tools/a
COPY config /etc/config
CMD ["sh"]
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """Sources that change with each of three commits, and a configuration that does not."""
    made = tmp_path / "context"
    (made / "src").mkdir(parents=True)
    (made / "Dockerfile").write_text(DOCKERFILE)
    (made / "config").write_text("c\n")
    (made / ".dockerignore").write_text(".git\n")
    git = ("git", "-C", made, "-c", "user.name=A", "-c", "user.email=a@example.test")
    run(*git, "init", "-q")
    for number in range(3):
        (made / "src" / "main").write_text(f"{number}\n")
        run(*git, "add", "-A")
        run(*git, "commit", "-q", "-m", str(number))
    return made


@pytest.fixture(scope="module")
def docker() -> Iterator[dict[str, str]]:
    """The environment of a daemon that has the base image, and whose own client comes first."""
    require("busybox", "git")
    scratch = Path(mkdtemp(prefix="verify-"))
    with docker_daemon() as (client, environment):
        Docker(client, environment, Builder.CLASSIC).build(base_recipe(scratch / "base"), {}, BASE)
        (scratch / "docker").symlink_to(client)
        yield environment | {"PATH": f"{scratch}{os.pathsep}{environment['PATH']}"}
    shutil.rmtree(scratch)


def advise(context: Path, env: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    where = [
        "--dockerfile",
        str(context / "Dockerfile"),
        "--verify",
        "--verify-commits",
        "2",
        "--format",
        "json",
    ]
    return subprocess.run(
        [sys.executable, "-m", "layerscope", "advise", *where, *options],
        env={**env, "PYTHONPATH": str(Path(__file__).parents[2]), "LAYERSCOPE_CACHE_SIZE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def check_verified(context: Path, env: Mapping[str, str], *options: str) -> None:
    """The sources move below the rest; both files were built to the same image, and more steps are cached."""
    done = advise(context, env, *options, "--write", "--unverified")
    assert done.returncode == 0, done.stderr
    (verdict,) = json.loads(done.stdout)["verification"]
    assert (verdict["equal"], verdict["differences"]) == (True, [])
    assert verdict["cached_after"] > verdict["cached_before"]
    lines = (context / "Dockerfile").read_text().splitlines()
    assert sorted(lines) == sorted(DOCKERFILE.splitlines())
    assert lines.index("COPY src /app/src") == len(lines) - 2


@pytest.mark.parametrize("buildkit", [True, False], ids=["buildkit", "classic"])
def test_docker_builds_what_was_advised(buildkit: bool, docker: dict[str, str], context: Path) -> None:
    env = docker | {"DOCKER_BUILDKIT": str(int(buildkit))}
    builder = "buildkit" if buildkit else "classic"
    options = ("--builder", builder, "--verify-with", "docker", "--verify-option=--network=host")
    check_verified(context, env, *options)
    assert run("env", f"DOCKER_HOST={env['DOCKER_HOST']}", "docker", "images", "-q", "layerscope*") == ""


def test_why_docker_does_not_build_is_said(docker: dict[str, str], context: Path) -> None:
    env = docker | {"DOCKER_BUILDKIT": "0"}
    done = advise(context, env, "--verify-with", "docker", "--verify-option=--no-such-option")
    assert done.returncode == 3
    assert "as it is it does not build: docker: unknown flag: --no-such-option" in done.stderr


def test_podman_builds_what_was_advised(context: Path, tmp_path: Path) -> None:
    require("podman", "busybox", "git")
    place = Path(mkdtemp(prefix="podman-"))  # podman takes no long --runroot
    storage = place / "storage.conf"
    storage.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{place}/root"\nrunroot = "{place}/run"\n'
    )
    env = {**os.environ, "CONTAINERS_STORAGE_CONF": str(storage), "BUILDAH_ISOLATION": "chroot"}
    try:
        base = base_recipe(tmp_path / "base")
        build = ["podman", "build", "-q", "-t", BASE, str(base)]
        subprocess.run(build, env=env, check=True, capture_output=True)
        check_verified(context, env, "--builder", "buildah", "--verify-with", "podman")
    finally:
        unmount_below(place)
        shutil.rmtree(place)
