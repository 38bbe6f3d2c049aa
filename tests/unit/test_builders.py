"""What the tests are built with says what it means: read back by Python's own tar reader."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from tests import rawtar
from tests.builders import (
    Member,
    block_device,
    char_device,
    directory,
    fifo,
    file,
    hardlink,
    image,
    layer,
    opaque,
    symlink,
    whiteout,
)
from tests.cases.notation import tar
from tests.compressing import COMPRESSIONS
from tests.media import MEDIA, write_medium

EVERYTHING = (
    directory("d", mode=0o700, uid=5, gid=6),
    file("d/f", b"content", mode=0o4755, mtime=42),
    hardlink("d/h", "d/f"),
    symlink("s", "d/f"),
    fifo("p"),
    char_device("c", 1, 3),
    block_device("b", 8, 1),
    whiteout("d/gone"),
    opaque("d"),
    opaque(""),
)
WRITERS = ("pax", "pax_restricted", "gnutar", "ustar", "raw")


def seen(data: bytes) -> list[tuple[str, bytes, int, int, int, float, str, int]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [(m.name, m.type, m.mode, m.uid, m.gid, m.mtime, m.linkname, m.size) for m in archive]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_layer_holds_what_its_members_say(writer: str) -> None:
    plain = (rawtar.MTIME, "", 0)
    assert seen(layer(*EVERYTHING, written_by=writer)) == [
        ("d", b"5", 0o700, 5, 6, *plain),
        ("d/f", b"0", 0o4755, 0, 0, 42, "", 7),
        ("d/h", b"1", 0o644, 0, 0, rawtar.MTIME, "d/f", 0),
        ("s", b"2", 0o777, 0, 0, rawtar.MTIME, "d/f", 0),
        ("p", b"6", 0o644, 0, 0, *plain),
        ("c", b"3", 0o644, 0, 0, *plain),
        ("b", b"4", 0o644, 0, 0, *plain),
        ("d/.wh.gone", b"0", 0o644, 0, 0, *plain),
        ("d/.wh..wh..opq", b"0", 0o644, 0, 0, *plain),
        (".wh..wh..opq", b"0", 0o644, 0, 0, *plain),
    ]


@pytest.mark.parametrize("writer", ["pax", "raw"])
@pytest.mark.parametrize(
    "member",
    [
        file(b"caf\xe9", b"1"),
        file("cafe\u0301/" + "n" * 200, b"1"),
        file("f", mtime_ns=1_123_456_789, uid=1 << 31),
        file("f", xattrs=((b"user.a", b"\x00=\n"),)),
        symlink("s", "t" * 150),
    ],
    ids=["latin-1", "long and NFD", "time and owner", "xattr", "long link"],
)
def test_pax_holds_what_ustar_cannot(writer: str, member: Member) -> None:
    with tarfile.open(fileobj=io.BytesIO(layer(member, written_by=writer))) as archive:
        (found,) = archive
    assert found.name.encode("utf-8", "surrogateescape") == member.path
    assert found.linkname.encode() == member.link_target
    assert found.uid == member.uid
    assert found.mtime == pytest.approx(member.mtime_ns / 1e9)
    xattrs = {k: v for k, v in found.pax_headers.items() if k.startswith("SCHILY.xattr.")}
    assert xattrs == {f"SCHILY.xattr.{k.decode()}": v.decode() for k, v in member.xattrs}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_layer_is_the_same_bytes_each_time(writer: str) -> None:
    assert layer(*EVERYTHING, written_by=writer) == layer(*EVERYTHING, written_by=writer)


@pytest.mark.parametrize("medium", MEDIA)
def test_a_medium_is_the_same_bytes_each_time(medium: str, tmp_path: Path) -> None:
    spec = image(layer(file("a", b"1")), layer(whiteout("a")))
    one, other = (write_medium(medium, spec, tmp_path / name) for name in ("one", "other"))

    def content(path: Path) -> list[tuple[str, bytes]]:
        files = sorted(p for p in [path, *path.rglob("*")] if p.is_file())
        return [(str(p.relative_to(path)), p.read_bytes()) for p in files]

    assert content(one) == content(other)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_compression_is_the_same_bytes_each_time(compression: str) -> None:
    data = layer(*EVERYTHING)
    assert COMPRESSIONS[compression](data) == COMPRESSIONS[compression](data)


def test_the_notation_writes_what_it_says() -> None:
    line = 'd/ [0700; uid=5] ; d/a "1\\n" [x{mtime=9.5, path=d/b}] ; s -> d ; h => d/b'
    line += " ; c {char 1:3} ; n*3 {type 7}"
    assert seen(tar(line)) == [
        ("d", b"5", 0o700, 5, 0, rawtar.MTIME, "", 0),
        ("d/b", b"0", 0o644, 0, 0, 9.5, "", 2),
        ("s", b"2", 0o777, 0, 0, rawtar.MTIME, "d", 0),
        ("h", b"1", 0o644, 0, 0, rawtar.MTIME, "d/b", 0),
        ("c", b"3", 0o644, 0, 0, rawtar.MTIME, "", 0),
        ("nnn", b"7", 0o644, 0, 0, rawtar.MTIME, "", 0),
    ]


@pytest.mark.parametrize(
    ("value", "field"), [(8**7 - 1, b"7777777\x00"), (8**7, b"\x80\x00\x00\x00\x00\x20\x00\x00")]
)
def test_numbers_are_octal_as_long_as_they_fit(value: int, field: bytes) -> None:
    """POSIX.1-2017 ustar: octal digits and a NUL; GNU tar manual: base-256 behind a set first bit."""
    assert rawtar.header(b"a", uid=value)[108:116] == field


def test_a_name_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="use a PAX record or gnu_long"):
        rawtar.header(b"n" * 101)
