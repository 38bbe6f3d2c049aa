"""What the tar reader yields."""

from __future__ import annotations

__all__ = [
    "BLOCK_DEVICE",
    "CHAR_DEVICE",
    "DIRECTORY",
    "FIFO",
    "FILE",
    "HARDLINK",
    "SYMLINK",
    "TarEntry",
]

FILE, DIRECTORY, SYMLINK, HARDLINK, CHAR_DEVICE, BLOCK_DEVICE, FIFO = range(7)

TarEntry = tuple[
    bytes,  # name, as it stands in the archive
    int,  # kind: one of the constants above
    tuple[int, int, int],  # permission bits, uid, gid
    int,  # size of the content in bytes, 0 for all but files
    int,  # mtime, seconds
    int,  # mtime, nanoseconds
    bytes,  # link target, or `major,minor`, or empty
    tuple[tuple[bytes, bytes], ...],  # xattrs
    bytes,  # digest of the content, or empty
    int,  # offset of the data in the stream
]
"""One entry. A plain tuple: a million of them are made, and each is taken apart at once."""
