"""Contents of entries: hashed piece by piece, in memory that does not depend on what a header claims."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from ctypes import byref, c_longlong, c_size_t, c_void_p
from typing import Any

from layerscope.blobs import libarchive
from layerscope.blobs.hashing import ContentHash
from layerscope.blobs.streams import Block
from layerscope.blobs.tar_feed import WINDOW_BYTES, TarFeed

__all__ = ["HEAD_BYTES", "TAIL_BYTES", "ContentReader", "Gather"]

HEAD_BYTES = 4096
TAIL_BYTES = WINDOW_BYTES
"""What of a file's beginning and end can still be read when it has passed. Both are the same wherever the
blocks of the stream begin and end, also where more of it happens to lie in the present block."""

Gather = Callable[[bytes, int], bool]
"""Whether the content of the file of this name and size is gathered although it is larger than TAIL_BYTES."""

_HOLES_AS_ZEROS_BYTES = 1 << 30
"""Holes of a file are hashed as zeros up to here; a header may claim a hole of 2^63 bytes."""
_ZEROS = bytes(1 << 16)


class ContentReader:
    """Reads the content of the entry whose header was read last.

    While a content passes it is hashed; what has passed can be looked at until the next header is read, as
    far as the feed's window reaches. So it costs nothing to be able to look at any file.
    """

    def __init__(self, feed: TarFeed, gather: Gather | None = None) -> None:
        self._lib = libarchive.library()
        self._feed = feed
        self._gather = gather
        self.archive: int | None = None
        """The archive object that `read` may have to ask."""
        self._passed = -1  # where the content began that went by in pieces last
        self._head = b""
        self._gathered: bytearray | None = None
        self._address, self._length, self._offset = c_void_p(), c_size_t(), c_longlong()
        self._arguments = (byref(self._address), byref(self._length), byref(self._offset))

    def pieces(self, archive: int) -> Iterator[bytes]:
        """The content in pieces, without holes."""
        while self._next(archive):
            if self._length.value and self._address.value:
                yield ctypes.string_at(self._address.value, self._length.value)

    def digest(self, archive: int, hasher: ContentHash, data: int, size: int) -> bytes:
        """Digest of a file whose `size` bytes begin at the offset `data` of the stream."""
        feed = self._feed
        start = data - feed.base
        if start >= 0 and data + size <= feed.end:
            return hasher.digest(feed.block[start : start + size])
        running = hasher.new()
        self._pass(archive, running.update, data, size)
        return _digest(running)

    def begins_with(self, magic: bytes, data: int, size: int) -> bool:
        """Whether the file that was yielded last, `size` bytes at `data`, begins with these bytes."""
        start, block = data - self._feed.base, self._feed.block
        if start >= 0 and start + len(magic) <= len(block):
            return block[start : start + len(magic)] == magic
        return self.read(data, size, 0, len(magic)) == magic

    def read(self, data: int, size: int, offset: int, length: int) -> bytes | None:
        """Bytes of the file that was yielded last: its content begins at `data` and has `size` bytes.

        None where they are not at hand: they reach beyond the file, or lie neither in its first HEAD_BYTES
        nor in its last TAIL_BYTES nor in a content that was gathered; or the file is sparse, or claims a size
        that it has not, so that its content does not lie in the stream as it is.
        """
        feed, end = self._feed, offset + length
        if size <= 0 or feed.data_end != data + size or offset < 0 or length < 0 or end > size:
            return None
        gathered = size > TAIL_BYTES and self._gather is not None and self._gather(feed.file, size)
        if not gathered and end > HEAD_BYTES and offset < size - TAIL_BYTES:
            return None
        if data + size > feed.end:  # nothing was hashed, so nothing has passed
            following, feed.next_header = feed.next_header, data  # else the feed forgets what passes
            assert self.archive is not None
            self._pass(self.archive, _ignore, data, size)
            feed.next_header = following
        if data + offset >= feed.base:
            return feed.slice(data + offset, data + end)
        if self._passed == data and self._gathered is not None:
            return bytes(self._gathered[offset:end])
        if self._passed == data and end <= HEAD_BYTES:
            return self._head[offset:end]
        found = feed.slice(data + offset, data + end)
        return found if len(found) == length else None

    def _pass(self, archive: int, update: Callable[[Any], object], data: int, size: int) -> None:
        """Let a content that spans blocks go by, and keep what `read` needs of it."""
        feed = self._feed
        self._passed, self._head = data, b""
        gathers = size > TAIL_BYTES and self._gather is not None and self._gather(feed.file, size)
        self._gathered = bytearray() if gathers else None
        seen = 0
        while seen < size and self._next(archive):
            count = min(self._length.value, size - seen)
            start = data + seen - feed.base
            piece: Block = b""
            if start >= 0 and start + count <= len(feed.block):
                piece = feed.block[start : start + count]
            elif self._address.value:
                piece = ctypes.string_at(self._address.value, count)
            update(piece)
            if seen < HEAD_BYTES:
                self._head += bytes(piece[: HEAD_BYTES - seen])
            if self._gathered is not None:
                self._gathered += piece
            seen += count

    def measure(self, archive: int, hasher: ContentHash) -> tuple[bytes, int]:
        """Digest and size of what is delivered, where a header's word for the size cannot be trusted."""
        running = hasher.new()
        size = 0
        for piece in self.pieces(archive):
            size += len(piece)
            running.update(piece)
        return _digest(running), size

    def sparse_digest(self, archive: int, hasher: ContentHash, size: int) -> bytes:
        """Digest of what a sparse file reads like, its holes as zeros, without allocating them (trap 13).

        Holes past a gigabyte are hashed by their length: such a file then differs from one that stores the
        same zeros, which matters to nobody, and a claimed terabyte costs nothing.
        """
        running = hasher.new()
        position = zeros = 0
        while self._next(archive):
            if self._offset.value > position:
                zeros = _hash_hole(running, self._offset.value - position, zeros)
            if self._address.value:
                running.update(ctypes.string_at(self._address.value, self._length.value))
            position = max(position, self._offset.value) + self._length.value
        if size > position:
            _hash_hole(running, size - position, zeros)
        return _digest(running)

    def _next(self, archive: int) -> bool:
        """Read the next piece; False at the end of the content."""
        status = self._lib.read_data_block(archive, *self._arguments)
        if status not in (libarchive.OK, libarchive.EOF):
            raise self._feed.error(archive, status)
        return bool(status == libarchive.OK)


def _hash_hole(running: Any, length: int, zeros: int) -> int:
    """Hash one hole; returns the length of all holes so far."""
    zeros += length
    if zeros > _HOLES_AS_ZEROS_BYTES:
        running.update(b"hole %d" % length)
        return zeros
    for start in range(0, length, len(_ZEROS)):
        running.update(_ZEROS[: length - start])
    return zeros


def _ignore(_piece: Block) -> None:
    """For contents that nobody hashes."""


def _digest(running: Any) -> bytes:
    result: bytes = running.digest()
    return result
