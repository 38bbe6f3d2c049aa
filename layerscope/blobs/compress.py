"""Compressing a stream, deterministically: the same bytes in, the same bytes out, without time or name."""

from __future__ import annotations

import re
import sys
import zlib
from dataclasses import dataclass
from typing import Protocol

from layerscope.blobs.compression import Compression
from layerscope.blobs.streams import Block
from layerscope.errors import UsageError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["Codec", "Compressor", "codec_of", "parse_codec"]

_LEVELS = {Compression.GZIP: (1, 9, 6), Compression.ZSTD: (1, 22, 3)}
"""Lowest, highest and default level of each. Docker and buildah compress with these defaults."""
_GZIP_WINDOW = 31
_CODEC = re.compile(r"(none|gzip|zstd)(?::([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Codec:
    """How a blob is to be compressed."""

    compression: Compression
    level: int = 0

    def compressor(self) -> Compressor:
        """A compressor for one blob."""
        if self.compression is Compression.GZIP:
            return zlib.compressobj(self.level, zlib.DEFLATED, _GZIP_WINDOW)
        if self.compression is Compression.ZSTD:
            return zstd.ZstdCompressor(level=self.level)
        return _Plain()


class Compressor(Protocol):
    """What compressors of all kinds have in common."""

    def compress(self, data: Block, /) -> bytes | Block:
        """Take the next piece; returns what of the blob is ready."""
        ...

    def flush(self) -> bytes:
        """End the blob; returns the rest of it."""
        ...


class _Plain:
    def compress(self, data: Block, /) -> Block:
        return data

    def flush(self) -> bytes:
        return b""


def codec_of(compression: Compression) -> Codec:
    """The codec for a blob that takes the place of one of this compression.

    xz and bzip2 are not for layers: containerd refuses them, so gzip takes their place.
    """
    if compression in (Compression.XZ, Compression.BZIP2):
        compression = Compression.GZIP
    return Codec(compression, _LEVELS.get(compression, (0, 0, 0))[2])


def parse_codec(text: str) -> Codec:
    """Read `gzip`, `zstd:19` or `none`. Raises UsageError."""
    found = _CODEC.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is none of gzip, gzip:1 to gzip:9, zstd, zstd:1 to zstd:22, none")
    compression = Compression(found[1])
    if found[2] is None:
        return codec_of(compression)
    low, high, _ = _LEVELS.get(compression, (0, 0, 0))
    if not low <= int(found[2]) <= high or compression is Compression.NONE:
        raise UsageError(
            f"{text!r}: {compression} has levels {low} to {high}" if high else f"{text!r}: no levels"
        )
    return Codec(compression, int(found[2]))
