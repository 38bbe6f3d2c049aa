"""Every public image opens or fails with a clear message, and gives the root filesystem that engines made."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.analysis.analyze import Analysis
from layerscope.errors import AmbiguousImage, LayerscopeError
from layerscope.image.read import ReadOptions
from layerscope.sources.detect import open_reference
from tests.differential.listing import Row, differences, of_analysis
from tests.fixtures import Truth, fixture_paths, needs_fixtures, truths

pytestmark = needs_fixtures

_TYPES = {
    "f": "file",
    "d": "directory",
    "l": "symlink",
    "c": "char_device",
    "b": "block_device",
    "p": "fifo",
}


def analyze(path: Path, image: str | None) -> Analysis:
    """Inspect an image, and of several platforms the one on which the truth was recorded."""
    try:
        return layerscope.inspect(str(path), image=image, content_hash="sha256")
    except AmbiguousImage:
        return layerscope.inspect(str(path), image=image, platform="linux/amd64", content_hash="sha256")


def recorded(truth: Truth, listing: Path, without_time: set[bytes]) -> dict[bytes, Row]:
    """A recorded listing in the form of the comparison."""
    rows = {os.fsencode(row["path"]): row for row in truth.rows(listing)}
    groups: dict[int, list[bytes]] = {}
    for path, row in rows.items():
        if "linkgroup" in row:
            groups.setdefault(row["linkgroup"], []).append(path)
    return {
        path: _recorded_row(path, row, groups, None if path in without_time else row["mtime_ns"])
        for path, row in rows.items()
    }


def _recorded_row(
    path: bytes, row: dict[str, Any], groups: dict[int, list[bytes]], mtime_ns: int | None
) -> Row:
    return Row(
        type=_TYPES[row["type"]],
        mode=int(row["mode"], 8),
        uid=row["uid"],
        gid=row["gid"],
        mtime_ns=mtime_ns,
        size=row.get("size", 0),
        sha256=row.get("sha256", ""),
        target=os.fsencode(row["target"]) if "target" in row else None,
        device=tuple(row["rdev"]) if "rdev" in row else None,
        xattrs=tuple(sorted((os.fsencode(k), bytes.fromhex(v)) for k, v in row.get("xattrs", {}).items())),
        names=tuple(sorted(groups.get(row.get("linkgroup", -1), [path]))),
    )


def directories_changed_without_entry(analysis: Analysis) -> set[bytes]:
    """Directories in which a layer adds or removes a name without an entry for them.

    Their time is that of the engine's run.
    """
    changed: set[bytes] = set()
    for layer in analysis.layers:
        changeset = layer.reading.changeset
        written = {entry.path for entry in changeset.entries()}
        touched = {path.rpartition(b"/")[0] for path in [*written, *changeset.whiteouts]}
        changed -= written
        changed |= (touched | set(changeset.opaques)) - written
    return changed


def outcome(reference: str, path: Path) -> tuple[list[Analysis], LayerscopeError | None]:
    """Analyses of all images that a source lists, or the error of a source without images."""
    try:
        with (
            path.open("rb") if reference == "-" else nullcontext() as stdin,
            open_reference(reference, ReadOptions(), stdin=lambda: stdin) as source,
        ):
            images = [c for c in source.candidates() if c.kind == "image"]
            if not images:
                layerscope.choose_image(source, reference)
            return [layerscope.analyze_image(source.open(c, "image")) for c in images], None
    except LayerscopeError as error:
        return [], error


@pytest.mark.parametrize("truth", truths().values(), ids=lambda truth: truth.name)
def test_root_filesystem_is_the_one_an_engine_made(truth: Truth) -> None:
    analysis = analyze(truth.path, truth.image)
    without_time = directories_changed_without_entry(analysis)
    ours = of_analysis(analysis)
    found = [differences(ours, recorded(truth, listing, without_time)) for listing in truth.listings]
    assert [] in found, "\n".join(min(found, key=len)[:20])


@pytest.mark.parametrize(("name", "path"), fixture_paths().items(), ids=fixture_paths())
def test_fixture_opens_or_fails_at_a_named_place(name: str, path: Path) -> None:
    """Whatever is in a file: an analysis, or an error of the source, the image, its kind or a limit."""
    analyses, error = outcome(str(path), path)
    for analysis in analyses:
        ledger = analysis.ledger
        assert ledger.stored_bytes == ledger.live_bytes + ledger.wasted_bytes
    if error is not None:
        assert error.exit_code in {3, 4, 5, 6}
        assert str(error).startswith(str(path))
    else:
        assert analyses


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name, path in fixture_paths().items() if path.is_file()],
    ids=[name for name, path in fixture_paths().items() if path.is_file()],
)
def test_a_stream_gives_what_the_file_gives(name: str, path: Path) -> None:
    """One pass over standard input and random access to the file see the same image."""
    from_file, file_error = outcome(str(path), path)
    from_stream, stream_error = outcome("-", path)
    assert type(stream_error) is type(file_error)
    assert len(from_stream) == len(from_file)
    for streamed, filed in zip(from_stream, from_file, strict=True):
        assert list(streamed.rootfs.entries()) == list(filed.rootfs.entries())
        assert streamed.ledger.by_cause == filed.ledger.by_cause
        assert streamed.notices == filed.notices
