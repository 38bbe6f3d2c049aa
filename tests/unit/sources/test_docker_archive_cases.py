"""The docker-archive cases: one odd archive each, and the root filesystem (or the error) that it gives.

Layer 1 is `d/ ; d/a "1"`, layer 2 `d/b "2"`, layer 3 `d/.wh.a`. Where the reference leaves the outcome open,
the case pins what layerscope decided, and `decided` says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.errors import LayerscopeError, Malformed, NoSuchImage
from tests import rawtar
from tests.compressing import compress
from tests.media import Link, sha256

LAYER_1 = rawtar.tar(rawtar.entry(b"d/", typeflag=b"5", mode=0o755), rawtar.entry(b"d/a", b"1"))
LAYER_2 = rawtar.tar(rawtar.entry(b"d/b", b"2"))
LAYER_3 = rawtar.tar(rawtar.entry(b"d/.wh.a"))

ONE = ("d", "d/a")
BOTH = ("d", "d/a", "d/b")

Members = list[tuple[str, bytes | Link]]


def document(value: Any) -> bytes:
    return json.dumps(value).encode()


def config(*layers: bytes, **more: Any) -> bytes:
    """A configuration whose diff IDs are those of `layers`."""
    diff_ids = [f"sha256:{sha256(tar)}" for tar in layers]
    rootfs = {"rootfs": {"type": "layers", "diff_ids": diff_ids}}
    return document({"architecture": "amd64", "os": "linux"} | rootfs | more)


def manifest(*paths: str, **more: Any) -> bytes:
    """manifest.json with one image."""
    return document([{"Config": "c.json", "RepoTags": ["x:1"], "Layers": list(paths)} | more])


A, B = "a/layer.tar", "b/layer.tar"
MANIFEST = manifest(A, B)
CONFIG = config(LAYER_1, LAYER_2)
ORDINARY: Members = [("manifest.json", MANIFEST), ("c.json", CONFIG), (A, LAYER_1), (B, LAYER_2)]
LINKED: Members = [("manifest.json", MANIFEST), ("c.json", config(LAYER_1, LAYER_1)), (A, LAYER_1)]


def archive(members: Members) -> bytes:
    """Write members one after the other, repeats and links included."""
    parts = []
    for name, content in members:
        if isinstance(content, Link):
            kind = b"1" if content.hard else b"2"
            parts.append(rawtar.entry(name.encode(), typeflag=kind, linkname=content.target.encode()))
        else:
            parts.append(rawtar.entry(name.encode(), content))
    return rawtar.tar(*parts)


def ordinary(**replaced: bytes) -> Members:
    """The ordinary archive with other documents: `c` is the configuration, `manifest` manifest.json."""
    names = {"c": "c.json", "manifest": "manifest.json", "a": A, "b": B}
    contents = {names[key]: content for key, content in replaced.items()}
    return [(name, contents.get(name, content)) for name, content in ORDINARY]


@dataclass(frozen=True)
class Case:
    """An archive and what it gives: paths, or the class of an error and a part of its message."""

    name: str
    data: bytes
    paths: tuple[str, ...] = BOTH
    notices: tuple[str, ...] = ()
    implicit: tuple[str, ...] = ()
    error: type[LayerscopeError] | None = None
    message: str = ""
    decided: str = field(default="", compare=False)


CASES = (
    Case("ok", archive(ORDINARY)),
    Case("dot-slash members", archive([(f"./{name}", content) for name, content in ORDINARY])),
    Case(
        "lowercase keys",
        archive(ordinary(manifest=document([{"config": "c.json", "repotags": ["x:1"], "layers": [A, B]}]))),
    ),
    Case(
        "dup manifest.json (1st bad, 2nd good)",
        archive([("manifest.json", b"[]"), *ORDINARY]),
        notices=("archive-duplicate-member",),
        decided="the last member counts, as for Docker",
    ),
    Case(
        "dup manifest.json (1st good, 2nd [])",
        archive([*ORDINARY, ("manifest.json", b"[]")]),
        error=NoSuchImage,
        message="lists no image",
        decided="the last member counts, as for Docker",
    ),
    Case(
        "dup layer (1st good, 2nd wrong)",
        archive([*ORDINARY, (A, LAYER_3)]),
        paths=("d", "d/b"),
        notices=("archive-duplicate-member", "diff-id-mismatch", "whiteout-of-nothing"),
        implicit=("d",),
        decided="the last member counts, as for Docker",
    ),
    Case("layer symlink ../", archive([*LINKED, (B, Link("../a/layer.tar"))]), paths=ONE),
    Case("layer symlink abs", archive([*LINKED, (B, Link("/a/layer.tar"))]), paths=ONE),
    Case(
        "layer symlink chain",
        archive([*LINKED, (B, Link("../m/layer.tar")), ("m/layer.tar", Link("../a/layer.tar"))]),
        paths=ONE,
    ),
    Case("layer symlink before target", archive([(B, Link("../a/layer.tar")), *LINKED]), paths=ONE),
    Case(
        "layer symlink for distinct diffid",
        archive([*ORDINARY[:3], (B, Link("../real.tar")), ("real.tar", LAYER_2)]),
    ),
    Case("layer hardlink", archive([*ORDINARY[:3], ("real.tar", LAYER_2), (B, Link("real.tar", hard=True))])),
    Case(
        "symlinked dir component",
        archive([*ORDINARY[:3], ("b", Link("real")), ("real/layer.tar", LAYER_2)]),
    ),
    Case(
        "same path twice",
        archive([("manifest.json", manifest(A, A)), ("c.json", config(LAYER_1, LAYER_1)), (A, LAYER_1)]),
        paths=ONE,
    ),
    Case(
        "count mismatch: 1 layer, 2 diff_ids",
        archive(ordinary(manifest=manifest(A))),
        paths=ONE,
        notices=("diff-id-count",),
    ),
    Case(
        "diff_id wrong",
        archive(ordinary(a=LAYER_3)),
        paths=("d", "d/b"),
        notices=("diff-id-mismatch", "whiteout-of-nothing"),
        implicit=("d",),
    ),
    Case(
        "no diff_ids in config",
        archive(ordinary(c=document({"architecture": "amd64", "os": "linux"}))),
        notices=("diff-ids-missing",),
    ),
    Case(
        "config missing",
        archive([m for m in ORDINARY if m[0] != "c.json"]),
        notices=("config-missing",),
        decided="the layers are shown all the same",
    ),
    Case(
        "history too short",
        archive(ordinary(c=config(LAYER_1, LAYER_2, history=[{"created_by": "one"}]))),
        notices=("history-count",),
    ),
    Case(
        "history too long",
        archive(ordinary(c=config(LAYER_1, LAYER_2, history=[{"created_by": "one"}] * 3))),
        notices=("history-count",),
    ),
    Case("history null entries", archive(ordinary(c=config(LAYER_1, LAYER_2, history=None)))),
    Case("RepoTags null", archive(ordinary(manifest=manifest(A, B, RepoTags=None)))),
    Case(
        "RepoTags no tag",
        archive(ordinary(manifest=manifest(A, B, RepoTags=["x"]))),
        decided="a name is shown as it stands",
    ),
    Case(
        "manifest trailing junk",
        archive(ordinary(manifest=MANIFEST + b"{}junk")),
        notices=("manifest-trailing-data",),
        decided="ignored with a notice, as Docker does",
    ),
    Case(
        "manifest BOM",
        archive(ordinary(manifest=b"\xef\xbb\xbf" + MANIFEST)),
        error=Malformed,
        message="manifest.json: starts with a byte order mark",
        decided="refused, as everywhere",
    ),
    Case("manifest null", archive(ordinary(manifest=b"null")), error=NoSuchImage, message="lists no image"),
    Case("gz layers", archive(ordinary(a=compress(LAYER_1, "gzip"), b=compress(LAYER_2, "gzip")))),
    Case("zstd layers", archive(ordinary(a=compress(LAYER_1, "zstd")))),
    Case(
        "layer path with ./",
        archive(ordinary(manifest=manifest("./a/layer.tar", "b//layer.tar"))),
    ),
    Case(
        "layer path abs",
        archive(ordinary(manifest=manifest("/a/layer.tar", B))),
        decided="a name is a key: the slash in front means nothing",
    ),
    Case(
        "windows backslash path",
        archive(
            [
                ("manifest.json", manifest("a\\layer.tar", "b\\layer.tar")),
                ("c.json", CONFIG),
                ("a\\layer.tar", LAYER_1),
                ("b\\layer.tar", LAYER_2),
            ]
        ),
    ),
    Case("zero layers", archive(ordinary(manifest=manifest(), c=config())), paths=()),
    Case("Layers null", archive(ordinary(manifest=manifest(Layers=None), c=config())), paths=()),
    Case(
        "outer concat tar",
        archive(ORDINARY[1:]) + archive(ORDINARY[:1]),
        error=LayerscopeError,
        message="not an image: no manifest.json",
        decided="what follows the end mark is not read",
    ),
    Case("outer trailing garbage", archive(ORDINARY) + b"garbage" * 200, notices=("data-after-end",)),
    Case(
        "empty zero-byte layer",
        archive(ordinary(a=b"", c=config(b"", LAYER_2))),
        paths=("d", "d/b"),
        implicit=("d",),
    ),
    Case("outer xz", compress(archive(ORDINARY), "xz")),
    Case("outer zstd", compress(archive(ORDINARY), "zstd")),
    Case("outer gz", compress(archive(ORDINARY), "gzip")),
    Case("outer bz2", compress(archive(ORDINARY), "bzip2")),
)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def inspect(case: Case, directory: Path) -> layerscope.api.Analysis:
    path = directory / "image.tar"
    path.write_bytes(case.data)
    return layerscope.inspect(str(path))


def test_archive_gives_what_the_reference_says(case: Case, tmp_path: Path) -> None:
    if case.error is not None:
        with pytest.raises(case.error) as raised:
            inspect(case, tmp_path)
        assert str(raised.value).startswith(str(tmp_path / "image.tar"))
        assert case.message in str(raised.value)
        return
    entries = {entry.path.decode(): entry for entry in inspect(case, tmp_path).rootfs.entries()}
    assert tuple(entries) == case.paths
    assert tuple(path for path, entry in entries.items() if entry.implicit) == case.implicit


def test_archive_is_diagnosed_as_the_reference_says(case: Case, tmp_path: Path) -> None:
    """A case without a diagnostic in the reference gives none here."""
    if case.error is not None:
        with pytest.raises(case.error):
            inspect(case, tmp_path)
        return
    assert {notice.code for notice in inspect(case, tmp_path).notices} == set(case.notices)
