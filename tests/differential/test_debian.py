"""A real Debian root filesystem in an image is listed exactly as it lies on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

import layerscope
from tests.differential.listing import differences, of_directory, of_image
from tests.differential.tools import require, run
from tests.differential.unpacking import assert_unpacks_to_the_same


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(OCI layout, bundle): Debian's essential packages as one layer; documents removed in another."""
    require("mmdebstrap", "umoci", "bsdtar")
    directory = tmp_path_factory.mktemp("debian")
    layout, bundle = directory / "oci", directory / "bundle"
    run("mmdebstrap", "--quiet", "--variant=essential", "bookworm", directory / "root.tar")
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:1")
    run("umoci", "unpack", "--image", f"{layout}:1", bundle)
    extract = ["bsdtar", "-xpf", f"{directory}/root.tar", "--numeric-owner", "--exclude", "./dev/*"]
    run(*extract, "-C", bundle / "rootfs")
    run("umoci", "repack", "--refresh-bundle", "--image", f"{layout}:1", bundle)
    run("rm", "-rf", bundle / "rootfs" / "usr" / "share" / "doc")
    run("touch", "-d", "@1700000000", bundle / "rootfs" / "usr" / "share")  # umoci writes whole seconds
    run("chown", "-R", "33:33", bundle / "rootfs" / "var" / "cache")
    run("umoci", "repack", "--image", f"{layout}:1", bundle)
    return layout, bundle


def test_debian_is_listed_as_it_lies_on_disk(debian: tuple[Path, Path]) -> None:
    layout, bundle = debian
    ours, theirs = of_image(str(layout)), of_directory(bundle / "rootfs")
    assert len(theirs) > 2_000
    assert differences(ours, theirs) == []


def test_debian_optimized_unpacks_to_the_same(debian: tuple[Path, Path], tmp_path: Path) -> None:
    layout, _ = debian
    plan = layerscope.optimize(str(layout), f"oci:{tmp_path}/slim").plan
    assert plan.changes
    assert layerscope.inspect(f"{tmp_path}/slim").ledger.wasted_bytes == 0
    assert not layerscope.optimize(f"{tmp_path}/slim").plan.changes
    assert_unpacks_to_the_same(f"oci:{layout}:1", f"oci:{tmp_path}/slim:1", f"{tmp_path}/slim", tmp_path)
