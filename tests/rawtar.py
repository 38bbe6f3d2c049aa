"""Raw 512-byte tar blocks, for the entries that no library writes.

Every field of the header can be set to what no writer would put there: another magic, a size that lies, a
number out of range, a wrong checksum. The layout is that of POSIX.1-2017 (ustar); GNU and old tars differ in
the magic and in what the prefix area holds.

    offset  0    name 100   |  156  typeflag 1    |  265  uname 32     |  345  prefix 155
            100  mode 8     |  157  linkname 100  |  297  gname 32     |
            108  uid 8      |  257  magic 8       |  329  devmajor 8   |
            116  gid 8      |       (version      |  337  devminor 8   |
            124  size 12    |        included)    |                    |
            136  mtime 12   |                     |                    |
            148  checksum 8 |                     |                    |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = [
    "BLOCK",
    "END",
    "GNU",
    "MTIME",
    "USTAR",
    "V7",
    "PaxRecords",
    "entry",
    "global_header",
    "gnu_long",
    "header",
    "padded",
    "pax_body",
    "pax_header",
    "tar",
]

BLOCK = 512
END = bytes(2 * BLOCK)
"""The end mark: two zero blocks."""

USTAR = b"ustar\x0000"
GNU = b"ustar  \x00"
V7 = bytes(8)

MTIME = 1_000_000_000
"""The time that everything has unless a test says otherwise (2001-09-09T01:46:40Z)."""

PaxRecords = Mapping[str, bytes | str] | Iterable[tuple[str, bytes | str]]
"""Keys and values; pairs where a key shall come twice."""


def header(
    name: bytes,
    *,
    typeflag: bytes = b"0",
    size: int = 0,
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    mtime: int = MTIME,
    linkname: bytes = b"",
    magic: bytes = USTAR,
    prefix: bytes = b"",
    major: int = 0,
    minor: int = 0,
) -> bytes:
    """Make one header block, with a right checksum. Numbers that do not fit in octal become base-256."""
    block = b"".join(
        (
            _text(name, 100),
            _number(mode, 8),
            _number(uid, 8),
            _number(gid, 8),
            _number(size, 12),
            _number(mtime, 12),
            b" " * 8,  # the checksum is made over spaces in its own place
            typeflag,
            _text(linkname, 100),
            magic,
            bytes(64),  # uname, gname: no engine reads them
            _number(major, 8),
            _number(minor, 8),
            _text(prefix, 155),
            bytes(12),
        )
    )
    return block[:148] + b"%06o\x00 " % sum(block) + block[156:]


def entry(name: bytes, body: bytes = b"", *, size: int | None = None, **fields: object) -> bytes:
    """Make a header and its padded body; `size` lets the header claim another size than the body has."""
    claimed = len(body) if size is None else size
    return header(name, size=claimed, **fields) + padded(body)  # type: ignore[arg-type]


def pax_body(records: PaxRecords) -> bytes:
    """Make the `length key=value` records of an extended header."""
    pairs = records.items() if isinstance(records, Mapping) else records
    return b"".join(_record(key.encode(), v.encode() if isinstance(v, str) else v) for key, v in pairs)


def pax_header(records: PaxRecords | bytes, typeflag: bytes = b"x") -> bytes:
    """Make the extended header that precedes an entry. `bytes` are taken as its body, well-formed or not."""
    body = records if isinstance(records, bytes) else pax_body(records)
    return entry(b"PaxHeaders/x", body, typeflag=typeflag)


def global_header(records: PaxRecords) -> bytes:
    """Make a global extended header (`g`)."""
    return pax_header(records, typeflag=b"g")


def gnu_long(text: bytes, typeflag: bytes = b"L") -> bytes:
    """Make the GNU entry that carries the next entry's long name (`L`) or long link target (`K`)."""
    return entry(b"././@LongLink", text + b"\x00", typeflag=typeflag, magic=GNU)


def padded(data: bytes) -> bytes:
    """Fill up to a whole number of blocks."""
    return data + bytes(-len(data) % BLOCK)


def tar(*parts: bytes, end: bytes = END) -> bytes:
    """Join entries and put an end mark behind them."""
    return b"".join(parts) + end


def _text(value: bytes, width: int) -> bytes:
    if len(value) > width:
        raise ValueError(f"{value!r} does not fit {width} bytes: use a PAX record or gnu_long")
    return value.ljust(width, b"\x00")


def _number(value: int, width: int) -> bytes:
    """Octal digits and a NUL; base-256 (two's complement after a set first bit) where they do not suffice."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\x00" % (width - 1, value)
    number = value.to_bytes(width, "big", signed=True)
    return bytes((number[0] | 0x80,)) + number[1:]


def _record(key: bytes, value: bytes) -> bytes:
    """`length key=value\\n`, where length counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)
