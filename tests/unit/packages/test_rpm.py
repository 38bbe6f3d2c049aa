"""RPM's databases, in their three kinds, whole and damaged."""

from __future__ import annotations

import random
import sqlite3
import struct
import sys

import pytest

from layerscope.packages.rpm_bdb import read_bdb
from layerscope.packages.rpm_header import RpmHeader, RpmTag
from layerscope.packages.rpm_ndb import read_ndb
from layerscope.packages.rpm_sqlite import read_sqlite
from tests.builders import file, symlink, whiteout
from tests.unit.packages.records import added, owned_paths, rpm_header, rpm_sqlite, table

A = rpm_header("a", "1.0", [("/usr/bin/", "a"), ("/lib64/", "liba.so"), ("/usr/bin/", "gone")], size=77)
B = rpm_header("b", "2.0")


def ndb(*headers: bytes) -> bytes:
    """As rpm writes it: one page of slots, then blobs."""
    slots, blobs = b"", b""
    for number, header in enumerate(headers, 1):
        block = 256 + len(blobs) // 16
        blob = struct.pack("<4sIII", b"BlbS", number, 1, len(header)) + header
        blobs += blob + bytes(-len(blob) % 16)
        slots += struct.pack("<4sIII", b"Slot", number, block, len(blob) // 16)
    head = struct.pack("<4sIIII", b"RpmP", 0, 1, 1, len(headers) + 1).ljust(32, b"\0")
    page = head + slots
    free = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    return page + free * ((4096 - len(page)) // 16) + blobs


def bdb(*headers: bytes, order: str = "<", page_size: int = 512) -> bytes:
    """A hash file of one bucket page; long values on overflow pages."""
    chains: list[bytes] = []
    items: list[bytes] = []
    room = page_size - 26
    for number, header in enumerate([struct.pack(f"{order}I", len(headers)), *headers]):
        items.append(b"\1" + struct.pack(f"{order}I", number))
        if number == 0:
            items.append(b"\1" + header)
            continue
        first = 2 + len(chains)
        parts = [header[start : start + room] for start in range(0, len(header), room)]
        for place, part in enumerate(parts, first):
            following = place + 1 if place + 1 < first + len(parts) else 0
            head = bytes(8) + struct.pack(f"{order}IIIHHBB", place, 0, following, 1, len(part), 0, 7)
            chains.append((head + part).ljust(page_size, b"\0"))
        items.append(b"\3\0\0\0" + struct.pack(f"{order}II", first, len(header)))
    offsets, body = [], b""
    for item in items:
        body = item + body
        offsets.append(page_size - len(body))
    head = bytes(8) + struct.pack(f"{order}IIIHHBB", 1, 0, 0, len(items), offsets[-1], 0, 13)
    bucket = head + struct.pack(f"{order}{len(offsets)}H", *offsets)
    bucket = bucket.ljust(page_size - len(body), b"\0") + body
    meta = bytes(8) + struct.pack(f"{order}IIIIBB", 0, 0x061561, 9, page_size, 0, 8)
    return meta.ljust(page_size, b"\0") + bucket + b"".join(chains)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", rpm_sqlite(A, B)),
        ("var/lib/rpm/rpmdb.sqlite", rpm_sqlite(A, B)),
        ("usr/share/rpm/rpmdb.sqlite", rpm_sqlite(A, B)),
        ("usr/lib/sysimage/rpm/Packages.db", ndb(A, B)),
        ("var/lib/rpm/Packages", bdb(A, B)),
        ("var/lib/rpm/Packages", bdb(A, B, order=">", page_size=4096)),
    ],
)
def test_a_header_says_what_a_package_owns(path: str, content: bytes) -> None:
    found = table(
        [
            symlink("lib64", "usr/lib64"),
            file("usr/bin/a", b"12"),
            file("usr/lib64/liba.so", b"123"),
            file("usr/bin/b", b"1"),
            file(path, content),
        ]
    )
    assert added(found) == {"a": ("1.0-1.el9", 0), "b": ("2.0-1.el9", 0)}
    assert owned_paths(found) == {"a": ["usr/bin/a", "usr/lib64/liba.so"], "b": []}
    package = found.packages[0]
    assert (package.architecture, package.declared_bytes, package.content_bytes) == ("x86_64", 77, 5)
    assert found.notices == ()


def test_a_database_that_is_converted_and_moved_installs_nothing() -> None:
    found = table(
        [file("var/lib/rpm/Packages", bdb(A))],
        [file("usr/lib/sysimage/rpm/rpmdb.sqlite", rpm_sqlite(A, B)), whiteout("var/lib/rpm/Packages")],
    )
    assert added(found) == {"a": ("1.0-1.el9", 0), "b": ("2.0-1.el9", 1)}


def test_the_newest_kind_counts_where_an_old_one_was_left() -> None:
    found = table([file("var/lib/rpm/Packages", bdb(A)), file("var/lib/rpm/rpmdb.sqlite", rpm_sqlite(B))])
    assert added(found) == {"b": ("2.0-1.el9", 0)}


def test_azure_linux_without_rpm_lists_names() -> None:
    row = b"tzdata\t2024a-1.azl3\t1720000000\t1719000000\tMicrosoft\t(none)\t1571122\tnoarch\t0\ta.src.rpm\n"
    found = table([file("var/lib/rpmmanifest/container-manifest-2", row)])
    (package,) = found.packages
    assert (package.name, package.version, package.declared_bytes) == ("tzdata", "2024a-1.azl3", 1571122)


def test_what_a_write_ahead_log_holds_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("wal") / "rpmdb.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    for header in (A, B):
        connection.execute("INSERT INTO Packages (blob) VALUES (?)", [header])
        connection.commit()
    database, log = path.read_bytes(), path.with_name("rpmdb.sqlite-wal").read_bytes()
    connection.close()
    assert list(read_sqlite(database, log)) == [A, B]
    assert list(read_sqlite(path.read_bytes())) == [
        A,
        B,
    ]  # closed: the log is in the file, which still asks for one


def test_a_replaced_file_belongs_to_the_other_package() -> None:
    header = rpm_header("a", "1", [("/bin/", "x"), ("/bin/", "y")])
    count, length = struct.unpack_from(">II", header)
    index, data = header[8 : 8 + 16 * count], header[8 + 16 * count :]
    states = struct.pack(">IIII", 1029, 2, length, 2)
    changed = struct.pack(">II", count + 1, length + 2) + index + states + data + b"\1\0"
    found = table(
        [file("var/lib/rpm/rpmdb.sqlite", rpm_sqlite(changed)), file("bin/x", b"1"), file("bin/y", b"1")]
    )
    assert owned_paths(found) == {"a": ["bin/y"]}


@pytest.mark.parametrize(
    "content",
    [
        b"x" * 600,
        b"SQLite format 3\0" + b"\xff" * 600,
        ndb(A)[:4200],
        bdb(A)[:1100],
        struct.pack("<4sII", b"RpmP", 0, 1) + b"\xff" * 5000,
    ],
)
def test_a_damaged_database_is_said_and_the_rest_of_the_image_is_read(content: bytes) -> None:
    found = table([file("var/lib/rpm/Packages", content)])
    assert found.packages == ()
    assert [(notice.code, notice.path) for notice in found.notices] == [
        ("package-record-damaged", b"var/lib/rpm/Packages")
    ]


@pytest.mark.parametrize("database", [rpm_sqlite(A, B), ndb(A, B), bdb(A, B)], ids=["sqlite", "ndb", "bdb"])
def test_no_damage_ends_in_a_traceback(database: bytes) -> None:
    chance = random.Random(7)
    for _ in range(300):
        damaged = bytearray(database)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.choice(
                [0, 1, 7, 0x7F, 0xFF, chance.randrange(256)]
            )
        found = table([file("var/lib/rpm/Packages", bytes(damaged[: chance.randint(600, len(damaged))]))])
        assert len(found.packages) <= 2


def test_a_view_that_never_ends_is_not_asked() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIEW Packages AS WITH RECURSIVE n(hnum, blob) AS"
        " (SELECT 1, x'00' UNION ALL SELECT hnum + 1, blob FROM n) SELECT * FROM n"
    )
    content = bytes(connection.serialize())
    connection.close()
    with pytest.raises(ValueError, match="no table"):
        list(read_sqlite(content))


def test_a_chain_of_pages_that_many_values_share_is_read_once() -> None:
    whole = bdb(rpm_header("a", "1" * 1000))
    page = bytearray(whole[512:1024])
    page[20:22] = struct.pack("<H", 200)
    again = struct.unpack_from("<4H", page, 26)
    for number in range(100):
        struct.pack_into("<2H", page, 26 + 4 * number, *again[2:])
    with pytest.raises(ValueError, match=r"overlap|longer than the file"):
        assert sum(map(len, read_bdb(whole[:512] + bytes(page) + whole[1024:]))) <= len(whole)


def test_slots_that_lead_to_one_header_do_not_multiply_it() -> None:
    content = bytearray(ndb(A))
    slot = content[32:48]
    for start in range(32, 4096, 16):
        content[start : start + 16] = slot
    given = []
    with pytest.raises(ValueError, match="where its slot says"):
        given.extend(read_ndb(bytes(content)))
    assert sum(map(len, given)) <= len(content)


def test_strings_and_numbers_outside_a_header_are_not_there() -> None:
    header = RpmHeader(A)
    assert header.strings(RpmTag.SIZE) == []
    assert header.numbers(RpmTag.NAME) == ()
    assert header.number(RpmTag.EPOCH) is None
    with pytest.raises(ValueError, match="longer"):
        RpmHeader(struct.pack(">II", 1, 1 << 30))


def test_a_python_without_sqlite_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    content = rpm_sqlite(A)
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    found = table([file("var/lib/rpm/rpmdb.sqlite", content)])
    assert found.packages == ()
    assert "this Python has no SQLite" in found.notices[0].message
