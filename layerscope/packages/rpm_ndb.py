"""RPM's own database `Packages.db` (SUSE): slots that say where in the file each package's header lies.

Little-endian. Pages of slots stand in front; a slot is (magic, package number, block, blocks), a block 16
bytes. Where it leads stands (magic, package number, generation, length), then the header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["is_ndb", "read_ndb"]

_MAGIC = b"RpmP"
_SLOT = b"Slot"
_BLOB = b"BlbS"
_PAGE = 4096
_BLOCK = 16
_FIRST_SLOT = 32


def is_ndb(content: bytes) -> bool:
    """Whether this is such a database."""
    return len(content) >= _PAGE and content.startswith(_MAGIC)


def read_ndb(content: bytes) -> Iterator[bytes]:
    """The headers, in the order of their slots. Raises ValueError for what is damaged; what came before is
    good.

    All headers together are no longer than the file.
    """
    (pages,) = struct.unpack_from("<I", content, 12)
    end = min(pages * _PAGE, len(content) - _BLOCK + 1)
    left = len(content)
    damaged = "the slots are longer than the file" if pages * _PAGE > len(content) else ""
    for start in range(_FIRST_SLOT, end, _BLOCK):
        magic, package, block, _ = struct.unpack_from("<4sIII", content, start)
        if magic != _SLOT:
            damaged = "a slot has no magic"
            break
        at = block * _BLOCK
        if not package or not block:
            continue  # free
        if at + _BLOCK > len(content):
            damaged = "a header lies outside the file"
            continue
        blob, owner, _, length = struct.unpack_from("<4sIII", content, at)
        if blob != _BLOB or owner != package or at + _BLOCK + length > len(content) or length > left:
            damaged = "a header is not where its slot says"
            continue
        left -= length
        yield content[at + _BLOCK : at + _BLOCK + length]
    if damaged:
        raise ValueError(damaged)
