"""Which contents of a layer are kept, and that nothing else decides it than the layer's bytes."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from layerscope.blobs.limits import DEFAULT_LIMITS
from layerscope.blobs.location import FileRange
from layerscope.blobs.tar_content import TAIL_BYTES
from layerscope.image.changeset import Changeset
from layerscope.image.documents import DOCUMENTS, DocumentPattern
from layerscope.image.layer import LayerReading
from layerscope.image.path_patterns import NameGate
from layerscope.image.read import ReadOptions, read_blocks, read_range
from layerscope.image.wire import decode_reading, encode_reading
from tests import rawtar
from tests.builders import Member, directory, file, hardlink, layer, read, read_layer, symlink, whiteout
from tests.fuzz.contents import contents_of_interest

METADATA = b"Metadata-Version: 2.1\nName: attrs\nSummary: Classes\nVersion: 23.1\n\nName: not this\n"
REDUCED = b"Metadata-Version: 2.1\nName: attrs\nVersion: 23.1\n"
WHOLE = b"whatever it says\n"

KEPT = [
    ("var/lib/dpkg/status", WHOLE, WHOLE),
    ("./var/lib/dpkg/status", WHOLE, WHOLE),
    ("/var//lib/./dpkg/status", WHOLE, WHOLE),
    ("var/lib/dpkg/status.d/base", WHOLE, WHOLE),
    ("./var/lib/dpkg/status.d/libc6.md5sums", WHOLE, WHOLE),
    ("var/lib/dpkg/info/libc6:amd64.list", WHOLE, WHOLE),
    ("var/lib/dpkg/diversions", WHOLE, WHOLE),
    ("lib/apk/db/installed", WHOLE, WHOLE),
    ("usr/lib/apk/db/installed", WHOLE, WHOLE),
    ("var/lib/rpm/Packages", b"\0\1\2", b"\0\1\2"),
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", b"SQLite", b"SQLite"),
    ("usr/lib/sysimage/rpm/rpmdb.sqlite-wal", b"wal", b"wal"),
    ("var/lib/rpm/Packages.db", b"RpmP", b"RpmP"),
    ("var/lib/pacman/local/bash-5.2-1/desc", WHOLE, WHOLE),
    ("var/lib/pacman/local/bash-5.2-1/files", WHOLE, WHOLE),
    ("usr/lib/opkg/status", WHOLE, WHOLE),
    (
        "usr/lib/python3/site-packages/attrs-23.1.dist-info/METADATA",
        METADATA,
        REDUCED,
    ),
    ("attrs-23.1.dist-info/METADATA", METADATA.replace(b"\n", b"\r\n"), REDUCED),
    ("opt/attrs-23.1.dist-info/RECORD", b"attrs/__init__.py,,\n", b"attrs/__init__.py,,\n"),
    ("usr/lib/opkg/info/busybox.list", WHOLE, WHOLE),
    ("opt/attrs-23.1.egg-info/installed-files.txt", WHOLE, WHOLE),
    ("opt/attrs-23.1.egg-info/top_level.txt", b"attr\n", b"attr\n"),
    ("opt/attrs-23.1-py3.11.egg/EGG-INFO/PKG-INFO", METADATA, REDUCED),
    ("usr/lib/ruby/specifications/default/json-2.6.gemspec", b"Gem::Specification", b""),
    ("opt/attrs-23.1.egg-info/PKG-INFO", METADATA, REDUCED),
    ("opt/attrs-23.1.egg-info", METADATA, REDUCED),
    (
        "app/node_modules/left-pad/package.json",
        b'{"name": "left-pad", "scripts": {"x": 1}, "version": "1.3.0"}',
        b'{"name":"left-pad","version":"1.3.0"}',
    ),
    (
        "node_modules/@types/node/package.json",
        b'{"name": "@types/node", "version": "1"}',
        b'{"name":"@types/node","version":"1"}',
    ),
    ("usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec", b"Gem::Specification", b""),
    (
        "app/vendor/composer/installed.json",
        b'{"packages": [{"name": "a/b", "version": "1", "install-path": "../a/b", "dist": {}}], "dev": true}',
        b'{"packages":[{"name":"a/b","version":"1","install-path":"../a/b"}]}',
    ),
    (
        "app/vendor/composer/installed.json",
        b'[{"name": "a/b", "version": "1"}]',
        b'{"packages":[{"name":"a/b","version":"1"}]}',
    ),
    (
        "opt/conda/conda-meta/zlib-1.2-0.json",
        b'{"name": "zlib", "version": "1.2", "files": ["lib/libz.so"], "depends": []}',
        b'{"name":"zlib","version":"1.2","files":["lib/libz.so"]}',
    ),
]

IGNORED = [
    ("var/lib/dpkg/status-old", WHOLE),
    ("lib/dpkg/status", WHOLE),
    ("srv/var/lib/dpkg/status", WHOLE),
    ("var/lib/dpkg/status.d/deeper/base", WHOLE),
    ("var/lib/dpkg/info/libc6.md5sums", WHOLE),
    ("var/lib/dpkg/status", b""),
    ("opt/package.json", b'{"name": "a", "version": "1"}'),
    ("node_modules/a/lib/package.json", b'{"name": "a", "version": "1"}'),
    ("node_modules/a/package.json", b'{"type": "module"}'),
    ("node_modules/a/package.json", b'{"name": "", "version": ""}'),
    ("node_modules/a/package.json", b'{"name": 1, "version": []}'),
    ("node_modules/a/package.json", b'{"name": "\xff", "version": "1"}'),
    ("node_modules/a/package.json", b"[" * 100_000),
    ("node_modules/a/package.json", b'{"x": ' * 100_000),
    ("node_modules/a/package.json", b"\0\1"),
    ("a/vendor/composer/installed.json", b'{"packages": 1}'),
    ("a/conda-meta/history.json", b'"x"'),
    ("a.dist-info/METADATA", b"no header\n"),
]


def kept(changeset: Changeset) -> dict[bytes, bytes]:
    """What is kept, by path."""
    return {changeset.path(index): content for index, content in changeset.documents.items()}


@pytest.mark.parametrize(("path", "content", "expected"), KEPT, ids=[path for path, _, _ in KEPT])
def test_documents_are_kept_as_far_as_their_readers_need_them(
    path: str, content: bytes, expected: bytes
) -> None:
    changeset = read_layer(layer(file("a", b"1"), file(path, content), file("z", b"2"), written_by="raw"))
    assert list(changeset.documents.values()) == [expected]
    assert list(changeset.documents) == [1]


@pytest.mark.parametrize(("path", "content"), IGNORED)
def test_what_names_no_package_is_not_kept(path: str, content: bytes) -> None:
    assert read_layer(layer(file(path, content))).documents == {}


def test_every_pattern_is_tested() -> None:
    """Not each combination of a directory and a name of RPM's."""
    gate = NameGate(DOCUMENTS)
    paths = [path.removeprefix("./").encode().rpartition(b"/") for path, _, _ in KEPT]
    tested = {gate.match(parent, base) for parent, _, base in paths}
    assert [p.pattern for p in DOCUMENTS if p not in tested and p.ecosystem != "rpm"] == []


@pytest.mark.parametrize("pattern", DOCUMENTS, ids=lambda pattern: pattern.pattern)
def test_a_path_of_each_pattern_is_matched_by_it_alone(pattern: DocumentPattern) -> None:
    text = pattern.pattern.replace("@*", "@scope").replace("**/", "a/b/").replace("*", "c")
    parent, _, base = text.encode().rpartition(b"/")
    assert [p for p in DOCUMENTS if NameGate([p]).match(parent, base)] == [pattern]


def test_only_regular_files_are_kept() -> None:
    members: tuple[Member, ...] = (
        directory("var/lib/dpkg"),
        symlink("var/lib/dpkg/status", to="../status"),
        hardlink("lib/apk/db/installed", to="a"),
        directory("opt/a.egg-info"),
        whiteout("var/lib/rpm/Packages"),
        file(".wh..wh.plnk/var/lib/dpkg/status", WHOLE),
        file("var/lib/dpkg/status.d/.wh.base", WHOLE),
    )
    assert read_layer(layer(*members)).documents == {}


def test_a_hard_linked_document_is_kept_under_its_first_name() -> None:
    changeset = read_layer(
        layer(file("var/lib/dpkg/status", b"x"), hardlink("lib/apk/db/installed", to="var/lib/dpkg/status"))
    )
    assert kept(changeset) == {b"var/lib/dpkg/status": b"x"}


def test_of_a_name_that_comes_twice_both_are_kept_since_the_last_one_counts() -> None:
    changeset = read_layer(layer(file("var/lib/dpkg/status", b"1"), file("var/lib/dpkg/status", b"2")))
    assert changeset.documents == {0: b"1", 1: b"2"}


def big(size: int) -> bytes:
    return b"".join(b"%015d\n" % n for n in range(size // 16 + 1))[:size]


LARGE = layer(
    file("before", b"x" * 700),
    file("var/lib/rpm/Packages", big(TAIL_BYTES * 2 + 17)),
    file("var/lib/dpkg/status", big(70_001)),
    file("var/lib/dpkg/status.d/a", big(TAIL_BYTES)),
    file("lib/apk/db/installed", big(TAIL_BYTES + 1)),
    file("after", b"y" * (TAIL_BYTES + 5)),
    file("node_modules/a/package.json", b'{"name":"a","version":"1"}'),
)
EXPECTED = {
    b"var/lib/rpm/Packages": big(TAIL_BYTES * 2 + 17),
    b"var/lib/dpkg/status": big(70_001),
    b"var/lib/dpkg/status.d/a": big(TAIL_BYTES),
    b"lib/apk/db/installed": big(TAIL_BYTES + 1),
    b"node_modules/a/package.json": b'{"name":"a","version":"1"}',
}


@pytest.mark.parametrize("content_hash", ["xxh3-128", "none"])
@pytest.mark.parametrize("block", [4096, 10_007, 1 << 20, (8 << 20) + 3, 1 << 30])
def test_block_sizes_change_nothing(block: int, content_hash: str) -> None:
    assert kept(read_layer(LARGE, block=block, content_hash=content_hash)) == EXPECTED


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_gives_what_a_stream_gives(compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "layer"
    path.write_bytes(gzip.compress(LARGE, 1) if compressed else LARGE)
    reading = read_range(FileRange(path, 0, path.stat().st_size), ReadOptions())
    assert reading.error is None
    assert kept(reading.changeset) == EXPECTED


def limited(tar: bytes, block: int = 1 << 20, **limits: int) -> LayerReading:
    blocks = (tar[start : start + block] for start in range(0, len(tar), block))
    return read_blocks(blocks, ReadOptions(limits=replace(DEFAULT_LIMITS, **limits)))


@pytest.mark.parametrize("block", [4096, 1 << 30])
def test_a_document_past_the_limit_gives_a_notice(block: int) -> None:
    reading = limited(LARGE, block, kept_document_bytes=TAIL_BYTES * 2)
    assert reading.error is None
    assert set(kept(reading.changeset)) == set(EXPECTED) - {b"var/lib/rpm/Packages"}
    [notice] = reading.notices
    assert notice.code == "package-database-too-large"
    assert notice.path == b"var/lib/rpm/Packages"


def test_what_has_to_be_taken_apart_may_be_no_database() -> None:
    """Else a file of lines or of lists would need many times its size."""
    reading = limited(
        layer(
            file("node_modules/a/package.json", b'{"name":"a","version":"1"}'.ljust(1 << 20)),
            file("node_modules/b/package.json", b'{"name":"a","version":"1"}'.ljust((1 << 20) + 1)),
            file("a.egg-info", METADATA + b"a\n" * (1 << 20)),
            file("b.egg-info", METADATA + b"a\n" * (1 << 22)),
        )
    )
    assert sorted(reading.changeset.documents) == [0, 2]
    [notice] = reading.notices
    assert (notice.code, notice.count) == ("package-database-too-large", 2)


def test_the_documents_of_a_layer_are_bounded_together() -> None:
    """The bound counts what each costs beside its content, too."""
    tar = layer(*(file(f"var/lib/dpkg/info/{n}.list", b"x") for n in range(100)))
    reading = limited(tar, kept_documents_bytes=1290)
    assert len(reading.changeset.documents) == 10
    [notice] = reading.notices
    assert (notice.code, notice.count) == ("package-database-too-large", 90)


def test_a_sparse_document_is_not_kept() -> None:
    """Its content does not lie in the stream as it is."""
    records = {
        "GNU.sparse.size": "4096",
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": "4092,4",
        "GNU.sparse.name": "var/lib/dpkg/status",
    }
    changeset = read_layer(rawtar.tar(rawtar.pax_header(records), rawtar.entry(b"x", b"DATA")))
    assert [(entry.path, entry.size) for entry in changeset.entries()] == [(b"var/lib/dpkg/status", 4096)]
    assert changeset.documents == {}


def test_a_document_that_breaks_off_is_not_kept() -> None:
    """What came before is."""
    tar = layer(file("var/lib/dpkg/status", b"1"), file("lib/apk/db/installed", big(100_000)))
    for content_hash in ("xxh3-128", "none"):
        reading = read(tar[:60_000], block=4096, content_hash=content_hash)
        assert reading.error is not None
        assert kept(reading.changeset) == {b"var/lib/dpkg/status": b"1"}


def test_what_is_kept_survives_the_way_between_processes() -> None:
    reading = read(contents_of_interest())
    sent = decode_reading(encode_reading(reading)).changeset
    for column in ("documents", "secrets", "debug_bytes"):
        assert getattr(reading.changeset, column)
        assert getattr(sent, column) == getattr(reading.changeset, column)
