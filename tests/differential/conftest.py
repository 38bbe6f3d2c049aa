"""Images that a real builder makes, in every format that real tools write, once for each test run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.differential.tools import require, run, unmount_below
from tests.differential.wasteful.workshop import Workshop

RECIPES = Path(__file__).with_name("recipes")
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
"""security.capability of a file with cap_net_raw+ep (capability.h: VFS_CAP_REVISION_2)."""

FORMATS = {
    "docker-archive": "docker-archive:{directory}/docker.tar:sample/image:1",
    "oci": "oci:{directory}/oci:1",
    "oci-archive": "oci-archive:{directory}/oci.tar:1",
    "dir": "dir:{directory}/dir",
}
"""What buildah writes, as it names it."""


def _context(directory: Path) -> Path:
    """The build context of all recipes."""
    (directory / "attributes").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", directory / "busybox")
    for name, attribute, value in (
        ("with-user", "user.color", b"blue"),
        ("with-cap", "security.capability", CAPABILITY),
    ):
        path = directory / "attributes" / name
        path.write_text(f"{name}\n")
        os.setxattr(path, attribute, value)
    return directory


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Path]]:
    """Build a recipe with a storage driver; the directory with the image in every format."""
    require("buildah", "skopeo", "busybox")
    scratch = tmp_path_factory.mktemp("buildah")
    context = _context(scratch / "context")

    @cache
    def built(recipe: str, driver: str) -> Path:
        places = ["--root", f"{scratch}/{driver}", "--runroot", f"{scratch}/{driver}-run"]
        buildah = ["buildah", *places, "--storage-driver", driver]
        name = f"localhost/{recipe}:1"
        options = ["--layers", "--isolation", "chroot", "--cap-add", "MKNOD"]
        run(*buildah, "bud", "-q", *options, "-f", f"{RECIPES}/Dockerfile.{recipe}", "-t", name, context)
        directory = scratch / f"{recipe}-{driver}"
        directory.mkdir()
        for target in FORMATS.values():
            run(*buildah, "push", "-q", name, target.format(directory=directory))
        zstd = ["--dest-compress-format", "zstd", f"oci:{directory}/oci:1", f"oci:{directory}/zstd:1"]
        run("skopeo", "copy", "-q", *zstd)
        return directory

    yield built
    unmount_below(scratch)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Where images with network access are built, one place for all processes of a test run."""
    require("buildah", "mmdebstrap", "busybox", "git", "npm", "node")
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = directory.parent
    with Workshop(directory / "workshop").open() as opened:
        yield opened
