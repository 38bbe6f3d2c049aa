"""Records that are kept keep their bytes; headers that are made anew lose nothing that was not changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layerscope.blobs.limits import DEFAULT_LIMITS
from layerscope.blobs.records import DROP, KEEP, Choice, copy_records
from layerscope.blobs.tar_entry import TarEntry
from layerscope.blobs.tar_write import Metadata, edited_headers
from layerscope.errors import Truncated
from layerscope.image.entry import Entry
from tests import rawtar
from tests.builders import Member, file, layer, read_layer

SPARSE = rawtar.pax_header(
    {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "sparse",
        "GNU.sparse.realsize": "1048576",
        "mtime": "1.5",
    }
) + rawtar.entry(b"GNUSparseFile.0/sparse", rawtar.padded(b"1\n0\n4\n") + b"data")
RICH = rawtar.pax_header(
    {"SCHILY.xattr.user.a": b"1\0=\n", "comment": "kept", "mtime": "-1.5", "atime": "7.25", "path": "r" * 120}
) + rawtar.entry(b"r" * 100, b"rich", uid=1 << 30)
LONG = rawtar.gnu_long(b"l" * 300) + rawtar.entry(b"l" * 100, b"long", magic=rawtar.GNU)
DEVICE = rawtar.entry(b"dev", typeflag=b"3", major=1, minor=3)
PLAIN = rawtar.entry(b"plain", b"x" * 513)
LINK = rawtar.entry(b"link", typeflag=b"1", linkname=b"plain", size=0)
RECORDS = {
    b"sparse": SPARSE,
    b"r" * 120: RICH,
    b"l" * 300: LONG,
    b"dev": DEVICE,
    b"plain": PLAIN,
    b"link": LINK,
}


def copied(tar: bytes, choose: Callable[[bytes], Choice], block: int = 1 << 20) -> bytes:
    out = bytearray()
    blocks = (tar[start : start + block] for start in range(0, len(tar), block))
    copy_records(blocks, lambda entry, _: choose(entry[0]), out.extend, limits=DEFAULT_LIMITS)
    return bytes(out)


@pytest.mark.parametrize("block", [1, 511, 4096, 1 << 20])
@pytest.mark.parametrize("dropped", RECORDS)
def test_records_that_are_kept_keep_their_bytes(dropped: bytes, block: int) -> None:
    tar = rawtar.tar(*RECORDS.values())
    out = copied(tar, lambda name: DROP if name == dropped else KEEP, block)
    assert out == b"".join(record for name, record in RECORDS.items() if name != dropped)


def test_global_headers_are_left_behind() -> None:
    tar = rawtar.tar(PLAIN, rawtar.global_header({"comment": "x", "mtime": "5"}), RICH)
    assert copied(tar, lambda _: KEEP) == PLAIN + RICH


def test_a_last_file_without_padding_gets_it() -> None:
    tar = (PLAIN + rawtar.entry(b"end", b"end"))[:-509]
    assert copied(tar, lambda _: KEEP) == PLAIN + rawtar.entry(b"end", b"end")


def test_a_layer_that_breaks_off_is_an_error() -> None:
    with pytest.raises(Truncated):
        copied(rawtar.tar(PLAIN)[:700], lambda _: KEEP)


def renamed(record: bytes, path: bytes, **change: object) -> list[Entry]:
    out = bytearray()

    def choose(_: TarEntry, headers: Callable[[], bytes]) -> Choice:
        return Choice(copies=True, headers=edited_headers(headers(), path, **change))  # type: ignore[arg-type]

    copy_records([rawtar.tar(record)], choose, out.extend, limits=DEFAULT_LIMITS)
    return list(read_layer(bytes(out) + rawtar.END, content_hash="sha256").entries())


@pytest.mark.parametrize("path", [b"new", b"n" * 100, b"d" * 90 + b"/" + b"n" * 90, b"caf\xe9"])
@pytest.mark.parametrize("record", [SPARSE, RICH, LONG, PLAIN, DEVICE])
def test_another_name_changes_nothing_else(record: bytes, path: bytes) -> None:
    (before,) = read_layer(rawtar.tar(record), content_hash="sha256").entries()
    (after,) = renamed(record, path)
    assert after.path == path
    for name in ("kind", "mode", "uid", "gid", "size", "mtime_ns", "xattrs", "content_digest", "device"):
        assert getattr(after, name) == getattr(before, name)


@pytest.mark.parametrize("mtime_ns", [0, 1_500_000_000, -1_500_000_000, 1 << 63])
def test_other_metadata_take_the_place_of_all_there_was(mtime_ns: int) -> None:
    metadata = Metadata(0o4711, 3_000_000_000, 7, mtime_ns, ((b"user.b", b"2"),))
    (after,) = renamed(RICH, b"r", metadata=metadata)
    assert (after.mode, after.uid, after.gid, after.mtime_ns, after.xattrs) == (
        0o4711,
        3_000_000_000,
        7,
        mtime_ns,
        ((b"user.b", b"2"),),
    )
    assert after.size == 4


def test_records_that_nobody_asked_about_stay() -> None:
    out = edited_headers(RICH[:-512], b"new", metadata=Metadata(0o600, 0, 0, 0))
    assert b"comment=kept\n" in out
    assert b"atime" not in out
    assert b"xattr" not in out


def test_a_link_gets_another_target() -> None:
    tar = rawtar.tar(PLAIN, LINK)
    out = bytearray()

    def choose(entry: TarEntry, headers: Callable[[], bytes]) -> Choice:
        if entry[0] == b"plain":
            return KEEP
        return Choice(copies=True, headers=edited_headers(headers(), b"link", target=b"t" * 150))

    copy_records([tar], choose, out.extend, limits=DEFAULT_LIMITS)
    (_, link) = read_layer(bytes(out) + rawtar.END).entries()
    assert (link.path, link.link_target) == (b"link", b"t" * 150)


def test_what_is_written_before_a_record_comes_before_it() -> None:
    def choose(name: bytes) -> Choice:
        return Choice(copies=True, before=DEVICE) if name == b"link" else KEEP

    assert copied(rawtar.tar(PLAIN, LINK), choose) == PLAIN + DEVICE + LINK


def test_a_name_of_any_tar_format_can_be_changed() -> None:
    member: Member = file("a" * 150, b"content", mtime_ns=1_500_000_000)
    for written_by in ("pax", "gnutar"):
        (after,) = renamed(layer(member, written_by=written_by)[:-1024], b"b")
        assert (after.path, after.size) == (b"b", 7)
