"""Contents of entries: hashed piece by piece, in memory that does not depend on what a header claims."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from ctypes import byref, c_longlong, c_size_t, c_void_p
from typing import Any

from layerscope.blobs import libarchive
from layerscope.blobs.hashing import ContentHash
from layerscope.blobs.tar_feed import TarFeed

__all__ = ["ContentReader"]

_HOLES_AS_ZEROS_BYTES = 1 << 30
"""Holes of a file are hashed as zeros up to here; a header may claim a hole of 2^63 bytes."""
_ZEROS = bytes(1 << 16)


class ContentReader:
    """Reads the content of the entry whose header was read last."""

    def __init__(self, feed: TarFeed) -> None:
        self._lib = libarchive.library()
        self._feed = feed
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
        seen = 0
        while seen < size and self._next(archive):
            count = min(self._length.value, size - seen)
            start = data + seen - feed.base
            if start >= 0 and start + count <= len(feed.block):
                running.update(feed.block[start : start + count])
            elif self._address.value:
                running.update(ctypes.string_at(self._address.value, count))
            seen += count
        return _digest(running)

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


def _digest(running: Any) -> bytes:
    result: bytes = running.digest()
    return result
