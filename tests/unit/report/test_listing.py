"""Listings: one record a path, sorted by path bytes, exact in every format."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.image.entry import EntryKind
from layerscope.report.listing import FileRecord, layer_records, rootfs_records
from layerscope.report.listing_formats import csv_blocks, jsonl_blocks, text_blocks
from layerscope.report.schema import schema_text
from layerscope.rootfs.rootfs import Rootfs
from tests.builders import (
    Member,
    block_device,
    char_device,
    directory,
    fifo,
    file,
    hardlink,
    layer,
    opaque,
    read_layer,
    symlink,
    whiteout,
)

TIME = 1_000_000_000  # 2001-09-09 01:46:40 UTC


def rootfs(*layers: bytes, digests: bool = False) -> list[FileRecord]:
    """Records of the root filesystem that these layers make."""
    tree = Rootfs()
    for tar in layers:
        tree.apply(read_layer(tar, content_hash="sha256"))
    return list(rootfs_records(tree.entries(), digests=digests))


def said(*members: Member, digests: bool = False) -> list[FileRecord]:
    """Records of what one layer (number 3) of these members says."""
    return list(layer_records(read_layer(layer(*members), content_hash="sha256"), 3, digests=digests))


def jsonl(records: list[FileRecord]) -> list[dict[str, Any]]:
    """The records as JSON lines, decoded."""
    return [json.loads(line) for line in b"".join(jsonl_blocks(records)).splitlines()]


def test_a_record_has_exactly_the_keys_of_the_design() -> None:
    (record,) = jsonl(rootfs(layer(file("a", b"xyz", mode=0o4755, uid=5, gid=6, mtime=TIME))))
    assert record == {
        **{"path": "a", "type": "file", "mode": "4755", "uid": 5, "gid": 6, "size": 3},
        **{
            "mtime_ns": TIME * 10**9,
            "link_target": None,
            "xattrs": {},
            "inode": 1,
            "layer": 0,
            "digest": None,
        },
    }


def test_every_type_has_its_name() -> None:
    members = (directory("d"), symlink("s", "d"), char_device("c", 1, 3), block_device("b", 8, 0), fifo("p"))
    found = {r["path"]: (r["type"], r.get("device")) for r in jsonl(rootfs(layer(file("f"), *members)))}
    assert found == {
        **{"f": ("file", None), "d": ("directory", None), "s": ("symlink", None), "p": ("fifo", None)},
        **{"c": ("char_device", [1, 3]), "b": ("block_device", [8, 0])},
    }


def test_hard_links_share_their_inode_number() -> None:
    records = rootfs(layer(file("b", b"x"), hardlink("a", to="b"), file("c")))
    assert [(r.path, r.type) for r in records] == [("a", "file"), ("b", "file"), ("c", "file")]
    assert records[0].inode == records[1].inode != records[2].inode


def test_records_are_sorted_by_path_bytes() -> None:
    """`a-b` stands before `a/b`: 2D is less than 2F."""
    names = ["a/b", "a-b", "a", "Z", "é"]
    members = [directory("a"), *(file(name) for name in names if name != "a")]
    assert [r.path for r in rootfs(layer(*members))] == ["Z", "a", "a-b", "a/b", "é"]
    assert [r.path for r in said(*members)] == ["Z", "a", "a-b", "a/b", "é"]


def test_the_layer_is_the_one_that_last_wrote_the_path() -> None:
    records = rootfs(layer(file("a", b"1"), file("b", b"1")), layer(file("b", b"2")))
    assert [(r.path, r.layer) for r in records] == [("a", 0), ("b", 1)]


def test_digests_are_of_the_contents_and_only_files_have_them() -> None:
    records = rootfs(layer(file("a", b"xyz"), file("empty"), directory("d"), symlink("s", "a")), digests=True)
    of = {r.path: r.digest for r in records}
    assert of["a"] == "sha256:" + hashlib.sha256(b"xyz").hexdigest()
    assert of["empty"] == "sha256:" + hashlib.sha256(b"").hexdigest()
    assert (of["d"], of["s"]) == (None, None)


def test_bytes_that_are_no_text_are_kept_in_second_keys() -> None:
    (record,) = jsonl(rootfs(layer(symlink(b"caf\xe9", b"\xff"))))
    assert (record["path"], record["link_target"]) == ("caf\ufffd", "\ufffd")
    assert base64.b64decode(record["path_bytes"]) == b"caf\xe9"
    assert base64.b64decode(record["link_target_bytes"]) == b"\xff"


def test_xattr_values_are_base64() -> None:
    (record,) = jsonl(rootfs(layer(file("a", xattrs=((b"user.k", b"\x00\xff"),)))))
    assert record["xattrs"] == {"user.k": base64.b64encode(b"\x00\xff").decode()}
    assert "xattrs_bytes" not in record


def test_a_layer_lists_its_whiteouts_among_its_entries() -> None:
    records = said(file("d/new", b"x"), whiteout("d/gone"), opaque("d/o"), hardlink("e", to="d/new"))
    assert [(r.path, r.type) for r in records] == [
        ("d/gone", "whiteout"),
        ("d/new", "file"),
        ("d/o", "opaque_whiteout"),
        ("e", "hardlink"),
    ]
    assert records[0] == FileRecord(path="d/gone", type="whiteout", layer=3)
    assert (records[3].link_target, records[3].inode) == ("d/new", None)


def test_duplicates_in_a_layer_are_all_listed_in_archive_order() -> None:
    assert [r.size for r in said(file("a", b"123"), file("a", b"1"), file("a", b"12"))] == [3, 1, 2]


def test_lines_follow_the_published_schema() -> None:
    schema = jsonschema.Draft202012Validator(json.loads(schema_text("files.schema.json")))
    records = said(file(b"\xff", b"x", xattrs=((b"user.a", b"b"),)), whiteout("w"), char_device("c", 1, 2))
    records += rootfs(layer(directory("d"), symlink("s", b"\xff")))
    assert [list(schema.iter_errors(record)) for record in jsonl(records)] == [[]] * len(records)
    assert list(schema.iter_errors({"path": "a", "type": "file"}))  # a line without its layer


def test_csv_is_rfc_4180_with_a_header() -> None:
    data = b"".join(csv_blocks(rootfs(layer(file('a,"b"\nc', b"xy", mtime=TIME)))))
    header, row, nothing = data.split(b"\r\n")
    assert header == (
        b"path,path_bytes,type,mode,uid,gid,size,mtime_ns,link_target,link_target_bytes,device,xattrs,inode,layer,"
        b"digest"
    )
    assert row.startswith(b'"a,""b""\\nc",')
    assert nothing == b""


def test_csv_of_nothing_is_its_header() -> None:
    assert b"".join(csv_blocks([])).startswith(b"path,path_bytes,type,")


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "a\x1b[31m", "plain", "é"]
)
def test_csv_has_neither_formulas_nor_control_characters_and_loses_nothing(name: str) -> None:
    data = b"".join(csv_blocks(rootfs(layer(symlink(name, name))))).decode()
    (row,) = csv.DictReader(io.StringIO(data, newline=""))
    for cell, exact in ((row["path"], row["path_bytes"]), (row["link_target"], row["link_target_bytes"])):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert "\x1b" not in cell
        assert (base64.b64decode(exact).decode() if exact else cell) == name


def test_csv_has_no_formula_for_a_spreadsheet_that_separates_at_semicolons() -> None:
    name, xattrs = 'x;=1+1;"=2;plain', ((b"user.a;+1", b";=2"),)
    data = b"".join(csv_blocks(rootfs(layer(file(name, b"x", xattrs=xattrs), symlink("l", name))))).decode()
    cells = [cell.strip(" '\"") for line in data.splitlines() for cell in line.split(";")]
    assert not any(cell.startswith(("=", "+")) for cell in cells)
    link, regular = csv.DictReader(io.StringIO(data, newline=""))
    assert base64.b64decode(regular["path_bytes"]).decode() == name
    assert base64.b64decode(link["link_target_bytes"]).decode() == name
    assert list(json.loads(regular["xattrs"])) == ["user.a;+1"]


def test_text_is_like_tar_tv() -> None:
    lines = b"".join(
        text_blocks(
            rootfs(
                layer(
                    directory("d", mode=0o1777, mtime=TIME),
                    file("d/f", b"x" * 1234, mode=0o4755, uid=1000, gid=50, mtime=TIME),
                    hardlink("d/g", to="d/f", mode=0o4755, uid=1000, gid=50, mtime=TIME),
                    symlink("s", "d/f", mtime=TIME),
                    char_device("tty", 4, 65, mtime=TIME),
                )
            )
        )
    ).decode()
    assert lines == (
        "drwxrwxrwt       0:0           0 2001-09-09 01:46:40   0 d/\n"
        "-rwsr-xr-x   1000:50        1234 2001-09-09 01:46:40   0 d/f\n"
        "-rwsr-xr-x   1000:50        1234 2001-09-09 01:46:40   0 d/g (hard link)\n"
        "lrwxrwxrwx       0:0           0 2001-09-09 01:46:40   0 s -> d/f\n"
        "crw-r--r--       0:0        4,65 2001-09-09 01:46:40   0 tty\n"
    )


def test_text_of_a_layer_shows_whiteouts_and_hard_links() -> None:
    lines = b"".join(text_blocks(said(whiteout("w"), opaque("o"), file("f"), hardlink("h", to="f")))).decode()
    shown = {line[0]: line.split(" 3 ")[1] for line in lines.splitlines()}
    assert shown == {
        **{"w": "w", "o": "o/ (hides what lower layers have in it)", "-": "f", "h": "h link to f"},
    }


@pytest.mark.parametrize(("mtime", "shown"), [(-1, "1969-12-31 23:59:59"), (10**15, "@1000000000000000")])
def test_text_has_a_time_for_every_number(mtime: int, shown: str) -> None:
    record = FileRecord(path="a", type="file", mode="0644", uid=0, gid=0, mtime_ns=mtime * 10**9, layer=0)
    assert f" {shown} " in b"".join(text_blocks([record])).decode()


def test_text_of_an_image_does_not_act_on_the_terminal() -> None:
    name = "a\x1b]0;owned\x07\u202e\n-rw fake"
    (line, end) = b"".join(text_blocks(rootfs(layer(symlink(name, name))))).decode().split("\n")
    assert "\\x1b]0;owned\\x07\\u202e\\n-rw fake -> a\\x1b" in line
    assert end == ""


names = st.binary(min_size=1, max_size=6).filter(
    lambda name: not set(name) & set(b"/\0") and name not in (b".", b"..")
)


@settings(deadline=None)
@given(st.sets(names.filter(lambda name: not name.startswith(b".wh.")), max_size=5))
def test_whatever_the_names_every_format_gives_them_back(paths: set[bytes]) -> None:
    records = rootfs(layer(*(file(path) for path in paths), written_by="raw"))
    assert [record.type for record in records] == [EntryKind.FILE.label] * len(paths)
    from_jsonl = [
        base64.b64decode(found["path_bytes"]) if "path_bytes" in found else found["path"].encode()
        for found in jsonl(records)
    ]
    rows = csv.DictReader(io.StringIO(b"".join(csv_blocks(records)).decode(), newline=""))
    from_csv = [
        base64.b64decode(row["path_bytes"]) if row["path_bytes"] else row["path"].encode() for row in rows
    ]
    assert from_jsonl == from_csv == sorted(paths)
