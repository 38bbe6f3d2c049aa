"""A listing as JSON lines, as CSV and as text. All of them stream: one record in memory at a time."""

from __future__ import annotations

import csv
import io
import re
import stat
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec import UnsetType

from layerscope.report.json import encode_line
from layerscope.report.listing import OPAQUE_WHITEOUT, WHITEOUT, FileRecord
from layerscope.report.printable import path_text, printable

__all__ = ["LISTING_FORMATS", "csv_blocks", "jsonl_blocks", "text_blocks"]

_CSV_COLUMNS = (
    *("path", "path_bytes", "type", "mode", "uid", "gid", "size", "mtime_ns"),
    *("link_target", "link_target_bytes", "device", "xattrs", "inode", "layer", "digest"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a formula begins, also in the wide characters of East Asian keyboards."""
_SECOND_CELL = re.compile(r"[;|](?=\s*['\"]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""A `;` in front of a formula: where the decimal point is a comma, spreadsheets take it for the separator."""
_TYPE_BITS = {
    "file": stat.S_IFREG,
    "directory": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "char_device": stat.S_IFCHR,
    "block_device": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def jsonl_blocks(records: Iterable[FileRecord]) -> Iterator[bytes]:
    """One JSON object a line, UTF-8, in every locale the same bytes."""
    for record in records:
        yield encode_line(record) + b"\n"


def csv_blocks(records: Iterable[FileRecord]) -> Iterator[bytes]:
    """RFC 4180 with a header: commas, CRLF, quotes where needed; UTF-8.

    A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula:
    a `'` is put in front of it. A `;` before one of these is escaped, since a spreadsheet may separate at it.
    Characters that act on a terminal are escaped. Wherever a path or a link
    target is for one of these reasons not what it was, or not UTF-8, the column after it has its exact bytes
    in base64.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_CSV_COLUMNS)
    for record in records:
        writer.writerow(_csv_row(record))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _csv_row(record: FileRecord) -> list[object]:
    device = "" if isinstance(record.device, UnsetType) else "{}:{}".format(*record.device)
    return [
        *_csv_path(record.path, record.path_bytes),
        record.type,
        record.mode,
        record.uid,
        record.gid,
        record.size,
        record.mtime_ns,
        *_csv_path(record.link_target, record.link_target_bytes),
        device,
        _SECOND_CELL.sub(_json_escape, encode_line(record.xattrs).decode()) if record.xattrs else "",
        record.inode,
        record.layer,
        record.digest,
    ]


def _csv_path(text: str | None, exact: bytes | UnsetType) -> tuple[str, str]:
    """(cell, exact bytes in base64 where the cell is not the path)."""
    if text is None:
        return "", ""
    cell = _SECOND_CELL.sub(_escape, printable(text))
    if cell.startswith(_FORMULA):
        cell = "'" + cell
    if isinstance(exact, UnsetType) and cell == text:
        return cell, ""
    return cell, b64encode(text.encode() if isinstance(exact, UnsetType) else exact).decode()


def _escape(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def text_blocks(records: Iterable[FileRecord]) -> Iterator[bytes]:
    """One path a line like `tar tv`: mode, owner, size in bytes, time in UTC, layer, path.

    A whiteout has the type letter `w`, an opaque one `o`. Further names of an inode are marked `(hard link)`.
    """
    last_inode = 0
    for record in records:
        inode = record.inode or 0
        yield _text_line(record, again=0 < inode <= last_inode).encode()
        last_inode = max(last_inode, inode)  # numbers are given in path order


def _text_line(record: FileRecord, *, again: bool) -> str:
    path = _shown(record.path, record.path_bytes)
    if record.type in (WHITEOUT, OPAQUE_WHITEOUT):
        opaque = record.type == OPAQUE_WHITEOUT
        letter, path = ("o", path + "/ (hides what lower layers have in it)") if opaque else ("w", path)
        return f"{letter}---------       -        -             -          -  {record.layer:>3} {path}\n"
    mode = int(record.mode or "0", 8)
    letters = stat.filemode(mode | _TYPE_BITS.get(record.type, 0))
    if record.type == "hardlink":
        letters = "h" + letters[1:]
        path += " link to " + _shown(record.link_target or "", record.link_target_bytes)
    elif record.type == "symlink":
        path += " -> " + _shown(record.link_target or "", record.link_target_bytes)
    elif record.type == "directory":
        path += "/"
    if again:
        path += " (hard link)"
    size = str(record.size) if isinstance(record.device, UnsetType) else "{},{}".format(*record.device)
    owner = f"{record.uid}:{record.gid}"
    return (
        f"{letters} {owner:>9} {size:>11} {_time((record.mtime_ns or 0) // 10**9)} {record.layer:>3} {path}\n"
    )


def _shown(text: str, exact: bytes | UnsetType) -> str:
    return printable(text) if isinstance(exact, UnsetType) else path_text(exact)


@lru_cache(maxsize=4096)
def _time(seconds: int) -> str:
    """`2024-05-01 10:00:00`, or `@` and the seconds for years that no calendar has (headers hold any
    number)."""
    try:
        return (_EPOCH + timedelta(seconds=seconds)).isoformat(" ", "seconds")[:19]
    except (OverflowError, ValueError):
        return f"@{seconds:<18}"


LISTING_FORMATS: dict[str, Callable[[Iterable[FileRecord]], Iterator[bytes]]] = {
    "text": text_blocks,
    "jsonl": jsonl_blocks,
    "csv": csv_blocks,
}
"""Format name to writer."""
