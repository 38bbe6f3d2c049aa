"""RPM's database up to 4.16: the Berkeley DB hash file `Packages`, a header for each package number.

A file is pages. The first one says how long a page is and which byte order the file has. A hash page has
pairs of key and value, each behind an offset; a value that is too large for its page is a chain of overflow
pages.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["is_bdb", "read_bdb"]

_HASH_MAGIC = 0x061561
_MAGIC_AT = 12
_PAGE_HEADER = 26
_HASH_PAGES = frozenset({2, 13})  # unsorted (before Berkeley DB 4.6), sorted
_OVERFLOW = 7
_KEY_DATA, _OFF_PAGE = 1, 3
_PAGE_SIZES = frozenset(1 << power for power in range(9, 17))


def is_bdb(content: bytes) -> bool:
    """Whether this is a Berkeley DB hash file."""
    return len(content) >= 512 and _byte_order(content) != ""


def _byte_order(content: bytes) -> str:
    for order in "<>":
        if struct.unpack_from(f"{order}I", content, _MAGIC_AT)[0] == _HASH_MAGIC:
            return order
    return ""


def read_bdb(content: bytes) -> Iterator[bytes]:
    """The values of all pairs but the first one's, which counts packages. Raises ValueError for what is
    damaged; whatever came before is good. All values together are no longer than the file."""
    order = _byte_order(content)
    page_size, encrypted = struct.unpack_from(f"{order}IB", content, 20)
    if page_size not in _PAGE_SIZES:
        raise ValueError(f"pages of {page_size:,} bytes")
    if encrypted:
        raise ValueError("it is encrypted")
    pages = _Pages(content, page_size, order)
    for start in range(page_size, len(content) - page_size + 1, page_size):
        if content[start + 25] in _HASH_PAGES:
            yield from pages.values(start)
    if pages.damaged:
        raise ValueError(pages.damaged)


class _Pages:
    def __init__(self, content: bytes, page_size: int, order: str) -> None:
        self._content = content
        self._page_size = page_size
        self._order = order
        self._left = len(content)  # what overflow chains may still give: a chain that is used twice is damage
        self.damaged = ""

    def values(self, start: int) -> Iterator[bytes]:
        """The headers that a hash page has or leads to."""
        (count,) = struct.unpack_from(f"{self._order}H", self._content, start + 20)
        count = min(count, (self._page_size - _PAGE_HEADER) // 2)
        offsets = struct.unpack_from(f"{self._order}{count}H", self._content, start + _PAGE_HEADER)
        for number in range(1, count, 2):
            offset, end = offsets[number], offsets[number - 1]  # items grow from the end of the page
            if not _PAGE_HEADER <= offset < end <= self._page_size:
                self.damaged = "items of a page overlap"
                continue
            item = self._content[start + offset : start + end]
            if item[0] == _KEY_DATA and len(item) > 8:  # a shorter one is no header: the count of packages
                yield item[1:]
            elif item[0] == _OFF_PAGE and len(item) >= 12:
                page, length = struct.unpack_from(f"{self._order}II", item, 4)
                value = self._chain(page, length)
                if value is not None:
                    yield value

    def _chain(self, page: int, length: int) -> bytes | None:
        """A value on overflow pages."""
        if length > self._left:
            self.damaged = "values are longer than the file"
            return None
        self._left -= length
        parts, got = [], 0
        while page and got < length:
            start = page * self._page_size
            if start + self._page_size > len(self._content) or self._content[start + 25] != _OVERFLOW:
                break
            following, _, used = struct.unpack_from(f"{self._order}IHH", self._content, start + 16)
            if not 0 < used <= self._page_size - _PAGE_HEADER:
                break
            parts.append(self._content[start + _PAGE_HEADER : start + _PAGE_HEADER + used])
            got += used
            page = following
        if got != length:
            self.damaged = "a value is not all there"
            return None
        return b"".join(parts)
