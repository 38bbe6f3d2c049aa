"""Where a blob's bytes lie on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["FileRange"]


@dataclass(frozen=True, slots=True)
class FileRange:
    """`length` bytes of the file `path`, from `offset` on: an archive's member, or a whole file.

    It is plain data, so that another process can read the same bytes.
    """

    path: Path
    offset: int
    length: int
    member: bytes = b""
    """Name of the archive's member, for messages."""
