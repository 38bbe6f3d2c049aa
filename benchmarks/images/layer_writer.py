"""Writes one layer's tar stream quickly, hashing and counting as it goes."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from benchmarks.images import content, ustar

__all__ = ["LayerWriter"]

_FLUSH_BYTES = 4 << 20
_CHANGED_OWNER = 1000


class LayerWriter:
    """Entries of one layer; parents are written before their children, once in a layer, as engines do."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._sha256 = hashlib.sha256()
        self._pieces: list[bytes | memoryview] = []
        self._buffered_bytes = 0
        self._directories: set[bytes] = {b""}
        self.entries = 0
        self.whiteouts = 0
        self.stored_bytes = 0

    def file(self, directory: bytes, name: bytes, start: int, size: int, *, chowned: bool = False) -> None:
        """Write a file with `size` bytes of the content pool from `start` on."""
        self._parents(directory)
        owner = _CHANGED_OWNER if chowned else 0
        self._write(ustar.header(directory + b"/" + name, size, owner=owner))
        for piece in content.chunks(start, size):
            self._write(piece)
        self._write(ustar.padding(size))
        self.entries += 1
        self.stored_bytes += size

    def whiteout(self, directory: bytes, name: bytes) -> None:
        """Write the marker that removes `name` of a lower layer from `directory`."""
        self._parents(directory)
        self._write(ustar.header(directory + b"/.wh." + name, 0))
        self.whiteouts += 1

    def close(self) -> str:
        """End the stream and return its sha256 in hex: the layer's diff ID without its prefix."""
        self._write(ustar.END_MARK)
        self._flush()
        return self._sha256.hexdigest()

    def _parents(self, directory: bytes) -> None:
        if directory in self._directories:
            return
        self._parents(directory.rpartition(b"/")[0])
        self._directories.add(directory)
        self._write(ustar.header(directory + b"/", 0, kind=ustar.DIRECTORY, mode=0o755))
        self.entries += 1

    def _write(self, piece: bytes | memoryview) -> None:
        self._pieces.append(piece)
        self._buffered_bytes += len(piece)
        if self._buffered_bytes >= _FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        data = b"".join(self._pieces)
        self._sha256.update(data)
        self._sink.write(data)
        self._pieces.clear()
        self._buffered_bytes = 0
