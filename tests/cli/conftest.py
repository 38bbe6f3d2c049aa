"""Images on disk for the tests of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import file, image, layer, whiteout
from tests.media import docker_archive, write_tar


def saved(path: Path, *layers: bytes, **metadata: object) -> Path:
    """Write a docker-archive of these layers."""
    write_tar(docker_archive(image(*layers, **metadata)), path)
    return path


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound image: 1,000 bytes overwritten, 300 removed, 500 + 40 live."""
    first = layer(file("a", b"x" * 1000), file("d/e", b"x" * 300), file(b"caf\xe9", b"x" * 40))
    second = layer(file("a", b"y" * 500), whiteout("d"))
    return saved(tmp_path_factory.mktemp("images") / "app.tar", first, second)


@pytest.fixture(scope="session")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second layer is cut inside a file's content; what is promised is the whole."""
    first, second = layer(file("a", b"x" * 1000)), layer(file("b", b"x" * 100), file("c", b"x" * 10_000))
    members = docker_archive(image(first, second))
    (name,) = [name for name, content in members.items() if content == second]
    members[name] = second[:4096]
    path = tmp_path_factory.mktemp("images") / "damaged.tar"
    write_tar(members, path)
    return path
