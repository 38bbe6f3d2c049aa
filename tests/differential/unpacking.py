"""What umoci unpacks of two images is the same."""

from __future__ import annotations

import json
from pathlib import Path

from tests.differential.listing import Row, differences, of_directory, of_image
from tests.differential.tools import require, run

__all__ = ["assert_unpacks_as_listed", "assert_unpacks_to_the_same"]


_TAR_TYPES = tuple(f"application/vnd.oci.image.layer.v1.tar{suffix}" for suffix in ("", "+gzip"))


def assert_unpacks_to_the_same(before: str, after: str, reference: str, tmp_path: Path) -> None:
    """Unpacked by umoci, both are the same: path, type, mode, owner, time, xattrs, content, hard links.

    `before` and `after` are names that skopeo takes. Of `reference` it is known which directories no layer
    describes: their times are those of umoci's run.
    """
    implied = {path for path, row in of_image(reference).items() if row.mtime_ns is None}
    old = _without_times_of(_unpacked(before, tmp_path / "before"), implied)
    new = _without_times_of(_unpacked(after, tmp_path / "after"), implied)
    assert old
    assert new == old


def assert_unpacks_as_listed(reference: str, listed: dict[bytes, Row], tmp_path: Path) -> None:
    """What umoci unpacks of an image that skopeo takes is what a listing says."""
    tmp_path.mkdir(exist_ok=True)
    assert differences(listed, _unpacked(reference, tmp_path / "unpacked")) == []


def _unpacked(reference: str, directory: Path) -> dict[bytes, Row]:
    """What umoci unpacks of an image that skopeo copies into a layout; the times of directories that no
    layer describes are those of the run, and left out."""
    require("umoci", "skopeo")
    directory.mkdir()
    if (layout := _read_by_umoci(reference)) is not None:
        run("umoci", "raw", "unpack", "--image", layout, directory / "root")
        return of_directory(directory / "root")
    run("skopeo", "copy", "-q", "--dest-decompress", reference, f"dir:{directory}/plain")  # umoci has no zstd
    run("skopeo", "copy", "-q", f"dir:{directory}/plain", f"oci:{directory}/layout:1")
    run("umoci", "raw", "unpack", "--image", f"{directory}/layout:1", directory / "root")
    return of_directory(directory / "root")


def _read_by_umoci(reference: str) -> str | None:
    """A layout and a name that umoci takes as they are: gigabytes are not to be compressed for it."""
    transport, _, place = reference.partition(":")
    path, _, name = place.rpartition(":")
    index = Path(path) / "index.json"
    if transport != "oci" or not name or not index.is_file():
        return None
    blobs = Path(path) / "blobs"
    for described in json.loads(index.read_bytes())["manifests"]:
        manifest = json.loads((blobs / described["digest"].replace(":", "/")).read_bytes())
        for layer in manifest.get("layers", [{}]):
            if layer.get("mediaType") not in _TAR_TYPES:
                return None
    return place


def _without_times_of(rows: dict[bytes, Row], implied: set[bytes]) -> dict[bytes, Row]:
    return {
        path: Row(**{**{name: getattr(row, name) for name in Row.__dataclass_fields__}, "mtime_ns": None})
        if path in implied
        else row
        for path, row in rows.items()
    }
