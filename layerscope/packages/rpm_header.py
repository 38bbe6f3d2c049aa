"""One RPM header as the database keeps it: an index of tags and the data that it points into.

Two big-endian lengths (entries of the index, bytes of data), then the entries (tag, type, offset, count),
then the data. The first entry may be a region, which only says where the signed part ends.
"""

from __future__ import annotations

import struct

from layerscope.packages.base import MOST_FILES

__all__ = ["RpmHeader", "RpmTag"]

_LENGTHS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_MOST_ENTRIES = 0xFFFF
"""As rpm itself allows."""
_STRINGS = frozenset({6, 8, 9})
_NUMBERS = {2: "b", 3: "H", 4: "I", 5: "Q"}


class RpmTag:
    """Numbers of the tags that are read."""

    NAME = 1000
    VERSION = 1001
    RELEASE = 1002
    EPOCH = 1003
    SIZE = 1009
    ARCH = 1022
    OLD_FILENAMES = 1027
    FILE_STATES = 1029
    DIR_INDEXES = 1116
    BASENAMES = 1117
    DIRNAMES = 1118
    LONG_SIZE = 5009


class RpmHeader:
    """Values by tag. Raises ValueError if `blob` cannot be a header; what lies outside it is read as
    absent."""

    def __init__(self, blob: bytes) -> None:
        if len(blob) < _LENGTHS.size:
            raise ValueError("a header is too short")
        entries, length = _LENGTHS.unpack_from(blob)
        self._data = _LENGTHS.size + entries * _ENTRY.size
        if not 0 < entries <= _MOST_ENTRIES or self._data + length > len(blob):
            raise ValueError("a header is longer than its record")
        self._blob = blob
        self._end = self._data + length
        self._entries: dict[int, tuple[int, int, int]] = {}
        for tag, kind, offset, count in _ENTRY.iter_unpack(blob[_LENGTHS.size : self._data]):
            if offset <= length and count <= length:
                self._entries.setdefault(tag, (kind, offset, count))

    def strings(self, tag: int) -> list[bytes]:
        """The strings of a tag; empty if it has none."""
        kind, offset, count = self._entries.get(tag, (0, 0, 0))
        if kind not in _STRINGS:
            return []
        count = min(count, MOST_FILES)
        # the data of the next tags follow, so that the end of the last string has to be counted to
        found = self._blob[self._data + offset : self._end].split(b"\0", count)
        return found[:count]

    def string(self, tag: int) -> bytes:
        """The first string of a tag; empty if it has none."""
        kind, offset, count = self._entries.get(tag, (0, 0, 0))
        if kind not in _STRINGS or not count:
            return b""
        start = self._data + offset
        end = self._blob.find(b"\0", start, self._end)
        return self._blob[start : self._end if end < 0 else end]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """The numbers of a tag; empty if it has none."""
        kind, offset, count = self._entries.get(tag, (0, 0, 0))
        code = _NUMBERS.get(kind)
        if code is None:
            return ()
        start = self._data + offset
        count = min(count, (self._end - start) // struct.calcsize(f">{code}"))
        return struct.unpack_from(f">{count}{code}", self._blob, start)

    def number(self, tag: int) -> int | None:
        """The first number of a tag."""
        values = self.numbers(tag)
        return values[0] if values else None
