"""An image in normal form: its bytes say what is in it, and not when, by whom or in what order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.blobs.tar_write import Metadata, normalized_headers
from layerscope.errors import OutputError
from layerscope.optimizer.config import rewritten_config
from layerscope.optimizer.order import path_order
from layerscope.optimizer.times import date_text, no_later, no_later_annotations
from tests import rawtar
from tests.builders import directory, file, hardlink, image, layer, read_layer, whiteout
from tests.media import write_medium
from tests.rewriting import rewritten

SECOND = 10**9
BASE = layer(directory("etc", mtime=50), file("etc/passwd", b"root", mtime=50), file("etc/old", mtime=50))


def app(late: int, *, reverse: bool = False) -> bytes:
    """The layer of one of two builds; `late` is when it ran."""
    members = [
        directory("srv", mtime=late),
        file("srv/app", b"app" * 999, mtime=late),
        file("srv/data", b"data", mtime=40),
        file("srv/\N{LATIN SMALL LETTER E WITH ACUTE}", b"", mtime=late, xattrs=((b"user.a", b"1"),)),
        whiteout("etc/old"),
    ]
    return layer(*(members[:1] + members[:0:-1] if reverse else members))


def saved(path: Path, late: int, *, compression: str = "none", reverse: bool = False) -> str:
    spec = image(
        BASE,
        app(late, reverse=reverse),
        created=date_text(late),
        history=({"created": date_text(10)}, {"created": date_text(late), "created_by": "RUN make"}),
        compression=compression,
    )
    return str(write_medium("docker-archive", spec, path))


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("output", ["docker-archive", "oci-archive"])
def test_two_builds_become_one_image(output: str, compression: str, tmp_path: Path) -> None:
    written = []
    for late in (1_000_000, 2_000_000):
        reference = saved(tmp_path / str(late), late, compression=compression, reverse=late == 2_000_000)
        out = tmp_path / f"{late}.tar"
        result = layerscope.optimize(reference, f"{output}:{out}", base="none", reproducible=100)
        assert result.written is not None
        assert (result.plan.clamped, result.written.clamped) == (3, 3)
        written.append(out.read_bytes())
    assert written[0] == written[1]
    again = layerscope.optimize(f"{output}:{out}", f"{output}:{tmp_path}/again.tar", reproducible=100)
    assert (again.plan.changes, again.plan.clamped) == (False, 0)
    assert (tmp_path / "again.tar").read_bytes() == written[0]
    entries = {e.path: e for e in layerscope.inspect(str(out)).rootfs.entries()}
    times = {path: entry.mtime_ns // SECOND for path, entry in entries.items()}
    assert times.pop(b"srv/data") == 40
    assert set(times.values()) == {50, 100}


def test_without_the_option_the_two_are_not_one(tmp_path: Path) -> None:
    """The test above can fail."""
    outs = []
    for late in (1_000_000, 2_000_000):
        layerscope.optimize(saved(tmp_path / str(late), late), tmp_path / f"{late}.tar", base="none")
        outs.append((tmp_path / f"{late}.tar").read_bytes())
    assert outs[0] != outs[1]


def test_kept_layers_stay_as_they_are_with_their_times(tmp_path: Path) -> None:
    reference = saved(tmp_path / "image", 1_000_000)
    base = str(layerscope.inspect(reference).layers[0].diff_id)
    layerscope.optimize(reference, tmp_path / "out.tar", base=base, reproducible=30)
    after = layerscope.inspect(str(tmp_path / "out.tar"))
    times = {entry.path: entry.mtime_ns // SECOND for entry in after.rootfs.entries()}
    assert times[b"etc/passwd"] == 50
    assert times[b"srv/data"] == 30
    assert str(after.layers[0].diff_id) == base


def test_a_time_that_is_lost_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof compares times too: earlier than asked for is a difference."""
    reference = saved(tmp_path / "image", 1_000_000)
    made = normalized_headers

    def wrong(raw: bytes, path: bytes, metadata: Metadata, *, target: bytes | None = None) -> bytes:
        return made(raw, path, Metadata(metadata.mode, metadata.uid, metadata.gid, 0), target=target)

    monkeypatch.setattr("layerscope.optimizer.normalize.normalized_headers", wrong)
    with pytest.raises(OutputError, match="mtime_ns"):
        layerscope.optimize(reference, tmp_path / "out.tar", base="none", reproducible=100)
    assert [path.name for path in tmp_path.iterdir()] == ["image"]


def test_what_is_drawn_by_lot_leaves_the_configuration() -> None:
    document = {
        "os": "linux",
        "created": "2026-11-26T16:00:00.123456789+01:00",
        "container": "0123456789abcdef",
        "container_config": {"Hostname": "0123456789ab"},
        "parent": "sha256:aa",
        "config": {"Hostname": "0123456789ab", "Image": "sha256:bb", "Env": ["A=1"], "Labels": {"b": "c"}},
        "rootfs": {"type": "layers", "diff_ids": []},
        "history": [
            {"created": "1970-01-01T00:00:00Z", "created_by": "x"},
            {"created_by": "y", "comment": "FROM 0123456789ab"},
        ],
        "unknown": 1,
    }

    def normal(found: dict[str, Any]) -> bytes:
        return rewritten_config(json.dumps(found).encode(), [], 2, {0, 1}, {}, latest=5)

    assert json.loads(normal(document)) == {
        "os": "linux",
        "created": "1970-01-01T00:00:05Z",
        "config": {"Hostname": "", "Image": "", "Env": ["A=1"], "Labels": {"b": "c"}},
        "rootfs": {"type": "layers", "diff_ids": []},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "x"}, {"created_by": "y"}],
        "unknown": 1,
    }
    assert normal(document) == normal(dict(reversed(document.items())))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1970-01-01T00:01:40Z", "1970-01-01T00:01:40Z"),
        ("1970-01-01T00:01:40.000000001Z", "1970-01-01T00:01:40.000000001Z"),
        ("1970-01-01T00:01:41Z", "1970-01-01T00:01:40Z"),
        ("1970-01-01T00:01:40.5Z", "1970-01-01T00:01:40Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("yesterday", "yesterday"),
        (None, None),
    ],
)
def test_a_time_is_no_later(text: str | None, found: str | None) -> None:
    assert no_later(text, 100) == found


def test_the_time_in_annotations_is_no_later() -> None:
    annotations = {"org.opencontainers.image.created": "2026-01-01T00:00:00Z", "a": "b"}
    assert no_later_annotations(annotations, None) == annotations
    assert no_later_annotations(annotations, 0) == {
        "org.opencontainers.image.created": "1970-01-01T00:00:00Z",
        "a": "b",
    }


def test_markers_come_before_their_siblings_and_directories_before_what_is_in_them() -> None:
    paths = [b"", b".wh.z", b"a", b"a/.wh..wh..opq", b"a/.wh.b", b"a/+", b"a/b", b"a/b/c", b"a+", b"b/c"]
    assert sorted(set(paths), key=path_order) == paths


SPARSE = rawtar.pax_header(
    {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "sparse",
        "GNU.sparse.realsize": "1048576",
        "atime": "1.5",
    }
) + rawtar.entry(b"GNUSparseFile.0/sparse", rawtar.padded(b"1\n0\n4\n") + b"data")
DEVICE = rawtar.entry(b"dev", typeflag=b"3", major=4095, minor=1 << 20)
OLD = rawtar.entry(b"old", b"old", typeflag=b"\0", magic=rawtar.V7)
ROOT = rawtar.entry(b"./", typeflag=b"5", mode=0o711)
RICH = rawtar.pax_header(
    {"SCHILY.xattr.security.capability": b"\1\0=\n", "comment": "kept", "ctime": "1"}
) + rawtar.entry(b"rich", b"rich", uid=1 << 30)


def test_what_a_header_says_of_the_entry_survives() -> None:
    before = rawtar.tar(ROOT, SPARSE, DEVICE, OLD, RICH)
    (after,) = rewritten([before], latest_ns=0)
    old, new = read_layer(before), read_layer(after)
    assert new.root_entry is not None
    assert new.root_entry.mode == 0o711
    said = [
        {
            e.path: (e.kind, e.mode, e.uid, e.size, e.device, e.xattrs, e.content_digest)
            for e in found.entries()
        }
        for found in (old, new)
    ]
    assert said[0] == said[1]
    assert b"comment=kept" in after
    assert b"atime" not in after
    assert b"ctime" not in after
    assert {entry.mtime_ns for entry in new.entries()} == {0}


def test_the_first_name_by_its_path_has_the_content() -> None:
    (after,) = rewritten([layer(file("z", b"zzz"), hardlink("m", "z"), hardlink("a", "m"))], latest_ns=0)
    found = [(entry.path, entry.size, entry.link_target) for entry in read_layer(after).entries()]
    assert found == [(b"a", 3, None), (b"m", 0, b"a"), (b"z", 0, b"a")]
