"""Archives that break off, limits, and documents that are not what they should be."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from pathlib import Path

import pytest

import layerscope
from layerscope.blobs.archive import stream_members
from layerscope.blobs.limits import Limits
from layerscope.errors import InvalidImage, LayerscopeError, LimitExceeded, Malformed, Truncated
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


@pytest.mark.parametrize("length", [20_000, 1_000_000])
def test_a_message_says_where_the_archive_ends_inside_what_and_how_much_is_missing(
    length: int, tmp_path: Path
) -> None:
    """A file and a stream are told in the same words."""
    content = random.Random(3).randbytes(length + 4321)
    data = as_tar({"first": content})
    cut = data[: data.index(content) + length]
    (tmp_path / "image.tar").write_bytes(cut)
    (tmp_path / "image.tar.gz").write_bytes(gzip.compress(cut))
    for path in (tmp_path / "image.tar", tmp_path / "image.tar.gz"):
        with pytest.raises(Truncated) as raised:
            layerscope.open_source(str(path))
        what = f"tar stream: ends at byte {len(cut):,}, inside first, 4,321 bytes too early; copy or save it"
        assert what in str(raised.value)


def test_a_layer_that_the_end_of_an_archive_cuts_has_the_words_of_the_archive(tmp_path: Path) -> None:
    data = cut_inside_the_first_layer(manifest_first(SPEC))
    (tmp_path / "image.tar").write_bytes(data)
    (tmp_path / "image.tar.gz").write_bytes(gzip.compress(data))
    missing = len(BIG) - 20_000
    for path in (tmp_path / "image.tar", tmp_path / "image.tar.gz"):
        error = str(layerscope.inspect(str(path)).layers[0].reading.error)
        assert error.startswith(f"tar stream: ends at byte {len(data):,}, inside ")
        assert error.endswith(f"/layer.tar, {missing:,} bytes too early")


def test_an_archive_that_ends_inside_a_header_says_so(tmp_path: Path) -> None:
    data = as_tar({"first": b"x" * 512})
    path = tmp_path / "image.tar"
    second = layer(file("second", b"y" * 100))[:512]
    path.write_bytes(data[: data.index(b"x" * 512) + 512] + second[:300])
    with pytest.raises(InvalidImage) as raised:
        layerscope.open_source(str(path))
    size = path.stat().st_size
    assert f"ends at byte {size:,}, inside the header of an entry" in str(raised.value)


MAGIC = {
    "zip": (b"PK\x03\x04", "a zip file"),
    "ELF": (b"\x7fELF", "an ELF program"),
    "ISO": (bytes(0x8001) + b"CD001", "an ISO 9660 disk image"),
    "qcow2": (b"QFI\xfb", "a qcow2 disk image"),
    "JSON": (b' {"schemaVersion":2}', "a JSON document"),
}
"""First bytes as the formats define them: APPNOTE.TXT 4.3.7, elf(5), ECMA-119 8.4, qcow2.txt."""


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("kind", MAGIC)
def test_what_is_no_tar_at_all_is_called_by_its_name(kind: str, compression: str, tmp_path: Path) -> None:
    prefix, word = MAGIC[kind]
    data = prefix + b"\x01" * 5000
    path = tmp_path / "image.tar"
    path.write_bytes(data if compression == "none" else gzip.compress(data))
    with pytest.raises(Malformed, match=f"not a tar archive: it is {word}$"):
        layerscope.open_source(str(path))


def test_zeros_without_end_are_not_waited_for() -> None:
    """A tar's end mark is two blocks of zeros; where nothing came before it, nothing is to come."""
    zeros = iter(range(1000))
    members = stream_members((bytes(1 << 16) for _ in zeros), Limits())
    assert list(members) == []
    assert next(zeros) < 100


def test_a_stream_with_members_is_read_to_its_end() -> None:
    """Else its writer is killed by the closed pipe, and a checksum behind the archive goes unseen."""
    rest = iter(range(10))
    blocks = itertools.chain([as_tar({"a": b"a"})], (bytes(1 << 16) for _ in rest))
    assert [member.name for member, _ in stream_members(blocks, Limits())] == [b"a"]
    assert next(rest, None) is None


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
        layerscope.inspect(str(path), **asked)
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
