"""Blocks of a stream on their way into libarchive, with the raw headers still in reach."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterable
from ctypes import c_char, c_char_p, c_void_p
from typing import Any

from layerscope.blobs.libarchive import FATAL, READ_CALLBACK, library
from layerscope.blobs.magic import MAGIC_BYTES, recognized
from layerscope.blobs.streams import Block, ends_inside
from layerscope.errors import Malformed, Truncated

__all__ = ["WINDOW_BYTES", "TarFeed"]

WINDOW_BYTES = 4 << 20
"""How far back the raw stream is kept: headers (libarchive drops extended ones of more than 1 MiB), and the
end of the content that passed last."""


class TarFeed:
    """Gives libarchive one block after the other, and keeps those that may hold the next entry's headers.

    All offsets are in the whole stream, also after `rewind`.
    """

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._source = iter(blocks)
        self._pending: deque[Block] = deque()  # pulled from the source, not yet given
        self._window: deque[tuple[int, Block]] = deque()  # (offset, block) given, newest last
        self.block: Block = b""
        """The block given last."""
        self.base = 0
        """Offset of `block`."""
        self.end = 0
        """Offset behind `block`."""
        self.next_header = 0
        """Where the next header should stand; what lies before may be forgotten. Negative if unknown."""
        self.data_end = 0
        """Where the last entry's content ends, its padding not counted."""
        self.file = b""
        """Name of the last file, for messages."""
        self.exhausted = False
        """libarchive has asked for more than there is."""
        self.failure: BaseException | None = None
        """The exception of the stream, to be raised once libarchive has returned."""
        self.callback: Any = READ_CALLBACK(self._read)

    def close(self) -> None:
        """Let go of the stream: the callback refers to this object, which keeps both alive otherwise."""
        self.callback = None
        self._source = iter(())
        self._pending.clear()
        self._window.clear()
        self.block = b""

    def error(self, archive: int | None, status: int) -> BaseException:
        """What a status of libarchive's means: the stream's own exception, or a message with its offset.

        No offset lies beyond the stream's end.
        """
        if self.failure is not None:
            return self.failure
        text: bytes = library().error_string(archive) or b"damaged"
        message = text.decode("ascii", "replace").lower()
        if self.exhausted and status == FATAL and "unrecognized archive format" not in message:
            return self._truncated()
        where = min(max(self.next_header, self.data_end), self.end)
        if "unrecognized archive format" in message:
            kind = recognized(self.slice(0, MAGIC_BYTES)) if where == 0 else ""
            message = f"not a tar archive{kind and f': it is {kind}'}"
        return Malformed(f"tar stream at byte {where:,}: {message}")

    def _truncated(self) -> Truncated:
        """Where the stream ends, inside what, and how much is missing as far as that is known."""
        if self.end < self.data_end or self.next_header < 0:
            return ends_inside(self.file, self.end, self.data_end - self.end)
        return Truncated(f"tar stream: ends at byte {self.end:,}, inside the header of an entry")

    def more(self) -> bool:
        """Whether another block is there; it is pulled from the source if need be."""
        while not self._pending:
            block = next(self._source, None)
            if block is None:
                return False
            if len(block):
                self._pending.append(block)
        return True

    def take(self) -> Block:
        """Make the next block the current one, and forget blocks that no header can be in."""
        block = self._pending.popleft()
        keep_from = max(self.next_header, self.end - WINDOW_BYTES)
        while self._window and self._window[0][0] + len(self._window[0][1]) <= keep_from:
            self._window.popleft()
        self._window.append((self.end, block))
        self.block, self.base = block, self.end
        self.end += len(block)
        return block

    def _read(self, _archive: int, _data: int, buffer: ctypes.Array[c_void_p]) -> int:
        """libarchive's read callback. ctypes prints and drops exceptions, so they are kept (trap 3)."""
        try:
            if not self.more():
                self.exhausted = True
                return 0
            block = self.take()
            if isinstance(block, bytes):
                buffer[0] = ctypes.cast(c_char_p(block), c_void_p)
            else:
                buffer[0] = c_void_p(ctypes.addressof(c_char.from_buffer(block)))
            return len(block)
        except BaseException as error:  # noqa: BLE001  (raised again by the reader)
            self.failure = error
            return -1

    def slice(self, start: int, end: int) -> bytes:
        """Raw bytes of the stream, as far as the window still has them."""
        if start >= self.base:
            return bytes(self.block[start - self.base : end - self.base])
        parts = [
            bytes(block[max(start - base, 0) : max(end - base, 0)])
            for base, block in self._window
            if base < end and base + len(block) > start
        ]
        return b"".join(parts)

    def pull(self, end: int) -> None:
        """Take blocks until the window reaches `end` or the stream its own end."""
        while self.end < end and self.more():
            self.take()

    def rewind(self, offset: int) -> bool:
        """Give the stream again from `offset` on, which is not before the window; False if it ends there."""
        self.pull(offset)
        again = [block[max(offset - base, 0) :] for base, block in self._window if base + len(block) > offset]
        self._pending.extendleft(reversed(again))
        self._window.clear()
        self.end = self.base = self.next_header = self.data_end = offset
        self.block = b""
        return self.more()

    def rest_is_padding(self, offset: int) -> bool:
        """Read the stream to its end; tell whether only zeros follow from `offset` on."""
        padding = not bytes(self.block[max(offset - self.base, 0) :]).strip(b"\0")
        for remaining in (self._pending, self._source):
            for block in remaining:
                padding = padding and not bytes(block).strip(b"\0")
        return padding
