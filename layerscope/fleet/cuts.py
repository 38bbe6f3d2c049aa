"""Where formats that share chunks instead of layers cut a file.

zstd:chunked cuts by content: where a checksum that rolls over 64 bytes ends in sixteen ones, every 64 KiB on
average, and around each run of 1,024 zeros or more, which it does not store. eStargz and Nydus cut every so
many bytes.

Source: github.com/containers/storage, pkg/chunked/compressor (the checksum is Perkeep's rollsum);
stargz-snapshotter, docs/estargz.md; nydus, docs/nydus-design.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cutter", "EvenCutter", "RollingCutter", "Segment"]

Segment = tuple[bytes, bool, bool]
"""Bytes of a chunk, in the order of the file; whether the chunk is a run of zeros; whether it ends there."""

_WINDOW = 64
_START = _WINDOW * (_WINDOW - 1) * 31 % (1 << 16)
"""The checksum before the first byte: as if 64 zeros had passed, each with 31 added."""
_CUT = 0xFFFF
_HOLE_BYTES = 1024


class Cutter(Protocol):
    """Cuts one file; a new one is made for each."""

    def segments(self, piece: bytes, *, last: bool) -> Iterator[Segment]:
        """The next bytes of the file, in segments; some may be held back. `last` says that no more come."""


class EvenCutter:
    """Cuts every `chunk_bytes`."""

    def __init__(self, chunk_bytes: int) -> None:
        self._chunk_bytes = self._left = chunk_bytes

    def segments(self, piece: bytes, *, last: bool) -> Iterator[Segment]:
        """As the protocol says; nothing is held back."""
        start = 0
        while start < len(piece):
            end = min(start + self._left, len(piece))
            self._left -= end - start
            if self._left == 0:
                self._left = self._chunk_bytes
            yield piece[start:end], False, self._left == self._chunk_bytes
            start = end
        if last and self._left != self._chunk_bytes:
            yield b"", False, True


class RollingCutter:
    """Cuts as zstd:chunked does.

    The checksum's lower sixteen bits are all that counts, and they are sums: of a window, and of such sums.
    So a whole piece is summed up at once, modulo 2^16, instead of byte by byte.
    """

    def __init__(self) -> None:
        self._window: NDArray[np.uint8] = np.zeros(_WINDOW, np.uint8)
        self._checksum = _START
        self._held = b""
        self._in_hole = False
        self._open = False

    def segments(self, piece: bytes, *, last: bool) -> Iterator[Segment]:
        """As the protocol says. Zeros at the end are held back until it is clear how many there are."""
        content = self._held + piece
        zeros = 0 if last else len(content) - len(content.rstrip(b"\0"))
        if zeros >= _HOLE_BYTES or (self._in_hole and zeros == len(content)):
            zeros = 0  # a hole in any case
        whole = len(content) - zeros
        content, self._held = content[:whole], content[whole:]
        ends = self._ends(content) if content else []
        start = 0
        for end, is_hole in ends:
            yield content[start:end], is_hole, True
            start = end
        if start < len(content):
            self._open = True
            yield content[start:], self._in_hole, False
        elif ends:
            self._open = False
        if last and self._open:
            yield b"", self._in_hole, True

    def _ends(self, content: bytes) -> list[tuple[int, bool]]:
        """Where chunks end in these bytes, 0 for one that ended before them, and whether each is a hole."""
        cuts = self._roll(content)
        goes_on = self._in_hole
        holes = self._holes(content)
        if not holes:
            return [(cut, False) for cut in cuts]
        ends: dict[int, bool] = {}
        for start, end in holes:
            if start > 0 or (self._open and not goes_on):
                ends.setdefault(start, False)
            ends[end] = True
        inside = np.zeros(len(content) + 1, np.bool_)
        for start, end in holes:
            inside[start + 1 : end + 1] = True
        ends |= {cut: False for cut in cuts if not inside[cut] and cut not in ends}
        if self._in_hole:  # it goes on, or ends where the next piece begins
            ends.pop(len(content), None)
        return sorted(ends.items())

    def _roll(self, content: bytes) -> list[int]:
        """Let the checksum pass over the bytes; behind which of them it says that a chunk ends."""
        passed = np.concatenate((self._window, np.frombuffer(content, np.uint8)))
        sums = np.cumsum(passed, dtype=np.uint16)
        steps = sums[_WINDOW:] - sums[:-_WINDOW] - (passed[:-_WINDOW].astype(np.uint16) << 6)
        checksums = np.cumsum(steps, dtype=np.uint16) + np.uint16(self._checksum)
        self._window, self._checksum = passed[-_WINDOW:], int(checksums[-1])
        found: list[int] = (np.flatnonzero(checksums == _CUT) + 1).tolist()
        return found

    def _holes(self, content: bytes) -> list[tuple[int, int]]:
        """Long runs of zeros; of one that has begun before what there is of it here."""
        goes_on, self._in_hole = self._in_hole, False
        if not goes_on and bytes(_HOLE_BYTES) not in content:
            return []
        filled = np.flatnonzero(np.frombuffer(content, np.uint8))
        places = np.concatenate(([-1], filled, [len(content)]))
        long = set(np.flatnonzero(np.diff(places) > _HOLE_BYTES).tolist()) | ({0} if goes_on else set())
        holes = [(int(places[number]) + 1, int(places[number + 1])) for number in sorted(long)]
        self._in_hole = holes[-1][1] == len(content)
        return holes
