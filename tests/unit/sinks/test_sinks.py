"""What is written to a sink is an image that reads the same; what is not finished leaves nothing."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

import layerscope
from layerscope.blobs.compress import Codec, codec_of, parse_codec
from layerscope.blobs.compression import Compression
from layerscope.errors import OutputError, UsageError
from layerscope.oci.digest import sha256_of
from layerscope.sinks.documents import ImageDocuments, write_documents
from layerscope.sinks.layer_writer import LayerWriter, WrittenLayer
from layerscope.sinks.sink import Sink
from layerscope.sinks.target import FORMATS, Target, parse_target
from tests.builders import file, layer

LAYERS = [layer(file("a", b"a" * 70_000)), layer(file("b", b"b")), layer(file("b", b"b"))]
NAMES = ("example.test/app:1", "app:2")


def put(sink: Sink, tar: bytes, codec: Codec, piece: int = 1000) -> WrittenLayer:
    writer = LayerWriter(sink, codec)
    for start in range(0, len(tar), piece):
        writer.write(tar[start : start + piece])
    return writer.close()


def write_image(sink: Sink, codec: Codec, names: tuple[str, ...] = NAMES) -> list[WrittenLayer]:
    written = [put(sink, tar, codec) for tar in LAYERS]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in written]},
    }
    documents = ImageDocuments(json.dumps(config).encode(), written, names, {"key": "value"}, {"os": "linux"})
    write_documents(sink, documents)
    sink.complete()
    return written


@pytest.mark.parametrize("codec", ["none", "gzip", "gzip:1", "zstd:1", "zstd"])
@pytest.mark.parametrize("image_format", FORMATS)
def test_what_is_written_reads_the_same(image_format: str, codec: str, tmp_path: Path) -> None:
    target = Target(image_format, tmp_path / "out")
    sink = target.open()
    written = write_image(sink, parse_codec(codec), NAMES[:1])
    assert not target.path.exists()
    sink.commit()
    analysis = layerscope.inspect(str(target.path))
    assert analysis.complete
    assert analysis.image.format == image_format
    assert analysis.image.tags[0] == NAMES[0]
    assert [each.diff_id for each in analysis.layers] == [sha256_of(tar) for tar in LAYERS]
    assert [each.reading.digest for each in analysis.layers] == [each.digest for each in written]
    assert [each.reading.compressed_bytes for each in analysis.layers] == [
        e.compressed_bytes for e in written
    ]
    assert {str(each.reading.compression) for each in analysis.layers} == {codec.partition(":")[0]}
    assert dict(analysis.image.annotations) == {"key": "value"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sink = Target("docker-archive", tmp_path / name).open()
        write_image(sink, parse_codec("gzip"))
        sink.commit()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_blob_is_stored_once(tmp_path: Path) -> None:
    sink = Target("oci-archive", tmp_path / "out").open()
    written = write_image(sink, codec_of(Compression.NONE))
    sink.commit()
    with tarfile.open(tmp_path / "out") as archive:
        names = archive.getnames()
    assert written[1].digest == written[2].digest
    assert len(names) == len(set(names)) == 2 + 2 + 2  # layers, configuration and manifest, index and marker


def test_every_name_is_written_for_docker_and_for_containerd(tmp_path: Path) -> None:
    sink = Target("docker-archive", tmp_path / "out").open()
    write_image(sink, codec_of(Compression.NONE), (*NAMES, "docker.io/library/app:2", "no-tag"))
    sink.commit()
    with tarfile.open(tmp_path / "out") as archive:
        manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
        index = json.load(archive.extractfile("index.json"))  # type: ignore[arg-type]
    assert manifest[0]["RepoTags"] == list(NAMES)
    found = [each["annotations"].get("io.containerd.image.name") for each in index["manifests"]]
    assert found == ["example.test/app:1", "docker.io/library/app:2", None]


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("finished", [False, True])
def test_what_is_discarded_leaves_nothing(image_format: str, finished: bool, tmp_path: Path) -> None:
    sink = Target(image_format, tmp_path / "out").open()
    if finished:
        write_image(sink, codec_of(Compression.NONE))
    else:
        sink.begin_blob()
        sink.write(b"half")
    sink.discard()
    assert list(tmp_path.iterdir()) == []


def test_an_archive_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    target = Target("oci-archive", tmp_path / "out")
    target.path.write_bytes(b"old")
    target.path.chmod(0o640)
    sink = target.open()
    write_image(sink, codec_of(Compression.NONE))
    assert target.path.read_bytes() == b"old"
    sink.commit()
    sink.discard()
    assert target.path.stat().st_mode & 0o777 == 0o640
    assert layerscope.inspect(str(target.path)).complete


def test_a_layout_does_not_touch_a_directory_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_bytes(b"")
    with pytest.raises(OutputError, match="is there already"):
        Target("oci", tmp_path / "out").open()
    with pytest.raises(OutputError, match="is a directory; name a file"):
        Target("oci-archive", tmp_path / "out").open()
    with pytest.raises(OutputError, match="No such file"):
        Target("oci", tmp_path / "missing" / "out").open()


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("a.tar", "docker-archive", ("docker-archive", "a.tar")),
        ("a.tar", "oci", ("oci-archive", "a.tar")),
        ("a", "oci", ("oci", "a")),
        ("a", "dir", ("oci", "a")),
        ("a/", "docker-archive", ("oci", "a")),
        ("a", "oci-archive", ("oci-archive", "a")),
        ("oci:x.tar", "docker-archive", ("oci", "x.tar")),
        ("oci-archive:x", "docker-archive", ("oci-archive", "x")),
        ("docker-archive:x", "oci", ("docker-archive", "x")),
    ],
)
def test_the_medium_is_said_or_that_of_the_source(text: str, source: str, expected: tuple[str, str]) -> None:
    target = parse_target(text, source)
    assert (target.format, str(target.path)) == expected


@pytest.mark.parametrize("text", ["-", "", "oci:", "/dev/stdout"])
def test_an_image_is_not_written_to_a_stream(text: str) -> None:
    with pytest.raises(UsageError):
        parse_target(text, "docker-archive")


@pytest.mark.parametrize("text", ["gzip:0", "gzip:10", "zstd:23", "none:1", "xz", "", "gzip:", "zstd:-1"])
def test_a_codec_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_codec(text)
