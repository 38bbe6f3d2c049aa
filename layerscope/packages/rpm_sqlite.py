"""RPM's database since 4.16: `rpmdb.sqlite`, read by SQLite from memory, with nothing allowed but reading it.

What the last transactions wrote may stand in a write-ahead log beside it, which SQLite cannot read from
memory: its pages are put in their places first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["is_sqlite", "read_sqlite"]

_MAGIC = b"SQLite format 3\0"
_VERSIONS = slice(18, 20)
"""The file format versions for writing and reading: 1 for a rollback journal, 2 for a write-ahead log."""
_ROLLBACK = b"\x01\x01"
_LOG_MAGIC = b"\x37\x7f\x06"
_LOG_HEADER = 32
_FRAME_HEADER = 24
_STEPS = 100_000
"""After so many steps of SQLite's machine the budget is looked at."""
_STEPS_FOR_EACH_BYTE = 50


def is_sqlite(content: bytes) -> bool:
    """Whether this is a SQLite database."""
    return len(content) >= 512 and content.startswith(_MAGIC)


def read_sqlite(content: bytes, log: bytes = b"") -> Iterator[bytes]:
    """The blobs of the table `Packages`, as they are stored, after what a write-ahead log has. Raises
    ValueError for what is damaged or asks for more work than its size allows; what came before is good. All
    blobs together are no longer than the database."""
    sqlite3 = _sqlite()
    image = _with_log(content, log)
    image[_VERSIONS] = _ROLLBACK  # else SQLite would look for the log, and refuse
    connection = sqlite3.connect(":memory:")
    try:
        connection.text_factory = bytes
        connection.deserialize(bytes(image))
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(len(image), 1 << 20))
        _confine(connection, len(image), {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
        yield from _rows(connection, len(image))
    except (sqlite3.Error, OverflowError, MemoryError) as error:
        raise ValueError(str(error)) from error
    finally:
        connection.close()


def _sqlite() -> ModuleType:
    """The module, which some builds of Python are without and few images need."""
    try:
        import sqlite3  # noqa: PLC0415
    except ImportError as error:
        raise ValueError("this Python has no SQLite") from error
    if not hasattr(sqlite3.Connection, "deserialize"):
        raise ValueError("this Python's SQLite cannot read databases from memory")
    return sqlite3


def _rows(connection: sqlite3.Connection, left: int) -> Iterator[bytes]:
    table = connection.execute("SELECT type FROM sqlite_master WHERE name = 'Packages'").fetchone()
    if table != (b"table",):
        raise ValueError("there is no table of packages")
    for (blob,) in connection.execute("SELECT blob FROM Packages"):  # sorting could need a file on disk
        if not isinstance(blob, bytes) or len(blob) > left:
            raise ValueError("a header is no blob, or longer than the file")
        left -= len(blob)
        yield blob


def _confine(connection: sqlite3.Connection, size: int, allowed: set[int]) -> None:
    """Reading alone, of tables alone, in a time that is bounded by the size."""
    budget = max(1, _STEPS_FOR_EACH_BYTE * size // _STEPS)

    def spend() -> bool:
        nonlocal budget
        budget -= 1
        return budget < 0

    def allows(action: int, *_: object) -> int:
        return 0 if action in allowed else 1  # SQLITE_OK, SQLITE_DENY

    connection.set_authorizer(allows)
    connection.set_progress_handler(spend, _STEPS)


def _with_log(content: bytes, log: bytes) -> bytearray:
    """The database after all complete transactions of its log.
    (https://www.sqlite.org/fileformat2.html#walformat)"""
    image = bytearray(content)
    if len(log) < _LOG_HEADER or log[:3] != _LOG_MAGIC:
        return image
    (page_size,) = struct.unpack_from(">I", log, 8)
    if not 512 <= page_size <= 65536:
        return image
    salts, step = log[16:24], _FRAME_HEADER + page_size
    frames: list[tuple[int, int]] = []
    for start in range(_LOG_HEADER, len(log) - step + 1, step):
        number, pages = struct.unpack_from(">II", log, start)
        if log[start + 8 : start + 16] != salts or not number:
            break  # what an older log left behind
        frames.append((number, start + _FRAME_HEADER))
        if not pages:
            continue
        if pages * page_size > len(content) + len(log):
            break
        image.extend(bytes(max(0, pages * page_size - len(image))))
        for page, place in frames:  # the transaction is complete
            if page <= pages:
                image[(page - 1) * page_size : page * page_size] = log[place : place + page_size]
        del image[pages * page_size :]
        frames.clear()
    return image
