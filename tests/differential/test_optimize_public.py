"""Public images that lose something when they are optimized unpack to the same root filesystem as before."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

import layerscope
from layerscope.errors import InvalidImage, LayerscopeError, LimitExceeded, SourceError, Unsupported
from layerscope.image.read import ReadOptions
from layerscope.image.source import Candidate
from layerscope.optimizer.plan import Plan
from layerscope.sources.detect import open_reference
from tests.differential.listing import of_image
from tests.differential.tools import require, run
from tests.differential.unpacking import assert_unpacks_as_listed, assert_unpacks_to_the_same
from tests.fixtures import fixture_paths, needs_fixtures

pytestmark = needs_fixtures


def candidates(path: Path) -> list[Candidate]:
    """What a source lists as images; none if it is no source."""
    try:
        with open_reference(str(path), ReadOptions()) as source:
            return [each for each in source.candidates() if each.kind == "image"]
    except LayerscopeError:
        return []


def engine_reference(path: Path, candidate: Candidate, number: int, scratch: Path) -> str:
    """The image under a name that skopeo takes: of a layout, one whose index lists this image alone."""
    if path.is_file():
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":  # skopeo takes some compressed archives, and some not
            path = scratch / "plain.tar"
            path.write_bytes(gzip.decompress(content))
        names = run("bsdtar", "-tf", path).splitlines()
        if "manifest.json" in names:
            return f"docker-archive:{path}:@{number}"
        layout = scratch / "layout"
        layout.mkdir()
        run("bsdtar", "-xf", path, "-C", layout)
        path = layout
    if not (path / "index.json").is_file():
        return f"dir:{path}"
    alone = scratch / "alone"
    shutil.copytree(path, alone)
    index = json.loads((path / "index.json").read_text())
    found = [each for each in index["manifests"] if each["digest"] == candidate.digest]
    (alone / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": found[:1]}))
    return f"oci:{alone}"


REFUSED = "windows-mini-image.tar.gz"
"""skopeo refuses the original, whose layer is not what its name promises; nothing can unpack it."""


CLEANED = ("symlink-basic.tar", "symlink-dangling.tar", "symlinks.tar")
"""umoci makes `x` of the text `./x` of a symbolic link, of the originals too."""


@pytest.mark.parametrize("path", fixture_paths().values(), ids=fixture_paths())
def test_a_public_image_unpacks_to_the_same(path: Path, tmp_path: Path) -> None:
    """Or has no waste; or is refused, with the reason."""
    require("skopeo", "umoci", "bsdtar")
    found = candidates(path)
    for number, candidate in enumerate(found):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        choice = (candidate.digest or f"@{number}") if len(found) > 1 else None
        plan = optimized(path, choice, scratch / "slim.tar")
        if plan is None:
            continue
        assert_nothing_to_gain(scratch / "slim.tar", plan.kept)
        assert_normal_form_is_one(path, choice, scratch)
        if path.name == REFUSED:
            assert of_image(str(scratch / "slim.tar")) == of_image(str(path))
        elif plan.analysis.image.format == "docker-archive (v1)":  # no tool here reads it any more
            assert_unpacks_as_listed(f"docker-archive:{scratch}/slim.tar:@0", of_image(str(path)), scratch)
        elif plan.changes:
            before = engine_reference(path, candidate, number, scratch)
            after = f"docker-archive:{scratch}/slim.tar:@0"
            assert_unpacks_to_the_same(before, after, str(scratch / "slim.tar"), scratch)
    if not found:
        assert optimized(path, None, tmp_path / "slim.tar") is None


def optimized(path: Path, choice: str | None, slim: Path) -> Plan | None:
    """The plan, carried out; None where the image is refused, and then nothing is written."""
    try:
        return layerscope.optimize(str(path), f"docker-archive:{slim}", image=choice).plan
    except (SourceError, InvalidImage, Unsupported, LimitExceeded):
        assert not slim.exists()
        return None


def assert_nothing_to_gain(slim: Path, kept: int) -> None:
    assert not any(layerscope.inspect(str(slim)).ledger.wasted_by_layer[kept:])
    assert not layerscope.optimize(str(slim)).plan.changes


def assert_normal_form_is_one(path: Path, choice: str | None, scratch: Path) -> None:
    """Made reproducible before or after optimizing, the same bytes; the proof holds either way."""
    for name, source, image in (("one.tar", path, choice), ("two.tar", scratch / "slim.tar", None)):
        place = f"docker-archive:{scratch}/{name}"
        layerscope.optimize(str(source), place, image=image, base="none", reproducible=10**9)
    assert (scratch / "one.tar").read_bytes() == (scratch / "two.tar").read_bytes()
    if path.name in CLEANED or path.name == REFUSED:
        return
    listed = of_image(f"{scratch}/one.tar")
    assert_unpacks_as_listed(f"docker-archive:{scratch}/one.tar:@0", listed, scratch / "normal")
