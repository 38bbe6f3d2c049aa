"""A ustar writer for generators: short names, files, directories, empty markers, and nothing else.

It writes a million headers in a few seconds, which a general tar library does not. It shares no code with
the reader it feeds, so a mistake in one is not hidden by the other.

Source: POSIX.1-1988 ustar interchange format.
"""

from __future__ import annotations

__all__ = ["BLOCK_BYTES", "DIRECTORY", "END_MARK", "FILE", "header", "padding"]

BLOCK_BYTES = 512
END_MARK = bytes(2 * BLOCK_BYTES)
FILE = b"0"
DIRECTORY = b"5"

_NAME_BYTES = 100
_SIZE_LIMIT = 8**11
_MTIME = 1_700_000_000
_TAIL = bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2 + bytes(167)
_TAIL_SUM = sum(_TAIL)
_BLANK_CHECKSUM_SUM = 8 * ord(" ")


def header(name: bytes, size: int, *, kind: bytes = FILE, mode: int = 0o644, owner: int = 0) -> bytes:
    """Return the header block of one entry; `owner` is both user and group.

    Raises ValueError where the old format has no room: a name over 100 bytes, a size of 8 GiB or more.
    """
    if len(name) > _NAME_BYTES or size >= _SIZE_LIMIT:
        raise ValueError(f"{name!r} ({size:,} bytes): does not fit a ustar header")
    head = b"%b%07o\0%07o\0%07o\0%011o\0%011o\0" % (
        name.ljust(_NAME_BYTES, b"\0"), mode, owner, owner, size, _MTIME,
    )  # fmt: skip
    checksum = sum(head) + _BLANK_CHECKSUM_SUM + kind[0] + _TAIL_SUM
    return b"%b%06o\0 %b%b" % (head, checksum, kind, _TAIL)


def padding(size: int) -> bytes:
    """Return the zeros that fill `size` bytes of data up to the next block."""
    return bytes(-size % BLOCK_BYTES)
