"""Public Alpine images: what their own apk says of each package, and what its files take on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import layerscope
from tests.differential.tools import require, run
from tests.fixtures import FIXTURES, needs_fixtures

IMAGES = {
    "apk 2.8": ("oci", "eth-cscs+sarus/src/image_manager/test/saved_image_oci"),
    "apk 2.9": ("docker-archive", "GoogleContainerTools+kaniko/integration/tar.tar"),
    "apk 2.10": (
        "oci",
        "cloudfoundry+grootfs/integration/assets/oci-test-image/cloudfoundry.experimental.image.base-directory",
    ),
    "apk 2.12": (
        "docker-archive",
        "snyk+snyk-docker-plugin/test/fixtures/containerd-archives/alpine.tar",
    ),
    "apk 2.14": (
        "oci-archive",
        "snyk+snyk-docker-plugin/test/fixtures/npm/npm-without-lockfiles/yarn-with-node-modules-only.tar",
    ),
}
_SIZE = re.compile(r"(\d+)(?: ([KM])iB| B)?")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}


@dataclass
class Told:
    """What apk says of a package."""

    size: int = 0
    unit: int = 1
    paths: list[str] = field(default_factory=list)


def _according_to_apk(root: Path) -> dict[str, Told]:
    """NAME-VERSION to what apk tells; asked as nobody, without a network."""
    enter = ["unshare", "--net", "chroot", "--userspec=65534:65534", root]
    told: dict[str, Told] = {}
    text = run(*enter, "/bin/sh", "-c", "apk --no-network info -s -L $(apk --no-network info)")
    for block in re.split(r"\n\s*\n", text.strip()):
        head, *lines = block.splitlines()
        package, _, what = head.partition(" ")
        found = told.setdefault(package, Told())
        if what == "installed size:":
            size = _SIZE.fullmatch(lines[0])
            assert size is not None, lines
            found.size, found.unit = int(size[1]), _UNITS[size[2] or ""]
        elif what == "contains:":
            found.paths = lines
    return told


def _on_disk(root: Path, paths: list[str]) -> int:
    statuses = [(root / path).lstat() for path in paths if _is_file(root / path)]
    return sum({status.st_ino: status.st_size for status in statuses}.values())


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


@needs_fixtures
@pytest.mark.parametrize("image", IMAGES)
def test_every_alpine_package_takes_what_its_files_take(image: str, tmp_path: Path) -> None:
    require("skopeo", "umoci", "chroot", "unshare")
    transport, name = IMAGES[image]
    run("skopeo", "copy", "-q", f"{transport}:{FIXTURES / name}", f"oci:{tmp_path}/oci:1")
    run("umoci", "unpack", "--image", f"{tmp_path}/oci:1", tmp_path / "bundle")
    root = tmp_path / "bundle" / "rootfs"
    theirs = _according_to_apk(root)
    assert len(theirs) > 10

    found = layerscope.inspect(f"{transport}:{FIXTURES / name}").packages
    ours = {f"{p.name}-{p.version}": p for p in found.packages if p.ecosystem == "apk"}
    assert ours.keys() == theirs.keys()
    for package, told in theirs.items():
        assert (ours[package].declared_bytes or 0) // told.unit == told.size, package
        assert ours[package].content_bytes == _on_disk(root, told.paths), package
    assert found.notices == ()
