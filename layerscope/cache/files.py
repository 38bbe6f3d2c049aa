"""The cache's directory: whose it is, what lies in it, and how a file gets in and out.

    <directory>/CACHEDIR.TAG                      tells backup programs to pass it over
    <directory>/readings-1/<settings>/<diff ID>-<fingerprint>-<stored bytes>

`<settings>` is a hash of what readings depend on (`settings.py`). No file is ever changed: it is written
beside its place and renamed, so that others see all of it or nothing. Only files with such names are deleted.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "KeptFile",
    "disk_bytes",
    "kept_files",
    "open_folder",
    "read_file",
    "remove_all",
    "stale_files",
    "write_file",
]

_FOLDER = "readings-1"
"""Raise the number when names or the way of evicting change; the form of a file has a number of its own."""
_NAME = re.compile(r"[0-9a-f]{64}-[0-9a-f]{64}-[0-9]{1,19}")
_SETTINGS = re.compile(r"[0-9a-f]{32}")
_BESIDE = "beside-"
_STALE_SECONDS = 3600
"""A file that is still beside its place after this was left there by a run that is no more."""
_BLOCK_BYTES = 4096
_READ_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
"""No link is followed, and a pipe that someone put there is not waited for."""
_TAG = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# A cache of layerscope; `layerscope cache clear` empties it. See https://bford.info/cachedir/\n"
)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file: where it is, the bytes it takes on disk, when it was last used (nanoseconds since 1970)."""

    path: Path
    disk_bytes: int
    used_ns: int


def open_folder(directory: Path, *, create: bool) -> tuple[Path, str]:
    """The folder of all readings, and why it cannot be used (empty: it can).

    It must be one's own, and nobody else's to write into: a reading is believed. Raises nothing.
    """
    folder = directory / _FOLDER
    try:
        if create and not folder.exists():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            with suppress(OSError), (directory / "CACHEDIR.TAG").open("xb") as tag:
                tag.write(_TAG)
        status = folder.lstat()
    except FileNotFoundError:
        return folder, "" if not create else "it cannot be made"
    except (OSError, ValueError) as error:
        return folder, str(getattr(error, "strerror", None) or error).lower()
    if not stat.S_ISDIR(status.st_mode):
        return folder, "it is not a directory"
    if os.name != "nt":
        if status.st_uid != os.geteuid():
            return folder, "it belongs to another user"
        if status.st_mode & 0o022:
            return folder, "other users can write into it"
    return folder, ""


def kept_files(folder: Path) -> Iterator[KeptFile]:
    """All readings, of whatever settings, in no order; what vanishes meanwhile is passed over."""
    for path, entry in _walk(folder):
        if _NAME.fullmatch(entry.name):
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                yield KeptFile(path, disk_bytes(status.st_size), status.st_mtime_ns)


def disk_bytes(file_bytes: int) -> int:
    """What a file takes on disk: whole blocks."""
    return -(-file_bytes // _BLOCK_BYTES) * _BLOCK_BYTES


def stale_files(folder: Path) -> Iterator[Path]:
    """What interrupted runs left beside its place."""
    for path, entry in _walk(folder):
        if entry.name.startswith(_BESIDE):
            with suppress(OSError):
                if time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE_SECONDS:
                    yield path


def _walk(folder: Path) -> Iterator[tuple[Path, os.DirEntry[str]]]:
    with suppress(OSError), os.scandir(folder) as settings:
        for each in settings:
            if _SETTINGS.fullmatch(each.name) and each.is_dir(follow_symlinks=False):
                with suppress(OSError), os.scandir(each) as files:
                    for entry in files:
                        yield Path(entry.path), entry


def read_file(path: Path, most_bytes: int, *, note_use: bool = True) -> bytes | None:
    """The bytes of a file, and a note that it was used; None if it is not there or cannot be read."""
    with suppress(OSError):
        with os.fdopen(os.open(path, _READ_FLAGS), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
                return None
            data = file.read(most_bytes)
        if note_use:
            with suppress(OSError):
                os.utime(path)
        return data
    return None


def write_file(path: Path, data: bytes) -> bool:
    """Put a file in its place as a whole, or not at all; tells whether it is there. Raises no OSError."""
    beside = None
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=_BESIDE, dir=path.parent)
        with os.fdopen(handle, "wb", buffering=0) as file:
            view = memoryview(data)
            while view:  # one write may take a part only
                view = view[file.write(view) or 0 :]
        Path(beside).replace(path)
        beside = None
    except OSError:  # full, read-only, not permitted, a name too long for the system
        return False
    finally:
        if beside is not None:
            with suppress(OSError):
                Path(beside).unlink()
    return True


def remove_all(directory: Path) -> int:
    """Delete every reading, and the directories that are empty then; returns the number of readings."""
    folder, problem = open_folder(directory, create=False)
    if problem:
        return 0
    removed = 0
    for path, entry in list(_walk(folder)):
        if _NAME.fullmatch(entry.name) or entry.name.startswith(_BESIDE):
            with suppress(OSError):
                path.unlink()
                removed += not entry.name.startswith(_BESIDE)
    with suppress(OSError):
        for each in list(folder.iterdir()):
            with suppress(OSError):
                each.rmdir()
        folder.rmdir()
        (directory / "CACHEDIR.TAG").unlink()
        directory.rmdir()
    return removed
