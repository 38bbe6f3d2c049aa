"""Real builders, each with a cache of its own, and what they say of each step."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from layerscope.dockerfile.builders import Builder

__all__ = ["BASE", "Buildah", "Docker", "RealBuilder", "ran"]

BASE = "localhost/local/base:1"
"""The image that toys build on: busybox, nothing else."""

_BUILDAH_STEP = re.compile(r"^(?:\[\d+/\d+\] )?STEP \d+/\d+: (\S+)")
_CLASSIC_STEP = re.compile(r"^Step \d+/\d+ : (\S+)")
_VERTEX = re.compile(r"^#(\d+) \[(?:(\S+) )?\d+/\d+\] (\S+)")
_VERTEX_CACHED = re.compile(r"^#(\d+) CACHED")

Steps = list[tuple[str, bool]]
"""(keyword, whether it came from the cache) of all steps but FROM; stages in the order of the builder."""


def ran(*command: str | Path, env: Mapping[str, str] | None = None) -> str:
    """Everything a program printed; a failure that shows it if it did not end well."""
    words = [str(part) for part in command]
    done = subprocess.run(
        words, env=dict(env) if env else None, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        pytest.fail(f"{' '.join(words)} exited {done.returncode}: {text[-3000:]}")
    return text


def base_recipe(directory: Path) -> Path:
    """The context of the base image."""
    directory.mkdir()
    shutil.copy(shutil.which("busybox") or "", directory / "busybox")
    (directory / "Dockerfile").write_text(
        'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n'
        "ENV PATH=/bin\nRUN mkdir -p /etc /root /tmp && echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd"
        " && echo 'root:x:0:' > /etc/group\n"
    )
    return directory


@dataclass(frozen=True)
class Buildah:
    """`buildah build --layers`."""

    place: Path
    builder: Builder = Builder.BUILDAH

    def command(self) -> list[str]:
        places = ["--root", f"{self.place}/store", "--runroot", f"{self.place}/run"]
        return ["buildah", *places, "--storage-driver", "overlay"]

    def log(self, context: Path, build_args: Mapping[str, str], tag: str = "app") -> str:
        given = [part for name, value in build_args.items() for part in ("--build-arg", f"{name}={value}")]
        options = ["--layers", "--isolation", "chroot", "--pull-never", "-t", tag, *given]
        return ran(*self.command(), "build", *options, context)

    def build(self, context: Path, build_args: Mapping[str, str], tag: str = "app") -> Steps:
        return _in_lines(self.log(context, build_args, tag), _BUILDAH_STEP, "--> Using cache")


@dataclass(frozen=True)
class Docker:
    """`docker build` with a daemon of our own."""

    client: str
    environment: Mapping[str, str] = field(repr=False)
    builder: Builder

    def log(self, context: Path, build_args: Mapping[str, str], tag: str = "app") -> str:
        given = [part for name, value in build_args.items() for part in ("--build-arg", f"{name}={value}")]
        with_buildkit = self.builder is Builder.BUILDKIT
        options = ["--network", "host", "-t", tag, *given, *(["--progress=plain"] if with_buildkit else [])]
        env = {**self.environment, "DOCKER_BUILDKIT": "1" if with_buildkit else "0"}
        return ran(self.client, "build", *options, context, env=env)

    def build(self, context: Path, build_args: Mapping[str, str], tag: str = "app") -> Steps:
        log = self.log(context, build_args, tag)
        if self.builder is Builder.BUILDKIT:
            return _vertices(log, context)
        return _in_lines(log, _CLASSIC_STEP, " ---> Using cache")


RealBuilder = Buildah | Docker


def _in_lines(log: str, step: re.Pattern[str], cached: str) -> Steps:
    steps: Steps = []
    for line in log.splitlines():
        found = step.match(line)
        if found:
            steps.append((found[1].upper(), False))
        elif line.startswith(cached):
            steps[-1] = (steps[-1][0], True)
    first = next(at for at, step in enumerate(steps) if step[0] == "FROM")  # ARG may be in front of it
    return [step for step in steps[first:] if step[0] != "FROM"]


def _vertices(log: str, context: Path) -> Steps:
    """Steps of BuildKit in the order of the Dockerfile: it works on several stages at once."""
    stages = re.findall(r"^FROM \S+(?: AS (\S+))?", (context / "Dockerfile").read_text(), re.MULTILINE)
    order = {"": 0} | {name or f"stage-{number}": number for number, name in enumerate(stages)}
    named: dict[int, str] = {}
    places: dict[int, tuple[int, int]] = {}
    cached: set[int] = set()
    for line in log.splitlines():
        found = _VERTEX.match(line)
        if found and found[3] != "FROM":
            number = int(found[1])
            named[number] = found[3]
            place = re.search(r" (\d+)/", line.partition("]")[0]) or re.search(r"\[(\d+)/", line)
            places[number] = (order[found[2] or ""], int(place[1]) if place else 0)
        elif seen := _VERTEX_CACHED.match(line):
            cached.add(int(seen[1]))
    return [(named[number], number in cached) for number in sorted(named, key=places.__getitem__)]
