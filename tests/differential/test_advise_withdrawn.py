"""With docker and podman, too, a proposal that makes another image is withdrawn: --write leaves the file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.differential.advising import advise
from tests.differential.build_cache.builders import ran
from tests.differential.dockerd import docker_daemon
from tests.differential.tools import require, unmount_below
from tests.differential.toys import storage

KINDS = ("podman", "docker", "docker, classic")
"""buildah is in test_advise_buildah."""

BASE = """\
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/usr/bin:/bin
COPY tools/ /usr/bin/
RUN mkdir -p /root /tmp /var/lib /usr/share /etc && echo 0 > /etc/delay \\
 && echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd
"""

DOCKERFILE = "FROM localhost/verify-base\nCOPY . /app\nRUN apt-get update && apt-get install -y git\n"

LOOKS = "#!/bin/sh\nls -d /app/* > /usr/share/seen 2>&1 || true\n"
"""An apt-get that does what none does: it looks at the program's files."""


@dataclass(frozen=True)
class Shop:
    """One builder, with images of its own."""

    program: str
    environment: Mapping[str, str]
    directory: Path
    options: tuple[str, ...] = ()
    """Of the build: the daemon has no bridge."""

    def base(self, tools: Mapping[str, str]) -> None:
        """Build the image that the file builds on."""
        place = self.directory / "base"
        shutil.rmtree(place, ignore_errors=True)
        (place / "tools").mkdir(parents=True)
        shutil.copy(shutil.which("busybox") or "", place / "busybox")
        for name, text in tools.items():
            (place / "tools" / name).write_text(text)
            (place / "tools" / name).chmod(0o755)
        (place / "Dockerfile").write_text(BASE)
        options = [*self.options, "--no-cache", "-t", "localhost/verify-base", str(place)]
        ran(self.program, "build", *options, env=self.environment)

    def repository(self) -> Path:
        """A context with two commits."""
        place = self.directory / "app"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / "Dockerfile").write_text(DOCKERFILE)
        git = ["git", "-C", str(place), "-c", "user.name=a", "-c", "user.email=a@example.test"]
        ran(*git, "init", "-q")
        (place / ".dockerignore").write_text(".git\n")
        for content in ("1", "2"):
            (place / "a.txt").write_text(content)
            ran(*git, "add", ".")
            ran(*git, "commit", "-q", "-m", content)
        return place

    def advise(self, repository: Path, *options: str) -> dict[str, Any]:
        """What `advise --verify` says of a repository."""
        name = self.program.rpartition("/")[2]
        given = [f"--verify-option={option}" for option in self.options]
        asked = ("--dockerfile", repository, "--verify", "--verify-with", name)
        return advise(self.environment, *asked, *given, *options)


@pytest.fixture(scope="module", params=KINDS)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    require("busybox", "git", request.param.partition(",")[0])
    # a short path: podman's has to be, for its sockets
    directory = Path(mkdtemp(prefix="verify-"))
    with ExitStack() as left:
        left.callback(shutil.rmtree, directory, ignore_errors=True)
        left.callback(unmount_below, directory)
        if request.param.startswith("docker"):
            client, environment = left.enter_context(docker_daemon())
            kit = "0" if "classic" in request.param else "1"
            path = f"{Path(client).parent}:{environment['PATH']}"
            yield Shop(
                client, {**environment, "DOCKER_BUILDKIT": kit, "PATH": path}, directory, ("--network=host",)
            )
        else:
            yield Shop(request.param, storage(directory / "s"), directory)


def test_a_proposal_that_makes_another_image_is_withdrawn(shop: Shop) -> None:
    shop.base({"apt-get": LOOKS})
    repository = shop.repository()
    found = shop.advise(repository, "--write")
    verdict = next(each for each in found["verification"] if each["proposal"] == "further")
    assert not verdict["equal"]
    assert "usr/share/seen" in verdict["differences"]
    assert found["further"]["verified"] is False
    assert (repository / "Dockerfile").read_text() == DOCKERFILE
