"""Which compression a blob has, told from its first bytes and never from its media type."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["SNIFF_BYTES", "Compression", "sniff"]

SNIFF_BYTES = 6
"""How many leading bytes `sniff` looks at."""


class Compression(StrEnum):
    """How a blob, or a whole archive, is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    BZIP2 = "bzip2"


def sniff(prefix: bytes) -> Compression:
    """Tell the compression from the first `SNIFF_BYTES` bytes.

    A zstd stream may open with a skippable frame (magic 0x184D2A50 to 0x184D2A5F, little endian): moby and
    containerd take it, and so does layerscope.
    """
    if prefix.startswith(b"\x1f\x8b"):
        return Compression.GZIP
    if prefix.startswith(b"\x28\xb5\x2f\xfd") or (
        prefix[1:4] == b"\x2a\x4d\x18" and 0x50 <= prefix[0] <= 0x5F
    ):
        return Compression.ZSTD
    if prefix.startswith(b"\xfd7zXZ\x00"):
        return Compression.XZ
    if prefix.startswith(b"BZh") and prefix[3:4].isdigit():
        return Compression.BZIP2
    return Compression.NONE
