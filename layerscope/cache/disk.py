"""The cache on disk: a ReadingCache of bounded size that many runs may use at the same time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from layerscope.blobs.hashing import fingerprint_algorithm, wide_hash
from layerscope.cache.files import (
    KeptFile,
    disk_bytes,
    kept_files,
    open_folder,
    read_file,
    remove_all,
    stale_files,
    write_file,
)
from layerscope.cache.location import DEFAULT_BYTES, CacheLocation
from layerscope.cache.record import DamagedRecord, RecordKey, decode_record, encode_record, is_record
from layerscope.cache.settings import settings_text
from layerscope.errors import OutputError
from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions
from layerscope.oci.digest import DiffID

__all__ = ["SMALLEST_BYTES", "CacheState", "DiskCache", "clear", "prune", "state"]

SMALLEST_BYTES = 64 << 10
"""Smaller blobs are read in less time than a file takes to be written and found again."""

MOST_FILES = 20_000
"""However small they are: the folder is listed in each run."""

_LOOKS = 16
"""A run looks what others have written, whenever it has itself written this part of the bound."""

_TRIMMED_RATIO = 0.9
"""What is left when the bound is reached, so that not each new file means to look at all."""


@dataclass(frozen=True, slots=True)
class CacheState:
    """What `layerscope cache` tells. `problem` says why the cache is not used; empty if it is."""

    location: CacheLocation
    readings: int
    disk_bytes: int
    problem: str


class DiskCache:
    """Readings in files. Whatever is wrong with it, reading goes on without."""

    def __init__(self, location: CacheLocation) -> None:
        self.fingerprint_algorithm = fingerprint_algorithm()
        self._max_bytes = location.max_bytes
        self._directory = location.directory
        self._lock = Lock()
        self._texts: dict[ReadOptions, str] = {}
        self._listed: dict[str, dict[str, set[tuple[str, int]]]] = {}
        """Settings to diff ID to the fingerprints and lengths of its blobs."""
        self._folder, self._problem = open_folder(location.directory, create=False)
        self._may_write = not self._problem and location.max_bytes > 0
        self._held_bytes = self._held_files = 0
        self._unseen_bytes = -1
        """Written by this run since it has looked what is there; -1 before it has."""

    def expects(self, options: ReadOptions, diff_id: DiffID, stored_bytes: int) -> bool:
        """Whether there is a reading of a blob of this length that may be the one."""
        if stored_bytes < SMALLEST_BYTES or self._problem or not self._max_bytes:
            return False
        known = self._names(options).get(_hex(diff_id), ())
        return any(length == stored_bytes for _, length in tuple(known))

    def load(self, options: ReadOptions, diff_id: DiffID, fingerprint: str) -> LayerReading | None:
        """A reading that is as it was written; a damaged one is deleted, and read anew by who asks."""
        for name, length in tuple(self._names(options).get(_hex(diff_id), ())):
            if name != _hex(fingerprint):
                continue
            path = self._path(options, diff_id, fingerprint, length)
            data = read_file(path, self._max_bytes)
            if data is None:
                return None
            try:
                reading = decode_record(data, RecordKey(self._text(options), diff_id, fingerprint))
            except DamagedRecord:
                with suppress(OSError):
                    path.unlink()
                return None
            return reading if reading.compressed_bytes == length else None
        return None

    def keep(self, options: ReadOptions, reading: LayerReading) -> None:
        """Write a reading, unless it is too small or too large, and make room for it."""
        diff_id, fingerprint, length = reading.diff_id, reading.fingerprint, reading.compressed_bytes
        if reading.error is not None or diff_id is None or fingerprint is None or not self._may_write:
            return
        if length < SMALLEST_BYTES or not fingerprint.startswith(f"{self.fingerprint_algorithm}:"):
            return
        data = encode_record(RecordKey(self._text(options), diff_id, fingerprint), reading)
        if len(data) > self._max_bytes // 2 or not self._ready():
            return
        self._make_room(disk_bytes(len(data)))
        if write_file(self._path(options, diff_id, fingerprint, length), data):
            self._names(options).setdefault(_hex(diff_id), set()).add((_hex(fingerprint), length))
        else:
            self._may_write = False  # a full disk is full for the next one, too

    def _ready(self) -> bool:
        self._folder, problem = open_folder(self._directory, create=True)
        self._may_write = not problem
        return self._may_write

    def _make_room(self, size: int) -> None:
        """Delete what was not used for longest, until `size` more bytes fit in.

        Other runs write, too. So it is looked anew from time to time, and not only when this run's own files
        reach the bound.
        """
        with self._lock:
            if not 0 <= self._unseen_bytes <= self._max_bytes // _LOOKS or self._is_full(size):
                files = list(kept_files(self._folder))
                self._count(files)
                if self._is_full(size):
                    most = int(self._max_bytes * _TRIMMED_RATIO) - size
                    self._count(_oldest_removed(files, most))
                    _remove_stale(self._folder)
            self._held_bytes += size
            self._held_files += 1
            self._unseen_bytes += size

    def _is_full(self, size: int) -> bool:
        return self._held_bytes + size > self._max_bytes or self._held_files >= MOST_FILES

    def _count(self, files: list[KeptFile]) -> None:
        self._held_bytes, self._held_files = sum(file.disk_bytes for file in files), len(files)
        self._unseen_bytes = 0

    def _names(self, options: ReadOptions) -> dict[str, set[tuple[str, int]]]:
        """Diff ID to the fingerprints and lengths of its blobs, listed once."""
        text = self._text(options)
        with self._lock:
            if text not in self._listed:
                self._listed[text] = _list_names(self._folder / _folder_name(text))
            return self._listed[text]

    def _text(self, options: ReadOptions) -> str:
        plain = replace(
            options,
            threads=True,
            digest_algorithm="sha256",
            fingerprint_algorithm=self.fingerprint_algorithm,
        )
        if plain not in self._texts:
            self._texts[plain] = settings_text(plain)
        return self._texts[plain]

    def _path(self, options: ReadOptions, diff_id: DiffID, fingerprint: str, length: int) -> Path:
        folder = self._folder / _folder_name(self._text(options))
        return folder / f"{_hex(diff_id)}-{_hex(fingerprint)}-{length}"


def _hex(digest: str) -> str:
    return digest.partition(":")[2]


def _folder_name(settings: str) -> str:
    return wide_hash(settings.encode()).hex()


def _list_names(folder: Path) -> dict[str, set[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = {}
    with suppress(OSError):
        for path in folder.iterdir():
            parts = path.name.split("-")
            if len(parts) == 3 and parts[2].isdecimal():
                found.setdefault(parts[0], set()).add((parts[1], int(parts[2])))
    return found


def _oldest_removed(files: list[KeptFile], most_bytes: int) -> list[KeptFile]:
    """Delete the files that were not used for longest; returns those that are left."""
    kept: list[KeptFile] = []
    held = 0
    for file in sorted(files, key=lambda file: file.used_ns, reverse=True):
        if held + file.disk_bytes <= most_bytes and len(kept) < MOST_FILES * _TRIMMED_RATIO:
            held += file.disk_bytes
            kept.append(file)
        else:
            with suppress(OSError):
                file.path.unlink()
    return kept


def _remove_stale(folder: Path) -> None:
    for path in stale_files(folder):
        with suppress(OSError):
            path.unlink()


def state(location: CacheLocation) -> CacheState:
    """How much is in the cache, and whether it is used."""
    folder, problem = open_folder(location.directory, create=False)
    files = [] if problem else list(kept_files(folder))
    if not problem and not location.max_bytes:
        problem = "its size is 0"
    return CacheState(location, len(files), sum(file.disk_bytes for file in files), problem)


def clear(location: CacheLocation) -> int:
    """Delete all readings, whatever made them, and nothing else; returns how many there were.

    Raises OutputError where that is not possible.
    """
    folder, problem = open_folder(location.directory, create=False)
    if problem:
        raise OutputError(f"{folder}: {problem}")
    removed = remove_all(location.directory)
    left = sum(1 for _ in kept_files(folder))
    if left:
        raise OutputError(f"{folder}: {left:,} files cannot be removed")
    return removed


def prune(location: CacheLocation) -> tuple[int, int]:
    """Delete what is damaged, then what was not used for longest, until the rest is within the bound.

    Returns how many were damaged, and how many were deleted in all. Raises OutputError as `clear` does.
    """
    folder, problem = open_folder(location.directory, create=False)
    if problem:
        raise OutputError(f"{folder}: {problem}")
    _remove_stale(folder)
    sound, damaged = [], 0
    for file in kept_files(folder):
        data = read_file(file.path, location.max_bytes or DEFAULT_BYTES, note_use=False)
        if data is not None and is_record(data):
            sound.append(file)
        else:
            damaged += 1
            with suppress(OSError):
                file.path.unlink()
    left = _oldest_removed(sound, location.max_bytes)
    return damaged, damaged + len(sound) - len(left)
