"""The build of one package above the sources of another, replayed by buildah: it is kept where the image is
the same, and withdrawn where the build reads what nothing said that it does."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.differential.advising import advise
from tests.differential.tools import require
from tests.differential.toys import Toy, make_base, make_repository, storage

NPM = """\
#!/bin/sh
# npm ci: what the packages are called; npm run build -w NAME: a file of the sources of a package
set -e
if [ "$1" = ci ]; then mkdir -p node_modules; cat packages/*/package.json > node_modules/.package; exit; fi
place=$(dirname $(grep -l "\\"name\\": \\"$4\\"" packages/*/package.json))
mkdir -p $place/dist
cat READ > /tmp/built
if [ $4 = @x/engine ]; then cat packages/core/dist/out >> /tmp/built; fi
mv /tmp/built $place/dist/out
"""
TOY = Toy(
    "workspace",
    """\
FROM localhost/workspace-base
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/core/package.json packages/core/
COPY packages/engine/package.json packages/engine/
RUN npm ci --ignore-scripts
COPY packages/core packages/core
COPY packages/engine packages/engine
RUN npm run build -w @x/core
RUN npm run build -w @x/engine
""",
    {
        "package.json": '{"workspaces": ["packages/*"]}\n',
        "package-lock.json": "{}\n",
        "packages/core/package.json": '{"name": "@x/core", "scripts": {"build": "tsc"}}\n',
        "packages/core/src/a.ts": "a\n",
        "packages/engine/package.json": '{"name": "@x/engine", "dependencies": {"@x/core": "*"}, "scripts":'
        ' {"build": "tsc"}}\n',
        "packages/engine/src/b.ts": "b\n",
    },
    (("packages/engine/src/b.ts",), ("packages/core/src/a.ts",), *(("packages/engine/src/b.ts",),) * 2),
)


@pytest.fixture(params=["$place/src/*", "packages/*/src/*"], ids=["its own", "all"])
def read(request: pytest.FixtureRequest) -> str:
    """What a build reads."""
    return str(request.param)


@pytest.fixture
def place(tmp_path: Path, read: str) -> Iterator[tuple[Path, Mapping[str, str]]]:
    require("buildah", "busybox", "git")
    environment = storage(tmp_path / "storage")
    make_base(tmp_path, environment)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "npm").write_text(NPM.replace("READ", read))
    (tools / "npm").chmod(0o755)
    (tools / "Dockerfile").write_text("FROM localhost/toy-base\nCOPY npm /usr/bin/\n")
    buildah(environment, "build", "-q", "-t", "localhost/workspace-base", tools)
    yield tmp_path, environment
    subprocess.run(["buildah", "rmi", "--all", "--force"], env=environment, check=False, capture_output=True)
    subprocess.run(["umount", tmp_path / "storage" / "graph" / "overlay"], check=False, capture_output=True)
    shutil.rmtree(tmp_path / "storage", ignore_errors=True)


def buildah(environment: Mapping[str, str], *arguments: object) -> None:
    subprocess.run(["buildah", *map(str, arguments)], env=environment, check=True, capture_output=True)


def test_only_what_makes_the_same_image_is_kept(place: tuple[Path, Mapping[str, str]], read: str) -> None:
    directory, environment = place
    repository, archive = directory / "repository", directory / "image.tar"
    make_repository(TOY, repository)
    buildah(environment, "build", "--layers", "-q", "-t", "localhost/workspace", repository)
    buildah(environment, "push", "-q", "localhost/workspace", f"docker-archive:{archive}:workspace:1")
    options = ("--verify", "--verify-with", "buildah", "--verify-commits", 4)
    found: dict[str, Any] = advise(environment, archive, "--dockerfile", repository, *options)
    (verdict,) = [each for each in found["verification"] if each["proposal"] == "further"]
    honest = read.startswith("$place")
    assert verdict["equal"] == honest
    if honest:
        assert verdict["builds"] == 4
        assert verdict["cached_after"] == verdict["cached_before"] + 3
