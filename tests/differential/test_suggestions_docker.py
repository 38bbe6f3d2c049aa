"""Suggestions besides the order, built by docker: nothing changes but what each says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from layerscope import inspect
from layerscope.advice.paths import is_within
from layerscope.advising import advise
from layerscope.dockerfile.builders import Builder
from layerscope.workspace.rootfs_equality import differing_keys, differing_paths
from tests.differential.dockerd import docker_daemon
from tests.differential.tools import require
from tests.differential.toys import make_base, storage


@dataclass(frozen=True)
class Docker:
    """The builders of a daemon of our own."""

    client: str
    environment: Mapping[str, str]
    directory: Path
    builder: Builder = Builder.BUILDKIT

    def run(self, *arguments: object) -> None:
        subprocess.run(
            [self.client, *map(str, arguments)],
            env={**self.environment, "DOCKER_BUILDKIT": str(int(self.builder is Builder.BUILDKIT))},
            check=True,
            capture_output=True,
        )

    def archive(self, name: str, dockerfile: Path, context: Path) -> Path:
        """The image of a Dockerfile, built and saved."""
        self.run("build", "--network", "host", "-t", name, "-f", dockerfile, context)
        archive = self.directory / f"{name}.tar"
        archive.unlink(missing_ok=True)
        self.run("save", "-o", archive, name)
        return archive


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    require("buildah", "busybox", "dockerd", "docker", "containerd", "runc")
    directory = tmp_path_factory.mktemp("docker")
    environment = storage(directory / "storage")
    make_base(directory, environment)
    base = directory / "base.tar"
    push = ["buildah", "push", "-q", "localhost/toy-base", f"docker-archive:{base}:localhost/toy-base:latest"]
    subprocess.run(push, env=environment, check=True, capture_output=True)
    with docker_daemon() as (client, own):
        found = Docker(client, own, directory)
        found.run("load", "-i", base)
        yield found
    subprocess.run(["buildah", "rmi", "--all", "--force"], env=environment, check=False, capture_output=True)
    subprocess.run(["umount", directory / "storage" / "graph" / "overlay"], check=False, capture_output=True)


DOCKERFILE = """\
FROM localhost/toy-base
WORKDIR /srv/app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN mkdir -p /data/in && chown -R 1000:1000 /srv/app
RUN rm -rf /srv/app/scratch
COPY --from=localhost/toy-base /etc/delay /new/delay
RUN chown -R 7:8 /new
COPY a.js /deep/er/
RUN chown -R 5:5 /deep/er
CMD ["cat"]
"""
FILES = {
    "package.json": "{}",
    "package-lock.json": "{left-pad\nreact\n}",
    "a.js": "a" * 5000,
    "sub/b.js": "b",
    "scratch/x": "x" * 9000,
    "README.md": "r" * 20_000,
    "go.mod": "module m\n",
    "go.sum": "one\n",
    "main.go": "package main\n",
}
SECOND = """\
FROM localhost/toy-base
RUN echo app:x:1000:1001::/:/bin/sh >> /etc/passwd && echo app:x:1001: > /etc/group
WORKDIR /srv/app
COPY a.js sub /srv/app/
COPY sub /srv/app/sub/
RUN mkdir -p /data && chown -R app:app /srv/app
CMD ["cat"]
"""
COMPILED = """\
FROM localhost/toy-base AS build
WORKDIR /src
COPY . .
RUN go mod download && go build -o /out .
FROM localhost/toy-base
COPY --from=build /out /app
CMD ["cat", "/app"]
"""


@pytest.mark.parametrize(
    ("builder", "name", "dockerfile", "kinds"),
    [
        (
            Builder.BUILDKIT,
            "first",
            DOCKERFILE,
            {"bind-mount", "cache-mount", "copy-chown", "dockerignore", "merge-cleanup"},
        ),
        (Builder.BUILDKIT, "second", SECOND, {"copy-chown"}),
        (Builder.BUILDKIT, "compiled", COMPILED, {"bind-mount", "cache-mount", "dockerignore"}),
        (Builder.CLASSIC, "third", SECOND, {"copy-chown"}),
    ],
)
def test_nothing_changes_but_what_a_suggestion_says(
    docker: Docker, builder: Builder, name: str, dockerfile: str, kinds: set[str]
) -> None:
    docker = replace(docker, builder=builder)
    project = docker.directory / name
    for path, content in {"Dockerfile": dockerfile, **FILES}.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(content)
    archive = docker.archive(f"{name}-before", project / "Dockerfile", project)
    before = inspect(str(archive), packages=False)
    found = advise(project / "Dockerfile", str(archive), context=project).advice
    assert {each.suggestion.kind for each in found.suggestions} == kinds
    assert found.profile is builder
    owners = [each.text for each in found.suggestions if each.suggestion.kind == "copy-chown"]
    assert ("--chown=app:app" in "".join(owners)) == (dockerfile is SECOND)
    for number, each in enumerate(found.suggestions):
        changed = docker.directory / f"{name}{number}.Dockerfile"
        changed.write_text(each.text)
        if each.ignore is not None:
            changed.with_name(changed.name + ".dockerignore").write_text(each.ignore.after)
        after = inspect(str(docker.archive(f"{name}-after", changed, project)), packages=False)
        paths = {f"/{path.decode()}" for path in differing_paths(before, after)}
        intended = each.suggestion.changed_paths
        unexpected = {
            path
            for path in paths
            if not any(is_within(path, own) or is_within(own, path) for own in intended)
        }
        assert unexpected == set(), each.id
        assert differing_keys(before, after) == [], each.id
