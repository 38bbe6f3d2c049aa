"""Streams of blocks: reading a file range or a pipe, and decompressing what was read.

A block is a `bytes` object or a writable `memoryview` (of mapped memory) of any length but zero. Blocks are
handed on and never copied: the same block is hashed by one thread while another parses it.
"""

from __future__ import annotations

import bz2
import lzma
import mmap
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import BinaryIO, Protocol

from layerscope.blobs.compression import Compression, sniff
from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.errors import Malformed, SourceError, Truncated
from layerscope.notices import NoticeLog, Severity

try:
    from isal import isal_zlib as gzip_decoder
except ImportError:  # isal has no wheels for some platforms; zlib does the same at half the speed
    import zlib as gzip_decoder  # type: ignore[no-redef]

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["Block", "decompress", "ends_inside", "file_blocks", "pipe_blocks", "with_first_bytes"]

Block = bytes | memoryview

WINDOW_BYTES = 8 << 20
"""What is mapped at once: mapping costs a system call, and what is mapped looks like memory in use. A
multiple of every platform's allocation granularity."""
MAPPED_BLOCK_BYTES = 1 << 20
"""A block of a window: what was hashed is still in the processor's cache when it is parsed."""

PIPE_BLOCK_BYTES = 1 << 20
INPUT_BLOCK_BYTES = 1 << 18
"""What is fed to a decompressor at once."""
OUTPUT_BLOCK_BYTES = 1 << 20
"""What a decompressor may return at once, so that a bomb costs one block and not memory."""

_GZIP_ERROR: type[Exception] = gzip_decoder.error  # type: ignore[assignment]  # isal declares an instance
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_HEADER_BYTES = 1 << 18
"""An extra field has at most 64 KiB; names and comments are a few bytes."""

XZ_MEMORY_BYTES = 256 << 20
"""`xz -9` needs 65 MiB to decompress; a header may ask for 4 GiB. zstd is held to windows of 128 MiB by its
library's own default, which is what `zstd --long=27` makes and what engines take."""


def file_blocks(
    where: FileRange, *, window_bytes: int = WINDOW_BYTES, block_bytes: int = MAPPED_BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the bytes of a file range, mapped and not copied; `window_bytes` are mapped at once.

    Each block is a mapping of its own, gone with its last reference: a mapping of the whole file would count
    as resident memory to its full size. Raises SourceError if the file cannot be opened, Truncated if it is
    shorter than the range says.
    """
    try:
        with where.path.open("rb") as file:
            size = file.seek(0, 2)
            end = min(where.offset + where.length, size)
            yield from _mapped(file, where.offset, end, window_bytes, block_bytes)
    except OSError as error:
        raise SourceError(f"{where.path}: {error.strerror or error}") from error
    if where.offset + where.length > size:
        missing = where.offset + where.length - size
        if where.member:
            raise ends_inside(where.member, size, missing)
        raise Truncated(f"{where.path.name}: ends at byte {size:,}, {missing:,} bytes too early")


def ends_inside(member: bytes, end: int, missing: int) -> Truncated:
    """The error for a tar stream of `end` bytes that ends inside a member; 0 `missing` bytes: unknown."""
    early = f", {missing:,} bytes too early" if missing > 0 else ""
    name = member.decode("utf-8", "backslashreplace")
    return Truncated(f"tar stream: ends at byte {end:,}, inside {name}{early}")


def _mapped(file: BinaryIO, start: int, end: int, window_bytes: int, block_bytes: int) -> Iterator[Block]:
    """Map the file in windows; where it cannot be mapped, read it."""
    while start < end:
        base = start - start % mmap.ALLOCATIONGRANULARITY
        stop = min(base + window_bytes, end)
        if os.fstat(file.fileno()).st_size < stop:  # someone cut it off: touching the mapping would be fatal
            raise Truncated("the file became shorter while it was read")
        try:
            window = mmap.mmap(file.fileno(), stop - base, access=mmap.ACCESS_COPY, offset=base)
        except (OSError, ValueError):
            file.seek(start)
            yield from _read(file, end - start)
            return
        view = memoryview(window)
        for position in range(start - base, stop - base, block_bytes):
            yield view[position : position + block_bytes]
        start = stop


def _read(file: BinaryIO, length: int) -> Iterator[Block]:
    while length > 0 and (block := file.read(min(PIPE_BLOCK_BYTES, length))):
        yield block
        length -= len(block)


def pipe_blocks(stream: BinaryIO) -> Iterator[Block]:
    """Yield what a pipe gives, in blocks of up to 1 MiB. Raises SourceError when reading fails."""
    # Not through a buffered reader: its lock would be held by a thread that waits for a silent pipe, and the
    # interpreter aborts when it cannot take that lock at its end.
    read: Callable[[int], bytes] = getattr(stream, "raw", stream).read
    try:
        while block := read(PIPE_BLOCK_BYTES):
            yield block
    except OSError as error:
        raise SourceError(f"standard input: {error.strerror or error}") from error


def with_first_bytes(blocks: Iterable[Block], count: int) -> tuple[bytes, Iterator[Block]]:
    """Look at the first `count` bytes of a stream; returns them and the whole stream again."""
    iterator = iter(blocks)
    first: list[Block] = []
    seen = 0
    while seen < count and (block := next(iterator, None)) is not None:
        first.append(block)
        seen += len(block)
    if len(first) > 1 and len(first[0]) < count:  # a pipe may give a byte at a time
        first = [b"".join(first)]
    prefix = bytes(first[0][:count]) if first else b""

    def again() -> Iterator[Block]:
        while first:
            yield first.pop(0)
        yield from iterator

    return prefix, again()


def decompress(
    blocks: Iterable[Block], compression: Compression, limits: Limits, log: NoticeLog
) -> Generator[Block, None, None]:
    """Decompress a stream in bounded memory.

    Members, frames and streams that follow one another are concatenated. Bytes behind the last gzip member
    and padding behind xz are tolerated with a notice, as engines do; anything else that is wrong raises
    Malformed or Truncated after what came before it was yielded. Raises LimitExceeded for bombs.
    """
    if compression is Compression.NONE:
        yield from blocks
        return
    counted = _Counted(blocks)
    uncompressed = 0
    for block in _DECOMPRESSORS[compression](iter(counted), log):
        uncompressed += len(block)
        limits.check_ratio(counted.count, uncompressed)
        yield block


class _Counted:
    """Iterates over a stream in pieces a decompressor likes, and counts the bytes that went by."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks = blocks
        self.count = 0

    def __iter__(self) -> Iterator[Block]:
        for block in self._blocks:
            for start in range(0, len(block), INPUT_BLOCK_BYTES):
                piece = block[start : start + INPUT_BLOCK_BYTES]
                self.count += len(piece)
                yield piece


def _gunzip(blocks: Iterator[Block], log: NoticeLog) -> Iterator[Block]:
    """Inflate gzip members one after the other. Spec: RFC 1952 §2.2; CRC and length are checked."""
    member: _Inflater | None = None
    rest = b""
    for block in blocks:
        data: Block = rest + block if rest else block
        rest = b""
        while data:
            if member is None:
                if len(data) >= 2 and bytes(data[:2]) != _GZIP_MAGIC:
                    _trailing(log, Compression.GZIP)
                    _drain(blocks)
                    return
                if not _gzip_header_is_whole(data):
                    rest = bytes(data)
                    break
                member = gzip_decoder.decompressobj(wbits=31)
            yield from _inflate(member, data)
            if not member.eof:
                break
            data, member = member.unused_data, None
    if member is not None or rest[:2] == _GZIP_MAGIC:
        raise Truncated("gzip stream: ends before its trailer")
    if rest:
        _trailing(log, Compression.GZIP)


def _gzip_header_is_whole(data: Block) -> bool:
    """Whether a member's header is at hand to its last byte.

    isal loses its place in a header that comes in pieces. Spec: RFC 1952 §2.3: ten bytes, then, as their
    flags say, an extra field with its length, a name, a comment, a header CRC.
    """
    head = bytes(data[:_GZIP_HEADER_BYTES])
    if len(head) < 10:
        return False
    flags, position = head[3], 10
    if flags & 4:
        position += 2 + int.from_bytes(head[position : position + 2], "little")
    for flag in (8, 16):
        if flags & flag and position <= len(head):
            end = head.find(b"\0", position)
            if end < 0:
                break
            position = end + 1
    else:
        position += 2 if flags & 2 else 0
        if position <= len(head):
            return True
    if len(head) < _GZIP_HEADER_BYTES:
        return False
    raise Malformed(f"gzip stream: a header of more than {_GZIP_HEADER_BYTES:,} bytes")


class _Inflater(Protocol):
    """What isal's and zlib's decompressors have in common."""

    eof: bool
    unused_data: bytes
    unconsumed_tail: bytes

    def decompress(self, data: Block, max_length: int = 0) -> bytes: ...


def _inflate(member: _Inflater, data: Block) -> Iterator[Block]:
    try:
        out = member.decompress(data, OUTPUT_BLOCK_BYTES)
        while out:
            yield out
            if member.eof or not (member.unconsumed_tail or len(out) == OUTPUT_BLOCK_BYTES):
                return
            out = member.decompress(member.unconsumed_tail, OUTPUT_BLOCK_BYTES)
    except _GZIP_ERROR as error:
        raise Malformed(f"gzip stream: {str(error).lower()}") from error


class _Decompressor(Protocol):
    """What bz2 and lzma decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: Block, max_length: int = -1) -> bytes: ...


def _unzstd(blocks: Iterator[Block], log: NoticeLog) -> Iterator[Block]:
    """Decompress zstd frames; skippable ones give nothing. Spec: RFC 8878 §3.1."""
    return _streams(blocks, zstd.ZstdDecompressor, Compression.ZSTD, log)


def _unbzip2(blocks: Iterator[Block], log: NoticeLog) -> Iterator[Block]:
    return _streams(blocks, bz2.BZ2Decompressor, Compression.BZIP2, log)


def _unxz(blocks: Iterator[Block], log: NoticeLog) -> Iterator[Block]:
    def new() -> _Decompressor:
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES)

    return _streams(blocks, new, Compression.XZ, log)


def _streams(
    blocks: Iterator[Block], new: Callable[[], _Decompressor], kind: Compression, log: NoticeLog
) -> Iterator[Block]:
    """Decompress zstd frames, bzip2 or xz streams one after the other, and see what follows the last one."""
    magic_bytes = _MAGIC_BYTES[kind]
    stream: _Decompressor | None = None
    rest = b""
    for block in blocks:
        data: Block = rest + block if rest else block
        rest = b""
        while data:
            if stream is None:
                if len(data) < magic_bytes:
                    rest = bytes(data)  # the magic is split between two blocks
                    break
                if sniff(bytes(data[:magic_bytes])) is not kind:
                    _trailing(log, kind)
                    _drain(blocks)
                    return
                stream = new()
            yield from _pump(stream, data, kind)
            if not stream.eof:
                break
            data, stream = stream.unused_data, None
    if rest:
        _trailing(log, kind)
    if stream is not None:
        raise Truncated(f"{kind} stream: ends too early")


def _pump(stream: _Decompressor, data: Block, kind: Compression) -> Iterator[Block]:
    try:
        out = stream.decompress(data, OUTPUT_BLOCK_BYTES)
        while True:
            if out:
                yield out
            if stream.eof or stream.needs_input:
                return
            out = stream.decompress(b"", OUTPUT_BLOCK_BYTES)
    except (OSError, EOFError, MemoryError, lzma.LZMAError, zstd.ZstdError) as error:
        raise Malformed(f"{kind} stream: {str(error).lower()}") from error


_MAGIC_BYTES = {Compression.ZSTD: 4, Compression.BZIP2: 4, Compression.XZ: 6}

_DECOMPRESSORS: dict[Compression, Callable[[Iterator[Block], NoticeLog], Iterator[Block]]] = {
    Compression.GZIP: _gunzip,
    Compression.ZSTD: _unzstd,
    Compression.XZ: _unxz,
    Compression.BZIP2: _unbzip2,
}


def _trailing(log: NoticeLog, kind: Compression) -> None:
    """Note what follows the last stream; behind zstd it is an error, as every engine has it."""
    if kind is Compression.ZSTD:
        raise Malformed("zstd stream: bytes that are no frame follow the last frame")
    log.add(
        "trailing-data",
        Severity.INFO,
        f"bytes follow the end of the {kind} stream; they are ignored, some engines refuse the layer",
    )


def _drain(blocks: Iterator[Block]) -> None:
    """Read to the end: the blob's digest and size cover what the decompressor ignores."""
    for _ in blocks:
        pass
