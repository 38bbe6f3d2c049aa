"""Raw tar records: the few that are made, and headers of existing ones with another name, target or owner.

An entry that is kept keeps its bytes. Only where its name or the name it links to is no longer there, or
where several entries said something of one inode, a header is made anew: of what stood there everything is
taken over that is not changed on purpose, in PAX records where a plain header has no room.

Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from layerscope.blobs.pax import parse_number

__all__ = [
    "BLOCK_BYTES",
    "END_MARK",
    "Metadata",
    "body_range",
    "directory_record",
    "edited_headers",
    "file_header",
    "link_record",
    "marker_record",
    "normalized_headers",
    "padding",
    "without_global_headers",
]

BLOCK_BYTES = 512
END_MARK = bytes(2 * BLOCK_BYTES)
_EXTENSIONS = frozenset(b"xgLKXV")
_XATTR = b"SCHILY.xattr."
_SPARSE_NAME = b"GNU.sparse.name"
_USTAR = b"ustar\x0000"
_WITHOUT_BODY = frozenset({b"1", b"2", b"3", b"4", b"5", b"6"})
_METADATA_RECORDS = frozenset({b"mtime", b"atime", b"ctime", b"uid", b"gid"})
_PASSING_RECORDS = _METADATA_RECORDS | {b"path", b"linkpath", b"size", b"uname", b"gname", b"hdrcharset"}
_FILE_TYPES = frozenset({b"\0", b"7"})
_DEVICES = frozenset({b"3", b"4"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a header says of an inode; the time is in nanoseconds since 1970."""

    mode: int
    uid: int
    gid: int
    mtime_ns: int
    xattrs: tuple[tuple[bytes, bytes], ...] = ()


def padding(length: int) -> bytes:
    """What fills a content of `length` bytes up to whole blocks."""
    return bytes(-length % BLOCK_BYTES)


def file_header(name: bytes, size: int) -> bytes:
    """The header of a member of an outer archive; the name fits, the time is 1970."""
    return _header(_blank(), name, b"0", Metadata(0o644, 0, 0, 0), [], size=size)


def marker_record(path: bytes) -> bytes:
    """An empty file: a whiteout or an opaque marker, by its name."""
    return _header(_blank(), path, b"0", Metadata(0o600, 0, 0, 0), [], size=0)


def directory_record(path: bytes, metadata: Metadata) -> bytes:
    """An entry of a directory that had none."""
    return _header(_blank(), path + b"/", b"5", metadata, [], size=0)


def link_record(path: bytes, target: bytes, metadata: Metadata) -> bytes:
    """A hard link."""
    return _header(_blank(), path, b"1", metadata, [], target=target)


def edited_headers(
    raw: bytes, path: bytes, *, target: bytes | None = None, metadata: Metadata | None = None
) -> bytes:
    """The headers of an entry under another name, linked to another target, or with other metadata.

    `raw` begins with the first extended header and ends where the content begins. `path` and `target` are
    what the entry is to have, changed or not; without `metadata` the entry's own stays. Blocks that belong to
    the header and follow it (the map of an old GNU sparse file) are taken over.
    """
    own, records = _take_apart(raw)
    header, rest = raw[own : own + BLOCK_BYTES], raw[own + BLOCK_BYTES :]
    kept = [(key, value) for key, value in records if key not in (b"path", b"linkpath")]
    if any(key == _SPARSE_NAME for key, _ in kept):
        kept = [(key, path if key == _SPARSE_NAME else value) for key, value in kept]
    if metadata is not None:
        kept = [
            (key, value) for key, value in kept if key not in _METADATA_RECORDS and not key.startswith(_XATTR)
        ]
    name = path + b"/" if header[156:157] == b"5" else path
    return _header(header, name, header[156:157], metadata, kept, target=target) + rest


def normalized_headers(raw: bytes, path: bytes, metadata: Metadata, *, target: bytes | None = None) -> bytes:
    """The headers of an entry as they depend on nothing but what the entry says, whoever wrote it and when.

    `raw`, `path` and `target` are as for `edited_headers`; an empty path is the root. Names of owners, times
    of access and of change, and the dialect of the tar are left out; PAX records that are none of these are
    kept, sorted, and so is the map of a sparse file.
    """
    own, records = _take_apart(raw)
    header, rest = raw[own : own + BLOCK_BYTES], raw[own + BLOCK_BYTES :]
    kept = sorted(
        (key, path if key == _SPARSE_NAME else value)
        for key, value in records
        if key not in _PASSING_RECORDS and not key.startswith(_XATTR)
    )
    kind = header[156:157]
    size = 0 if kind in _WITHOUT_BODY else _stored_bytes(header, records)
    if kind in _FILE_TYPES:
        kind = b"0"
    block = bytearray(_blank())
    if kind == b"S":
        block[:] = header
        block[265:329] = bytes(64)  # names of owners
        block[345:369] = bytes(24)  # GNU's times of access and of change
    elif kind in _DEVICES:
        for at in (329, 337):
            block[at : at + 8] = _number(parse_number(header[at : at + 8]), 8)
    name = (path or b".") + b"/" if kind == b"5" else path
    return _header(bytes(block), name, kind, metadata, kept, target=target, size=size) + rest


def without_global_headers(raw: bytes) -> int:
    """Length of the global PAX headers, which engines ignore or trip over, before an entry's own."""
    start = 0
    while raw[start + 156 : start + 157] == b"g":
        start += BLOCK_BYTES + _body(raw, start)
    return start


def body_range(raw: bytes) -> tuple[int, int]:
    """Where a record's body begins, counted from its first header block, and its length with padding.

    That is what is stored, not what a sparse file reads like. The map of an old GNU sparse file belongs to
    the headers, that of a PAX one to the body.
    """
    own, records = (0, ()) if len(raw) == BLOCK_BYTES else _take_apart(raw)
    header = raw[own : own + BLOCK_BYTES]
    begin = own + BLOCK_BYTES
    if header[156:157] == b"S":
        more = header[482]
        while more and begin + BLOCK_BYTES <= len(raw):
            more = raw[begin + 504]
            begin += BLOCK_BYTES
    if header[156:157] in _WITHOUT_BODY:
        return begin, 0
    size = _stored_bytes(header, records)
    return begin, (size + BLOCK_BYTES - 1) // BLOCK_BYTES * BLOCK_BYTES


def _stored_bytes(header: bytes, records: Iterable[tuple[bytes, bytes]]) -> int:
    """Length of a body as it is stored, without padding."""
    text = dict(records).get(b"size", b"")
    return int(text) if text.isdigit() else max(parse_number(header[124:136]), 0)


def _body(raw: bytes, start: int) -> int:
    size = max(parse_number(raw[start + 124 : start + 136]), 0)
    return (size + BLOCK_BYTES - 1) // BLOCK_BYTES * BLOCK_BYTES


def _take_apart(raw: bytes) -> tuple[int, list[tuple[bytes, bytes]]]:
    """Where the entry's own header stands, and the PAX records before it; of a repeated key the last wins."""
    start = 0
    records: dict[bytes, bytes] = {}
    while start + BLOCK_BYTES < len(raw) and raw[start + 156] in _EXTENSIONS:
        if raw[start + 156 : start + 157] == b"x":
            size = max(parse_number(raw[start + 124 : start + 136]), 0)
            records = dict(_records(raw[start + BLOCK_BYTES : start + BLOCK_BYTES + size]))
        start += BLOCK_BYTES + _body(raw, start)
    return start, list(records.items())


def _records(body: bytes) -> list[tuple[bytes, bytes]]:
    """The `length key=value` lines, up to the first that breaks the format."""
    found = []
    position = 0
    while position < len(body):
        space = body.find(b" ", position, position + 24)
        length = body[position:space] if space > 0 else b""
        if not length.isdigit() or int(length) <= len(length):
            break
        key, equals, value = body[space + 1 : position + int(length)].partition(b"=")
        if not equals or not value.endswith(b"\n"):
            break
        found.append((key, value[:-1]))
        position += int(length)
    return found


def _blank() -> bytes:
    header = bytearray(BLOCK_BYTES)
    header[257:265] = _USTAR
    return bytes(header)


def _header(
    header: bytes,
    name: bytes,
    kind: bytes,
    metadata: Metadata | None,
    records: list[tuple[bytes, bytes]],
    *,
    target: bytes | None = None,
    size: int | None = None,
) -> bytes:
    """A header block, behind a PAX header for what does not fit into it."""
    block = bytearray(header)
    records = list(records)
    _put_text(block, 0, name, b"path", records)
    if block[257:263] == _USTAR[:6]:  # with GNU's magic other things stand there
        block[345:500] = bytes(155)
    block[156:157] = kind
    if target is not None:
        _put_text(block, 157, target, b"linkpath", records)
    if size is not None:
        block[124:136] = _number(size, 12)
    elif kind == b"1":
        block[124:136] = _number(0, 12)
    if metadata is not None:
        _put_metadata(block, metadata, records)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return (_pax_header(records) if records else b"") + bytes(block)


def _put_text(block: bytearray, at: int, text: bytes, key: bytes, records: list[tuple[bytes, bytes]]) -> None:
    block[at : at + 100] = text[:100].ljust(100, b"\0")
    if len(text) > 100:
        records.append((key, text))


def _put_metadata(block: bytearray, metadata: Metadata, records: list[tuple[bytes, bytes]]) -> None:
    block[100:108] = _number(metadata.mode, 8)
    block[108:116] = _number(metadata.uid, 8)
    block[116:124] = _number(metadata.gid, 8)
    seconds, nanos = divmod(metadata.mtime_ns, 1_000_000_000)
    block[136:148] = _number(seconds, 12)
    if nanos:
        records.append((b"mtime", _decimal(metadata.mtime_ns)))
    records.extend((_XATTR + name, value) for name, value in metadata.xattrs)


def _decimal(mtime_ns: int) -> bytes:
    """Seconds with nine digits behind the point; `-1.5` is a second and a half before 1970."""
    seconds, nanos = divmod(abs(mtime_ns), 1_000_000_000)
    return b"%s%d.%09d" % (b"-" if mtime_ns < 0 else b"", seconds, nanos)


def _number(value: int, width: int) -> bytes:
    """Octal digits and a NUL; base-256 where they do not suffice."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    number = value.to_bytes(width, "big", signed=True)
    return bytes((number[0] | 0x80,)) + number[1:]


def _pax_header(records: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(_record(key, value) for key, value in records)
    block = _header(_blank(), b"PaxHeaders/x", b"x", Metadata(0o644, 0, 0, 0), [], size=len(body))
    return block + body + padding(len(body))


def _record(key: bytes, value: bytes) -> bytes:
    """`length key=value` and a line feed, where length counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)
