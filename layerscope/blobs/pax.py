"""Raw header fields, for what libarchive does not hand out unchanged.

libarchive normalizes PAX names in a UTF-8 locale, mixes three kinds of xattr records, lets ACL records
change the mode, and takes `SCHILY.realsize` for the size. The raw records settle each of these, on every
platform and under every locale.

Source: POSIX.1-2017, pax, "pax Extended Header"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerscope.notices import Severity

__all__ = [
    "NO_EXTENDED_HEADERS",
    "ExtendedHeaders",
    "is_header",
    "parse_number",
    "parse_time",
    "read_extended_headers",
]

_BLOCK = 512
_DROPPED_BYTES = 1 << 20
"""libarchive drops names from extended headers of this size and more."""

_TIME = re.compile(rb"(-?)([0-9]{1,25})(?:\.([0-9]*))?")
_OCTAL = re.compile(rb"[0-7]+")
_XATTR = b"SCHILY.xattr."
_FOREIGN_XATTRS = (b"LIBARCHIVE.xattr.", b"RHT.security.")
_ORDINARY = frozenset(
    {b"path", b"linkpath", b"mtime", b"atime", b"ctime", b"uid", b"gid", b"uname", b"gname", b"size"}
)


@dataclass(slots=True)
class ExtendedHeaders:
    """What stands between the first block of an entry and its own header."""

    records: dict[bytes, bytes] = field(default_factory=dict)
    """PAX records of the entry's `x` header; of a repeated key the last wins."""
    global_header: bool = False
    """A `g` header stands there; its records are ignored, as all engines do."""
    malformed: bool = False
    """A PAX record breaks its format: Go rejects the layer, libarchive drops the whole header."""
    pax_headers: int = 0
    """How many `x` headers: more than one in a row is read differently by every reader."""
    gnu_long_name: bool = False
    oversized: bool = False
    """A header is so large that libarchive drops the name in it."""
    odd_type: str = ""
    """`V` (a volume label) or `X` (Solaris' PAX header), which engines reject."""
    ordinary: bool = True
    """One PAX header at most, with well-formed records that all readers understand alike, and no xattrs."""

    def text(self, key: bytes) -> bytes:
        """The value of a record up to a NUL, where libarchive cuts it; empty if there is none."""
        value = self.records.get(key, b"")
        return value if self.ordinary else value.split(b"\0", 1)[0]

    def xattrs(self) -> tuple[tuple[bytes, bytes], ...]:
        """Extended attributes by name. Engines see `SCHILY.xattr.` records and no others."""
        if self.ordinary:
            return ()
        found = [(key[len(_XATTR) :], value) for key, value in self.records.items() if key.startswith(_XATTR)]
        return tuple(sorted(found))

    @property
    def sparse(self) -> bool:
        """Whether records describe a sparse file (PAX 0.0, 0.1 or 1.0)."""
        records = self.records
        if self.ordinary:
            return False
        return (
            b"GNU.sparse.map" in records
            or b"GNU.sparse.numblocks" in records
            or b"GNU.sparse.major" in records
        )

    @property
    def claims_real_size(self) -> bool:
        """Whether a record names a real size, which libarchive believes even if the file is not sparse."""
        if self.ordinary:
            return False
        return any(key == b"SCHILY.realsize" or key.startswith(b"GNU.sparse.") for key in self.records)

    def oddities(self) -> Iterator[tuple[str, Severity, str]]:
        """(code, severity, message) for everything that readers understand differently."""
        if self.ordinary:
            return
        if self.global_header:
            yield "global-header", Severity.INFO, "a global PAX header is ignored, as engines do"
        if self.malformed:
            yield (
                "name-may-be-wrong",
                Severity.WARNING,
                "malformed PAX record; name and metadata may be wrong, and Go engines reject the layer",
            )
        if self.oversized:
            yield (
                "name-may-be-wrong",
                Severity.WARNING,
                "an extended header of a megabyte or more was dropped; name and metadata may be wrong",
            )
        if self.odd_type:
            yield "odd-type", Severity.WARNING, f"entry of type {self.odd_type!r}, which engines reject"
        if any(b"\0" in self.records.get(key, b"") for key in (b"path", b"linkpath")):
            yield "nul-in-name", Severity.WARNING, "a NUL in a PAX name ends it; Go engines reject the layer"
        if self.pax_headers > 1:
            yield "pax-twice", Severity.WARNING, "two PAX headers in a row; readers disagree on which counts"
        if self.gnu_long_name and self.records.get(b"path"):
            yield "two-names", Severity.WARNING, "a GNU long name and a PAX path; Go engines take the first"
        if any(key.startswith(_FOREIGN_XATTRS) for key in self.records):
            yield (
                "xattr-ignored",
                Severity.INFO,
                "xattr records that engines ignore (only SCHILY.xattr counts)",
            )


NO_EXTENDED_HEADERS = ExtendedHeaders()
"""What an entry of one header block has. Never changed."""


def read_extended_headers(raw: bytes) -> tuple[ExtendedHeaders, bytes | None]:
    """Parse the blocks from an entry's first header block on.

    Returns what the extended headers say, and the entry's own header block (None if `raw` ends before it).
    """
    result = ExtendedHeaders()
    position = 0
    while position + _BLOCK <= len(raw):
        header = raw[position : position + _BLOCK]
        kind = header[156:157]
        if kind not in (b"x", b"X", b"g", b"L", b"K", b"V"):
            return result, header
        size = 0 if kind == b"V" else max(parse_number(header[124:136]), 0)
        body = raw[position + _BLOCK : position + _BLOCK + size]
        _take(result, kind, body, size)
        position += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK
    return result, None


def _take(result: ExtendedHeaders, kind: bytes, body: bytes, size: int) -> None:
    """Add one extended header to the result."""
    if kind == b"x" and len(body) == size < _DROPPED_BYTES:
        result.pax_headers += 1
        records = result.records = {}
        if not _read_records(body, records):
            result.malformed = True
        if result.pax_headers > 1 or result.malformed or b"\0" in body or not records.keys() <= _ORDINARY:
            result.ordinary = False
        return
    result.ordinary = False
    if kind in (b"V", b"X"):
        result.odd_type = kind.decode()
    if len(body) < size or (size >= _DROPPED_BYTES and kind != b"g"):
        result.oversized = True
    elif kind == b"X":
        result.pax_headers += 1
        result.malformed |= not _read_records(body, result.records)
    elif kind == b"g":
        result.global_header = True
    elif kind == b"L":
        result.gnu_long_name = True


def _read_records(body: bytes, records: dict[bytes, bytes]) -> bool:
    """Read `length key=value` lines into `records`; False when one breaks the format."""
    position = 0
    while position < len(body):
        space = body.find(b" ", position, position + 24)
        length = body[position:space] if space > 0 else b""
        if not length.isdigit():
            return not body[position:].strip(b"\0")
        end = position + int(length)
        record = body[space + 1 : end]
        if end > len(body) or not record.endswith(b"\n") or b"=" not in record:
            return False
        key, _, value = record[:-1].partition(b"=")
        records[key] = value
        position = end
    return True


def parse_number(field_bytes: bytes) -> int:
    """Decode a header's number field: octal text, or base-256 two's complement when the first bit is set.

    0 for what is neither: a field that no reader understands must not stop the listing.
    """
    if field_bytes and field_bytes[0] & 0x80:
        bits = 8 * len(field_bytes) - 1
        value = int.from_bytes(field_bytes, "big") & ((1 << bits) - 1)
        return value - (1 << bits) if field_bytes[0] & 0x40 else value
    text = field_bytes.split(b"\0", 1)[0].strip()
    return int(text, 8) if _OCTAL.fullmatch(text) else 0  # int() alone would take `0o7`, `1_0` and `-1`


def parse_time(text: bytes) -> tuple[int, int] | None:
    """Decode a PAX time to (seconds, nanoseconds), the nanoseconds counting up; None if it is none.

    `-1.5` is 1.5 s before 1970: (-2, 500,000,000). libarchive reads it as -0.5.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction = match.groups()
    seconds = int(whole)
    nanos = int((fraction or b"")[:9].ljust(9, b"0"))
    if not sign:
        return seconds, nanos
    return (-seconds, 0) if nanos == 0 else (-seconds - 1, 1_000_000_000 - nanos)


def is_header(block: bytes) -> bool:
    """Whether a block has the checksum of a tar header. Source: POSIX.1-2017, pax, ustar `chksum`."""
    if len(block) < _BLOCK:
        return False
    unsigned = sum(block[:148]) + 8 * 0x20 + sum(block[156:_BLOCK])
    return parse_number(block[148:156]) == unsigned
