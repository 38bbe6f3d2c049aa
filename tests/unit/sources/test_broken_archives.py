"""Archives that break off, limits, and documents that are not what they should be."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

import layerscope
from layerscope.blobs.limits import Limits
from layerscope.errors import LayerscopeError, LimitExceeded, Truncated
from layerscope.notices import Severity
from tests.builders import ImageSpec, file, image, layer
from tests.media import as_tar, docker_archive, oci_layout, sha256

BIG = layer(file("big", random.Random(1).randbytes(40_000)), file("small", b"s"))
SMALL = layer(file("other", b"o"))
SPEC = image(BIG, SMALL)


def manifest_first(spec: ImageSpec) -> bytes:
    """A docker-archive whose documents come before its layers."""
    members = docker_archive(spec)
    documents = {name: content for name, content in members.items() if name.endswith(".json")}
    return as_tar(documents | members)


def cut_inside_the_first_layer(data: bytes) -> bytes:
    return data[: data.index(BIG[:512]) + 20_000]


def test_what_comes_before_the_end_of_a_broken_archive_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(cut_inside_the_first_layer(manifest_first(SPEC)))
    analysis = layerscope.inspect(str(path))
    notices = {notice.code: notice for notice in analysis.notices}
    assert notices["archive-broken"].severity is Severity.ERROR
    assert "at byte" in notices["archive-broken"].message
    assert isinstance(analysis.layers[0].reading.error, Truncated)
    assert analysis.image.layers[1].absent is not None
    assert notices["layer-missing"].severity is Severity.ERROR


def test_an_archive_that_ends_before_its_manifest_is_truncated(tmp_path: Path) -> None:
    """`docker save` writes manifest.json last."""
    path = tmp_path / "image.tar"
    path.write_bytes(cut_inside_the_first_layer(as_tar(oci_layout(SPEC))))
    with pytest.raises(Truncated) as raised:
        layerscope.open_source(str(path))
    assert str(raised.value).startswith(f"{path}: the archive breaks off before manifest.json, index.json")


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize(
    "asked", [{}, {"platform": "linux/amd64"}, {"platform": "linux/s390x"}, {"image": "no:such"}]
)
def test_what_is_asked_for_and_not_there_in_an_archive_that_breaks_off_is_truncated(
    asked: dict[str, str], compression: str, tmp_path: Path
) -> None:
    """index.json comes first here, and what it leads to would have come behind the cut."""
    members = oci_layout(SPEC)
    data = as_tar({"index.json": members["index.json"], "x": b"x" * 90_000} | members)
    path = tmp_path / "image.tar"
    path.write_bytes(data[:40_000] if compression == "none" else gzip.compress(data[:40_000]))
    with pytest.raises(Truncated) as raised:
        layerscope.inspect(str(path), **asked)  # type: ignore[arg-type]
    assert str(raised.value).startswith(f"{path}: the archive breaks off: ")
    assert "copy or save it again; " in str(raised.value)


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd", "xz", "bzip2"])
@pytest.mark.parametrize("seed", range(8))
def test_a_cut_anywhere_gives_a_partial_image_or_an_error(
    seed: int, compression: str, tmp_path: Path
) -> None:
    data = as_tar({**docker_archive(SPEC), "manifest.json": manifest(SPEC)}, compression)
    whole = tmp_path / "whole.tar"
    whole.write_bytes(data)
    path = tmp_path / "image.tar"
    end = random.Random(seed).randrange(1, len(data))
    path.write_bytes(data[:end])
    try:
        analysis = layerscope.inspect(str(path))
    except LayerscopeError as error:
        verify_place(error, path)
    else:
        is_whole = analysis.notices == layerscope.inspect(str(whole)).notices
        errors = [notice for notice in analysis.notices if notice.severity is Severity.ERROR]
        assert is_whole or errors


def verify_place(error: LayerscopeError, path: Path) -> None:
    assert error.exit_code == 4
    assert str(error).startswith(f"{path}: ")


def manifest(spec: ImageSpec) -> bytes:
    content = docker_archive(spec)["manifest.json"]
    assert isinstance(content, bytes)
    return content


def test_the_number_of_members_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(as_tar(docker_archive(SPEC)))
    with pytest.raises(LimitExceeded, match="archive_members"):
        layerscope.open_source(str(path), limits=Limits(archive_members=3))


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_document_has_a_limit(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(as_tar({"manifest.json": b"[" + b" " * 5000 + b"]"}, compression))
    with pytest.raises(LimitExceeded, match=r"manifest\.json: 5,002 bytes, more than 1,000"):
        layerscope.open_source(str(path), limits=Limits(document_bytes=1000))


def test_documents_kept_from_a_stream_have_a_limit_together(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.gz"
    path.write_bytes(as_tar({f"{i}.json": b"{}" * 100 for i in range(20)}, "gzip"))
    with pytest.raises(LimitExceeded, match="documents_bytes"):
        layerscope.open_source(str(path), limits=Limits(documents_bytes=1000))


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"this is not a tar " * 100, "text"),
        (b'{"_type":"https://in-toto.io/Statement/v0.1"}', "JSON"),
        (random.Random(2).randbytes(2 << 20), "noise"),
    ],
)
def test_a_layer_that_is_no_tar_is_damaged_and_the_others_are_read(
    content: bytes, what: str, compression: str, tmp_path: Path
) -> None:
    members = docker_archive(SPEC)
    first = json.loads(manifest(SPEC))[0]["Layers"][0]
    path = tmp_path / "image.tar"
    path.write_bytes(as_tar({**members, first: content}, compression))
    analysis = layerscope.inspect(str(path))
    assert analysis.layers[0].reading.error is not None, what
    assert [entry.path for entry in analysis.rootfs.entries()] == [b"other"]


def test_a_damaged_layer_in_a_stream_leaves_what_follows_whole(tmp_path: Path) -> None:
    """The next members are read from where they start, wherever the damage stopped the reader."""
    damaged = bytearray(layer(file("a", b"x" * 3_000_000), file("b", b"y" * 3_000_000)))
    second = damaged.index(b"b" + bytes(99))
    damaged[second : second + 512] = b"\xff" * 512
    spec = image(bytes(damaged), SMALL).with_compression("gzip")
    path = tmp_path / "image.tar.gz"
    path.write_bytes(as_tar(docker_archive(spec), "gzip"))
    analysis = layerscope.inspect(str(path))
    assert analysis.layers[0].reading.error is not None
    assert analysis.layers[1].reading.error is None
    assert analysis.layers[1].reading.diff_id == f"sha256:{sha256(SMALL)}"
