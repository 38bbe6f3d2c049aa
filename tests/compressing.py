"""Compressed forms of a blob: the ordinary ones, and what real tools and broken transfers make of them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["COMPRESSIONS", "compress", "gzip_member", "halves", "skippable_frame", "zstd_frame"]


def gzip_member(data: bytes, *, level: int = 6) -> bytes:
    """One gzip member without a name and a time."""
    return gzip.compress(data, level, mtime=0)


def zstd_frame(data: bytes, *, checksum: bool = False, window_log: int | None = None) -> bytes:
    """One zstd frame."""
    options = {zstd.CompressionParameter.checksum_flag: int(checksum)}
    if window_log is not None:
        options[zstd.CompressionParameter.enable_long_distance_matching] = 1
        options[zstd.CompressionParameter.window_log] = window_log
    return zstd.compress(data, options=options)


def skippable_frame(data: bytes = bytes(20)) -> bytes:
    """A zstd frame that decoders pass over (zstd:chunked keeps its table of contents in one)."""
    return (0x184D2A50).to_bytes(4, "little") + len(data).to_bytes(4, "little") + data


def halves(data: bytes) -> tuple[bytes, bytes]:
    """The first and the second half."""
    return data[: len(data) // 2], data[len(data) // 2 :]


def _gzip_members(data: bytes) -> bytes:
    return b"".join(map(gzip_member, halves(data))) + gzip_member(b"")


def _zstd_frames(data: bytes) -> bytes:
    first, second = halves(data)
    return skippable_frame() + zstd_frame(first) + skippable_frame(b"toc") + zstd_frame(second, checksum=True)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip_member,
    "gzip-members": _gzip_members,
    "zstd": zstd_frame,
    "zstd-frames": _zstd_frames,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}
"""All ways in which a sound blob may be compressed."""


def compress(data: bytes, compression: str) -> bytes:
    """Compress in one of the ways of COMPRESSIONS."""
    return COMPRESSIONS[compression](data)
