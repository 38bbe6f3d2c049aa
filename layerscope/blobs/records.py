"""Copying records of a tar as they stand: header, extended headers, content, sparse map, padding.

The tar reader says where each record lies; the bytes themselves go from the stream to the writer without
being looked at, so that nothing that a record holds can be lost on the way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from layerscope.blobs.limits import Limits
from layerscope.blobs.streams import Block
from layerscope.blobs.tar import TarReader
from layerscope.blobs.tar_entry import TarEntry
from layerscope.blobs.tar_write import body_range, without_global_headers
from layerscope.errors import Malformed
from layerscope.notices import NoticeLog

__all__ = ["DROP", "KEEP", "Choice", "copy_records"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a record: whether it is copied, what is written before it, other headers for it."""

    copies: bool
    before: bytes = b""
    headers: bytes | None = None


KEEP = Choice(copies=True)
DROP = Choice(copies=False)

Choose = Callable[[TarEntry, Callable[[], bytes]], Choice]
"""Asked for each entry, in archive order; the second argument gives its raw headers."""


def copy_records(
    blocks: Iterable[Block], choose: Choose, write: Callable[[Block], object], *, limits: Limits
) -> int:
    """Hand the records of an uncompressed tar that `choose` keeps to `write`, in order, in blocks.

    The end mark is not copied. Returns the bytes that were copied from the stream as they stand. Raises what
    the tar reader raises, and what `write` raises.
    """
    tape = _Tape(blocks, write)
    reader = TarReader(iter(tape), hasher=None, limits=limits, log=NoticeLog(), to_the_end=False)
    for entry in reader:
        start, data = reader.record_start(), entry[9]
        if start < tape.decided:
            raise Malformed(f"tar stream at byte {start:,}: records overlap")
        raw = tape.slice(start, data)
        begin, length = body_range(raw)
        end = start + begin + length
        choice = choose(entry, lambda raw=raw: raw)  # type: ignore[misc]
        if choice.before:
            tape.insert(choice.before)
        if not choice.copies:
            tape.pass_over(end)
        elif choice.headers is None:
            tape.copy(start + without_global_headers(raw), end)
        else:
            tape.insert(choice.headers)
            tape.copy(data, end)
    tape.finish()
    return tape.copied


class _Tape:
    """The blocks of a stream on their way to the reader; what was decided on leaves for the writer."""

    def __init__(self, blocks: Iterable[Block], write: Callable[[Block], object]) -> None:
        self._blocks = blocks
        self._write = write
        self._held: deque[tuple[int, Block]] = deque()
        self._end = 0
        self._parts: deque[bytes | list[int]] = deque()  # made bytes, or [start, end) of the stream
        self.decided = 0
        """Everything before this offset is copied or passed over."""
        self.copied = 0

    def __iter__(self) -> Iterator[Block]:
        for block in self._blocks:
            self._let_go()
            self._held.append((self._end, block))
            self._end += len(block)
            yield block

    def slice(self, start: int, end: int) -> bytes:
        """Bytes of the stream that are not decided on yet."""
        for base, block in reversed(self._held):
            if base <= start and end <= base + len(block):
                return bytes(block[start - base : end - base])
        return b"".join(
            bytes(block[max(start - base, 0) : max(end - base, 0)])
            for base, block in self._held
            if base < end and base + len(block) > start
        )

    def insert(self, made: bytes) -> None:
        """Write bytes that are not of the stream."""
        self._parts.append(made)

    def copy(self, start: int, end: int) -> None:
        """Write a range of the stream, as much of it as there is."""
        last = self._parts[-1] if self._parts else None
        if isinstance(last, list) and last[1] == start:
            last[1] = end
        elif start < end:
            self._parts.append([start, end])
        self.decided = end

    def pass_over(self, end: int) -> None:
        """Let a range of the stream go."""
        self.decided = end

    def finish(self) -> None:
        """Write what is still held; the padding of a last record may be missing."""
        self._let_go()
        for part in self._parts:
            if isinstance(part, list):
                self._write(bytes(part[1] - part[0]))  # padding that the stream does not have
            else:
                self._write(part)
        self._parts.clear()
        self._held.clear()

    def _let_go(self) -> None:
        while self._parts:
            part = self._parts[0]
            if isinstance(part, list):
                self._copy_held(part)
                if part[0] < part[1]:
                    break
            else:
                self._write(part)
            self._parts.popleft()
        first = self._parts[0] if self._parts else None
        keep_from = first[0] if isinstance(first, list) else self.decided
        while self._held and self._held[0][0] + len(self._held[0][1]) <= keep_from:
            self._held.popleft()

    def _copy_held(self, part: list[int]) -> None:
        """Write as much of a range as has come."""
        for base, block in self._held:
            if part[0] >= part[1]:
                return
            if base <= part[0] < base + len(block):
                piece = block[part[0] - base : part[1] - base]
                self._write(piece)
                part[0] += len(piece)
                self.copied += len(piece)
