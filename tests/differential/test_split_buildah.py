"""Manifests copied ahead of the sources, of every package manager at once, built by buildah: the same image.

The package managers are scripts that read what the real ones read, and fail where it is not there.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from layerscope.advising import advise
from layerscope.api import inspect
from layerscope.workspace.consult import Consultation
from layerscope.workspace.rootfs_equality import differing_keys, differing_paths
from tests.differential.tools import require
from tests.differential.toys import make_base, storage

READ = """\
#!/bin/sh
set -e
# what is read goes into what is installed: FILE… - DIRECTORY…
read_files() { for file; do test -f "$file"; cat "$file"; done > /tmp/read; }
install_to() { for place; do mkdir -p "$place"; cp /tmp/read "$place/installed"; done; rm /tmp/read; }
"""
TOOLS = {
    "npm": "for p in packages/*; do test -f $p/package.json; done\n"
    "read_files package.json package-lock.json packages/*/package.json\n"
    "install_to node_modules packages/a/node_modules packages/b/node_modules\n",
    "go": "read_files go.mod go.sum $(sed -n 's/.*=> //p' go.mod)/go.mod\ninstall_to /go/pkg/mod\n",
    "mvn": "read_files pom.xml $(sed -n 's:.*<module>\\(.*\\)</module>.*:\\1/pom.xml:p' pom.xml)\n"
    "install_to /root/.m2/repository\n",
    "dotnet": "read_files App.sln net/Web/Web.csproj net/Lib/Lib.csproj Directory.Build.props\n"
    "install_to net/Web/obj net/Lib/obj /root/.nuget\n",
    "composer": "read_files composer.json composer.lock\ninstall_to vendor\n",
    "uv": "read_files pyproject.toml uv.lock\ninstall_to .venv\n",
    "cargo": "read_files Cargo.toml crates/a/Cargo.toml Cargo.lock\ninstall_to /usr/local/cargo/registry\n",
}
DOCKERFILE = """\
FROM localhost/split-base
WORKDIR /src
COPY . .
RUN npm ci
RUN go mod download
RUN mvn -B dependency:go-offline
RUN dotnet restore
RUN composer install --no-scripts --no-autoloader
RUN uv sync --frozen --no-install-project
RUN cargo fetch --locked
RUN cat main.txt packages/a/index.js > /built
"""
CSPROJ = '<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{}</ItemGroup></Project>\n'
LIBRARY = '[package]\nname = "a"\nversion = "1.0.0"\n[lib]\npath = "src/lib.rs"\n'
FILES = {
    "Dockerfile": DOCKERFILE,
    "main.txt": "sources\n",
    "package.json": '{"private": true, "workspaces": ["packages/*"]}\n',
    "package-lock.json": "{}\n",
    "packages/a/package.json": '{"name": "a"}\n',
    "packages/a/index.js": "a\n",
    "packages/b/package.json": '{"name": "b", "dependencies": {"a": "1.0.0"}}\n',
    "go.mod": "module toy\nreplace b => ./go/b\n",
    "go.sum": "\n",
    "go/b/go.mod": "module b\n",
    "go/b/b.go": "package b\n",
    "pom.xml": "<project><modules>\n<module>core</module>\n</modules></project>\n",
    "core/pom.xml": "<project/>\n",
    "core/src/A.java": "class A {}\n",
    "App.sln": 'Project("{X}") = "Web", "net\\Web\\Web.csproj", "{Y}"\n',
    "net/Web/Web.csproj": CSPROJ.format('<ProjectReference Include="..\\Lib\\Lib.csproj" />'),
    "net/Web/Program.cs": "\n",
    "net/Lib/Lib.csproj": CSPROJ.format(""),
    "Directory.Build.props": "<Project/>\n",
    "composer.json": "{}\n",
    "composer.lock": "{}\n",
    "pyproject.toml": '[project]\nname = "x"\nversion = "1"\n',
    "uv.lock": "version = 1\n",
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "Cargo.lock": "\n",
    "crates/a/Cargo.toml": LIBRARY,
    "crates/a/src/lib.rs": "\n",
}
ADDED = {
    "COPY crates/a/Cargo.toml crates/a/",
    "COPY core/pom.xml core/",
    "COPY go/b/go.mod go/b/",
    "COPY net/Lib/Lib.csproj net/Lib/",
    "COPY net/Web/Web.csproj net/Web/",
    "COPY packages/a/package.json packages/a/",
    "COPY packages/b/package.json packages/b/",
}


@dataclass(frozen=True)
class Shop:
    """Where buildah works."""

    directory: Path
    environment: Mapping[str, str]

    def build(self, context: Path, name: str, *options: str) -> None:
        self.run("build", "--layers", "-q", *options, "-t", f"localhost/{name}", str(context))

    def save(self, name: str) -> Path:
        archive = self.directory / f"{name}.tar"
        self.run("push", "-q", f"localhost/{name}", f"docker-archive:{archive}:{name}:1")
        return archive

    def run(self, *arguments: str) -> None:
        command = ["buildah", *arguments]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    require("buildah", "busybox", "git")
    directory = tmp_path_factory.mktemp("split")
    environment = storage(directory / "storage")
    make_base(directory, environment)
    found = Shop(directory, environment)
    tools = directory / "split-base"
    tools.mkdir()
    for name, text in TOOLS.items():
        (tools / name).write_text(READ + text)
        (tools / name).chmod(0o755)
    (tools / "Dockerfile").write_text(f"FROM localhost/toy-base\nCOPY {' '.join(TOOLS)} /usr/bin/\n")
    found.build(tools, "split-base")
    yield found
    subprocess.run(["buildah", "rmi", "--all", "--force"], env=environment, check=False, capture_output=True)
    subprocess.run(["umount", directory / "storage" / "graph" / "overlay"], check=False, capture_output=True)
    shutil.rmtree(directory / "storage", ignore_errors=True)


def make_context(directory: Path, mode: int) -> None:
    for path, text in FILES.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for place in sorted(directory.rglob("*")):
        if place.is_dir():
            place.chmod(mode)


def log_of(path: Path) -> Path:
    """A log in which every RUN takes ten seconds."""
    runs = [line for line in DOCKERFILE.splitlines() if line.startswith("RUN ")]
    lines = [f"#{at} [{at}/{len(runs)}] {run}\n#{at} DONE 10.0s" for at, run in enumerate(runs, 1)]
    path.write_text("\n".join(lines))
    return path


def advice_on(shop: Shop, name: str, mode: int) -> tuple[Path, Path, Consultation]:
    """The context, an image of it, and what is advised."""
    context = shop.directory / name
    make_context(context, mode)
    shop.build(context, name)
    archive = shop.save(name)
    log = log_of(shop.directory / "build.log")
    return context, archive, advise(context, str(archive), context=context, log=log)


def test_every_install_goes_above_the_sources_and_the_image_is_the_same(shop: Shop) -> None:
    context, before, found = advice_on(shop, "monorepo", 0o755)
    proposal = found.advice.safe
    assert proposal is not None
    (shop.directory / "proposed").write_text(proposal.text)
    shop.build(context, "proposed", "-f", str(shop.directory / "proposed"))
    one, two = inspect(str(before)), inspect(str(shop.save("proposed")))
    assert differing_paths(one, two) == set()
    assert differing_keys(one, two) == []
    lines = proposal.text.splitlines()
    assert set(lines) >= ADDED
    sources = lines.index("COPY . .")
    assert [line for line in lines[sources:] if line.startswith("RUN")] == [DOCKERFILE.splitlines()[-1]]
    npm = lines.index("RUN npm ci")
    assert npm < lines.index("COPY go.mod go.sum ./")  # another's manifests are none of its own


def test_directories_with_a_mode_of_their_own_keep_the_order(shop: Shop) -> None:
    """A COPY of manifests would make them as builders do."""
    _, _, found = advice_on(shop, "modes", 0o775)
    for proposal in filter(None, (found.advice.safe, found.advice.further)):
        assert not set(proposal.text.splitlines()) & ADDED
