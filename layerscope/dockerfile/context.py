"""A build context as it is at one moment: paths, with what builders compare of each.

Paths are text, relative, with `/`; what is no UTF-8 is a lone surrogate (PEP 383). Nothing is kept of the
contents but a name for them that is equal where they are: a digest, or the identifier of a git object. Names
of different origins cannot be compared.
"""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from layerscope.blobs.hashing import content_hash
from layerscope.dockerfile.ignore import IgnoreRules
from layerscope.errors import LimitExceeded, SourceNotFound

__all__ = ["Context", "ContextFile", "FileKind", "TreeEntry", "context_of_tree", "read_context_directory"]

_MOST_FILES = 500_000
_PIECE_BYTES = 1 << 20
_LINK_MODE = 0o777


class FileKind(StrEnum):
    """What a path is."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"  #: a device, a pipe, a socket, a submodule


@dataclass(frozen=True, slots=True)
class ContextFile:
    """One path, with all that builders compare. Times are not among it."""

    kind: FileKind
    mode: int
    """Permission bits."""
    content: str = ""
    """A name for the content of a file, or for the target of a link."""
    size: int = 0
    """Content bytes; 0 where the origin does not tell."""
    owner: tuple[int, int] = (0, 0)
    """User and group: buildah compares them, docker's client sends zeros."""


@dataclass(frozen=True, slots=True)
class Context:
    """A context: every path but the top, directories included."""

    files: Mapping[str, ContextFile]
    implied: frozenset[str] = frozenset()
    """Directories that are ignored and there all the same, as something in them is not ignored."""

    def without_ignored(self, rules: IgnoreRules) -> Context:
        """What a builder sees of it. A directory stays if anything in it does."""
        if not rules.patterns:
            return self
        kept = {path for path in self.files if not rules.ignores(path)}
        implied = {above for path in kept for above in _above(path)} - kept
        files = {path: file for path, file in self.files.items() if path in kept or path in implied}
        return Context(files, frozenset(implied))


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One line of `git ls-tree -r`: what a commit holds at a path."""

    path: str
    mode: str
    """As git writes it: 100644, 100755, 120000, 160000."""
    name: str
    """Of the object."""


def context_of_tree(entries: Iterable[TreeEntry]) -> Context:
    """The context that a checkout of a git tree is; directories have the mode 0755."""
    files: dict[str, ContextFile] = {}
    for entry in entries:
        if entry.mode == "120000":
            files[entry.path] = ContextFile(FileKind.LINK, _LINK_MODE, entry.name)
        elif entry.mode.startswith("100"):
            files[entry.path] = ContextFile(FileKind.FILE, int(entry.mode[-3:], 8), entry.name)
        else:
            files[entry.path] = ContextFile(FileKind.OTHER, 0o755, entry.name)
        for above in _above(entry.path):
            files.setdefault(above, ContextFile(FileKind.DIRECTORY, 0o755))
    return Context(files)


def read_context_directory(directory: Path) -> Context:
    """The context that a directory is now; links are named by their targets and never followed.

    Contents are read and hashed (sha256). Raises SourceNotFound for what cannot be read, LimitExceeded past
    500,000 paths. A file that goes away meanwhile is left out.
    """
    if not directory.is_dir():
        raise SourceNotFound(f"context {directory}: no such directory")
    files: dict[str, ContextFile] = {}
    waiting = [(os.fsencode(directory), "")]
    while waiting:
        place, prefix = waiting.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            where = f"context {directory}: {prefix or '.'}"
            raise SourceNotFound(f"{where}: {error.strerror or error}") from error
        for entry in entries:
            path = prefix + entry.name.decode("utf-8", "surrogateescape")
            try:
                found = _read(entry.path, path, directory)
            except FileNotFoundError:
                continue
            files[path] = found
            if found.kind is FileKind.DIRECTORY:
                waiting.append((entry.path, f"{path}/"))
        if len(files) > _MOST_FILES:
            raise LimitExceeded(f"context {directory}: more than {_MOST_FILES:,} paths")
    return Context(files)


def _read(place: bytes, path: str, directory: Path) -> ContextFile:
    """One path. Raises FileNotFoundError where it went away, SourceNotFound where it cannot be read."""
    status = os.lstat(place)
    mode, owner = stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
    try:
        if stat.S_ISDIR(status.st_mode):
            return ContextFile(FileKind.DIRECTORY, mode, owner=owner)
        if stat.S_ISLNK(status.st_mode):
            target = os.readlink(place).decode("utf-8", "surrogateescape")  # noqa: PTH115  # of bytes
            return ContextFile(FileKind.LINK, _LINK_MODE, target, owner=owner)
        if stat.S_ISREG(status.st_mode):
            return ContextFile(FileKind.FILE, mode, _digest(place), status.st_size, owner)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SourceNotFound(f"context {directory}: {path}: {error.strerror or error}") from error
    return ContextFile(FileKind.OTHER, mode, owner=owner)


def _digest(place: bytes) -> str:
    handle = os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    chosen = content_hash("sha256")
    assert chosen is not None
    running = chosen.new()
    with os.fdopen(handle, "rb") as file:
        while piece := file.read(_PIECE_BYTES):
            running.update(piece)
    return f"sha256:{running.hexdigest()}"


def _above(path: str) -> Iterable[str]:
    """The directories above a path, without the top."""
    while path := posixpath.dirname(path):
        yield path
