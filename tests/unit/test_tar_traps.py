"""The traps of reading tar with libarchive, each one handled or diagnosed.

Most are layer cases (`tests/cases`), whose titles name the trap: 1 N21*, 2 N14 N15 N16, 4 H08 H09 HX*,
5 X11 X12, 6 P12 P13, 7 Z02, 8 Z13*, 9 Z04 Z07 Z08, 10 Z12 Z16 V06 V07, 11 Z10 Z11, 12 H08 V06 V12, 13 S01 to
S04, 14 V01 to V13 N11, 15 P01 P02 P03 X08, 16 X01 to X14, 17 M01 to M12, 18 P08*, 20 P06 P09 P11, 23 P05 P10.
Here are those that take more than a line, or another process.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from layerscope.errors import Malformed
from layerscope.image.changeset import Changeset
from layerscope.image.read import ReadOptions, read_blocks
from tests import rawtar
from tests.builders import file, layer, read, read_layer
from tests.cases import notation

A = rawtar.entry(b"a", b"1")
MIB = 1 << 20

NAMES_PROGRAM = """
import sys
from tests.cases.notation import tar
from tests.builders import merged
entries = merged(*(tar(line) for line in sys.stdin.buffer.read().decode().split("\\n")))
print([(path, entry.link_target, entry.size) for path, entry in entries.items()])
"""


def paths(changeset: Changeset) -> list[bytes]:
    return [entry.path for entry in changeset.entries()]


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"PYTHONUTF8": "0"}])
def test_trap_1_names_are_the_same_in_every_locale(environment: dict[str, str]) -> None:
    """In a UTF-8 locale libarchive turns decomposed PAX names into composed ones."""
    nfc, nfd = "caf\u00e9", "cafe\u0301"
    lines = [
        rf'x "1" [x{{path={nfc}}}] ; x "22" [x{{path={nfd}}}] ; x [x{{path=caf\xe9}}]',
        f"x [x{{path=.wh.{nfc}}}] ; s -> x [x{{linkpath={nfd}}}]",
    ]
    result = subprocess.run(
        [sys.executable, "-c", NAMES_PROGRAM],
        input="\n".join(lines).encode(),
        capture_output=True,
        check=True,
        env={**{k: v for k, v in os.environ.items() if k != "LC_ALL"}, **environment, "PYTHONPATH": "."},
    )
    expected = [(nfd.encode(), None, 2), (b"caf\xe9", None, 0), (b"s", nfd.encode(), 0)]
    assert result.stdout.decode() == f"{expected}\n"


@pytest.mark.parametrize("path", ["caf\u00e9", "cafe\u0301", b"caf\xe9", b"\xed\xa0\x80", "\u212b", "日本"])
def test_trap_2_a_name_that_libarchive_cannot_convert_gives_no_notice(path: str | bytes) -> None:
    raw = path.encode() if isinstance(path, str) else path
    reading = read(rawtar.tar(rawtar.pax_header({"path": raw}), A))
    assert paths(reading.changeset) == [raw]
    assert reading.notices == ()


@pytest.mark.parametrize("good_bytes", [0, 1, 512, 1000, 1024, 1500, 2048])
def test_trap_3_the_very_error_of_a_stream_comes_through(good_bytes: int) -> None:
    """ctypes prints and drops exceptions of a callback, and libarchive then reads a stale buffer again."""
    tar = layer(file("a", b"1"), file("b", b"2"))
    error = Malformed("the stream broke")

    def stream() -> Iterator[bytes]:
        yield from (tar[start : start + 100] for start in range(0, good_bytes - good_bytes % 100, 100))
        raise error

    reading = read_blocks(stream(), ReadOptions())
    assert reading.error is error
    assert paths(reading.changeset) == [b"a", b"b"][: len(reading.changeset)]
    assert len(reading.changeset) <= (good_bytes > 512) + (good_bytes > 1536)  # a header and one byte each


def test_trap_13_a_hole_of_a_terabyte_is_counted_and_not_allocated() -> None:
    size = 1 << 40
    records = {
        "GNU.sparse.size": str(size),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{size - 4},4",
        "GNU.sparse.name": "sp",
    }
    changeset = read_layer(rawtar.tar(rawtar.pax_header(records), rawtar.entry(b"x", b"DATA"), A))
    assert [(entry.path, entry.size) for entry in changeset.entries()] == [(b"sp", size), (b"a", 1)]


@pytest.mark.parametrize(
    ("records", "body"),
    [
        ({"GNU.sparse.size": "1000", "GNU.sparse.numblocks": "0", "GNU.sparse.map": ""}, b""),
        (
            {
                "GNU.sparse.major": "1",
                "GNU.sparse.minor": "0",
                "GNU.sparse.realsize": "1000",
                "GNU.sparse.name": "x",
            },
            rawtar.padded(b"0\n"),
        ),
    ],
    ids=["0.1", "1.0"],
)
def test_trap_13_a_file_that_is_all_hole_reads_as_zeros(records: dict[str, str], body: bytes) -> None:
    tar = rawtar.tar(rawtar.pax_header(records), rawtar.entry(b"x", body), A)
    entries = list(read_layer(tar, content_hash="sha256").entries())
    assert [(entry.path, entry.size) for entry in entries] == [(b"x", 1000), (b"a", 1)]
    assert entries[0].content_digest == hashlib.sha256(bytes(1000)).digest()


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (rawtar.pax_header({"SCHILY.xattr.user.big": b"v" * MIB}), b"a"),
        (rawtar.pax_header({"path": b"n/" * (MIB // 2) + b"n"}), None),
        (rawtar.pax_header({"path": b"n/" * MIB + b"n"}), None),
        (rawtar.global_header({"comment": b"c" * 2 * MIB}), b"a"),
        (rawtar.gnu_long(b"n/" * (MIB // 2) + b"n"), None),
    ],
    ids=["xattr of 1 MiB", "path of 1 MiB", "path of 2 MiB", "global header of 2 MiB", "GNU name of 1 MiB"],
)
def test_trap_19_extended_headers_over_a_mebibyte_are_read_or_diagnosed(
    headers: bytes, name: bytes | None
) -> None:
    """libarchive drops a name of a mebibyte and gives the header's short one, which would be a wrong path."""
    reading = read(rawtar.tar(headers, A))
    if reading.error is None:
        assert reading.notices
        assert len(reading.changeset) == 1
    else:
        assert reading.error.exit_code in (4, 6)
    if name is not None and len(reading.changeset):
        assert paths(reading.changeset) == [name]


@pytest.mark.parametrize("size", [-1, 1 << 62])
def test_trap_21_an_absurd_size_is_an_error_that_names_the_place(size: int) -> None:
    reading = read(rawtar.tar(A, rawtar.header(b"b", size=size), A))
    assert paths(reading.changeset)[:1] == [b"a"]
    assert reading.error is not None
    assert "at byte 1,024" in str(reading.error) or "at byte 1,536" in str(reading.error)


def test_trap_22_an_apple_double_entry_is_an_entry() -> None:
    """With mac-ext, libarchive's default on macOS, `._name` entries vanish into the next entry."""
    double = bytes.fromhex("00051607000200004d6163204f532058") + bytes(10)
    tar = rawtar.tar(rawtar.entry(b"._a", double), A)
    assert paths(read_layer(tar)) == [b"._a", b"a"]


def test_trap_24_two_archives_may_be_read_in_turns() -> None:
    """Each archive object, its entries and its blocks are its own."""
    lines = ['a "1" ; b "2" ; c "3"', 'x "4" ; y "5" ; z "6"']
    streams = [notation.tar(line) for line in lines]
    inner: list[Changeset] = []

    def nested() -> Iterator[bytes]:
        for start in range(0, len(streams[0]), 512):
            yield streams[0][start : start + 512]
            inner.append(read_layer(streams[1]))

    outer = read_blocks(nested(), ReadOptions())
    assert paths(outer.changeset) == [b"a", b"b", b"c"]
    assert {tuple(paths(changeset)) for changeset in inner} == {(b"x", b"y", b"z")}
