"""A row of the costliest wasted paths, and the directories that its files are counted in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layerscope.analysis.ledger import WasteCause, WastedFile

__all__ = ["Costly", "Fate", "dominates", "fate", "home", "parent", "shallow", "upwards"]

Fate = tuple[WasteCause, int, int]
"""(cause, written_in, hidden_in): what the files of one row have in common."""

_DEPTH = 256

_Path = bytes
"""As a class names a field `bytes`, the type needs another name after it."""


@dataclass(frozen=True, slots=True)
class Costly:
    """One row: a file, or a directory with `files` wasted files below it. It is never the root.

    With `is_part` the row stands for some of what the layer stored below the directory, else for all of it.
    """

    path: bytes
    bytes: int
    files: int
    is_directory: bool
    cause: WasteCause
    written_in: int
    hidden_in: int
    is_part: bool = False
    largest: _Path = b""
    """Path of the largest file of a directory's row."""
    largest_bytes: int = 0

    @property
    def biggest(self) -> tuple[int, _Path]:
        """Bytes and path of the largest file that the row stands for."""
        return (self.largest_bytes, self.largest) if self.is_directory else (self.bytes, self.path)

    @property
    def dominant(self) -> _Path:
        """Path below the directory of a file that has a fifth of the row or more; empty if there is none."""
        if not self.is_directory or not dominates(self.largest_bytes, self.bytes):
            return b""
        return self.largest[len(self.path) + 1 :]

    @property
    def fate(self) -> Fate:
        """What its files have in common."""
        return self.cause, self.written_in, self.hidden_in


def dominates(file_bytes: int, row_bytes: int) -> bool:
    """Whether a file is so much of a row, a fifth or more, that the row without its name would hide it."""
    return file_bytes * 5 >= row_bytes


def fate(wasted: WastedFile) -> Fate:
    """What a row must have in common with the file to stand for it."""
    return wasted.cause, wasted.written_in, wasted.hidden_in


def parent(path: bytes) -> bytes:
    """The directory above; the root has itself above it."""
    return path.rpartition(b"/")[0]


def home(path: bytes) -> bytes:
    """The directory that a file is counted in."""
    return shallow(parent(path))


def shallow(directory: bytes) -> bytes:
    """`directory` itself, cut at 256 components: each has a sum, and a path may have half a million."""
    if directory.count(b"/") < _DEPTH:
        return directory
    return b"/".join(directory.split(b"/", _DEPTH)[:_DEPTH])


def upwards(directory: bytes) -> Iterator[bytes]:
    """`a/b`, `a` and the root for `a/b`."""
    yield directory
    while directory:
        directory = parent(directory)
        yield directory
