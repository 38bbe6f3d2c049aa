"""A directory as a store: an OCI layout, a `dir:`, or an archive that someone has unpacked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.errors import InvalidImage, Malformed, SourceError
from layerscope.notices import Notice
from layerscope.sources.names import member_name, normalize, shown
from layerscope.sources.store import Stored, check_document_size

__all__ = ["DirectoryStore"]


class DirectoryStore:
    """Files below a directory. Symbolic links in it are followed: bazel lays layouts out as links."""

    is_archive = False
    error: InvalidImage | None = None

    def __init__(self, root: Path, label: str, limits: Limits) -> None:
        self.label = label
        self._root = root
        self._limits = limits

    def find(self, name: str) -> Stored | None:
        """Find a file."""
        path = self._path(name)
        size = _file_size(path)
        return None if size is None else Stored(size, FileRange(path, 0, size))

    def read(self, name: str) -> bytes | None:
        """Read a file."""
        found = self.find(name)
        if found is None:
            self._refuse_other_kinds(name)
            return None
        check_document_size(name, found.size, self._limits)
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise SourceError(f"{self._path(name)}: {error.strerror or error}") from error

    def names(self) -> Iterator[bytes]:
        """Files up to three levels down: as deep as any layout goes."""
        root = os.fsencode(self._root)
        for place, directories, files in os.walk(root):
            below = os.path.relpath(place, root)
            if below.count(b"/") >= 2:
                directories.clear()
            directories.sort()
            yield from (normalize(below + b"/" + name) for name in sorted(files))

    def notices(self) -> tuple[Notice, ...]:
        """A directory is never odd as a whole."""
        return ()

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, name: str) -> Path:
        # `..` stops at the root: a name from a document never leads out of the directory
        return self._root / os.fsdecode(normalize(member_name(name)))

    def _refuse_other_kinds(self, name: str) -> None:
        try:
            is_there = self._path(name).exists()
        except (OSError, ValueError):
            return
        if is_there:
            raise Malformed(f"{shown(member_name(name))}: is not a file")


def _file_size(path: Path) -> int | None:
    """Size in bytes of a regular file; None for everything else, a pipe or a device above all."""
    try:
        return path.stat().st_size if path.is_file() else None
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
