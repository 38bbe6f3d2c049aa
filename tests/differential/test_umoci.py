"""The root filesystem that layerscope replays is the one that umoci unpacks, in every format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.differential.listing import Row, differences, of_directory, of_image
from tests.differential.tools import require, run

RECIPES = ("removal", "types", "links", "attributes")
DRIVERS = ("vfs", "overlay")
"""overlay writes opaque whiteouts where vfs writes one whiteout for each path."""
FILES = {
    "docker-archive": "docker.tar",
    "oci-archive": "oci.tar",
    "dir": "dir",
    "oci with zstd layers": "zstd",
}


def unpacked(layout: Path, bundle: Path) -> dict[bytes, Row]:
    """The listing of what umoci makes of the image `1` of an OCI layout."""
    require("umoci")
    run("umoci", "raw", "unpack", "--image", f"{layout}:1", bundle)
    return of_directory(bundle)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_root_filesystem_is_that_of_umoci(
    recipe: str, driver: str, build: Callable[[str, str], Path], tmp_path: Path
) -> None:
    directory = build(recipe, driver)
    theirs = unpacked(directory / "oci", tmp_path / "unpacked")
    assert b"bin/busybox" in theirs
    assert differences(of_image(str(directory / "oci")), theirs) == []


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_format_gives_the_same_root_filesystem(
    recipe: str, form: str, build: Callable[[str, str], Path]
) -> None:
    directory = build(recipe, "overlay")
    expected = of_image(str(directory / "oci"))
    assert b"bin/busybox" in expected
    assert of_image(str(directory / FILES[form])) == expected


def test_a_difference_is_seen() -> None:
    """The comparison itself can fail."""
    row = Row("file", 0o644, 0, 0, 5, 1, "aa", None, None, (), (b"a",))
    other = Row("file", 0o600, 0, 0, None, 1, "aa", None, None, (), (b"a",))
    assert differences({b"a": row, b"b": row}, {b"a": other, b"c": row}) == [
        "only in layerscope: b'b'",
        "missing in layerscope: b'c'",
        "b'a' mode: 420, not 384",
    ]
