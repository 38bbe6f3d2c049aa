"""Where the cache lies and how large it may grow: what the environment says."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from layerscope.errors import ConfigurationError

if TYPE_CHECKING:
    from layerscope.image.reading_cache import ReadingCache

__all__ = [
    "DEFAULT_BYTES",
    "DIRECTORY_VARIABLE",
    "SIZE_VARIABLE",
    "CacheLocation",
    "locate",
    "open_cache",
    "parse_bytes",
]

DIRECTORY_VARIABLE = "LAYERSCOPE_CACHE_DIR"
SIZE_VARIABLE = "LAYERSCOPE_CACHE_SIZE"

DEFAULT_BYTES = 10**9
"""Room for eight million entries: some hundred images, of which each layer is kept once."""

_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}


@dataclass(frozen=True, slots=True)
class CacheLocation:
    """A directory, and the bytes that it may hold; 0 for no cache."""

    directory: Path
    max_bytes: int


def locate(environment: Mapping[str, str]) -> CacheLocation | None:
    """Where the cache lies; None where the environment names no home.

    `LAYERSCOPE_CACHE_DIR`, else `layerscope` in `$XDG_CACHE_HOME`, else in the platform's place for caches.
    Raises ConfigurationError for a `LAYERSCOPE_CACHE_SIZE` that is no size. Source: XDG Base Directory
    Specification 0.8 (a relative path is invalid and ignored).
    """
    directory = _directory(environment)
    size = environment.get(SIZE_VARIABLE, "")
    max_bytes = parse_bytes(size) if size else DEFAULT_BYTES
    if max_bytes is None:
        raise ConfigurationError(
            f"{SIZE_VARIABLE}: {size!r} is not a size such as 2GB, 512MiB or 1000; 0 for no cache"
        )
    return None if directory is None else CacheLocation(directory, max_bytes)


def open_cache(directory: Path | None = None, max_bytes: int | None = None) -> ReadingCache | None:
    """The cache on disk, to be given to `inspect` and the others; None where there is to be none.

    Where it lies and how large it may grow is by default what the environment says (`LAYERSCOPE_CACHE_DIR`,
    `LAYERSCOPE_CACHE_SIZE`, `XDG_CACHE_HOME`), as on the command line. Nothing that is wrong with it later
    raises an error: layers are read then. Raises ConfigurationError for a size that is none.
    """
    from layerscope.cache.disk import DiskCache  # noqa: PLC0415  # many runs need none

    found = locate(os.environ)
    if directory is not None:
        found = CacheLocation(directory.absolute(), found.max_bytes if found else DEFAULT_BYTES)
    if found is not None and max_bytes is not None:
        found = replace(found, max_bytes=max_bytes)
    return DiskCache(found) if found is not None and found.max_bytes > 0 else None


def _directory(environment: Mapping[str, str]) -> Path | None:
    if named := environment.get(DIRECTORY_VARIABLE):
        return Path(named).absolute()
    for variable, below in (("XDG_CACHE_HOME", "."), *_platform_places()):
        place = environment.get(variable, "")
        if place and Path(place).is_absolute():
            return Path(place, below, "layerscope")
    return None


def _platform_places() -> tuple[tuple[str, str], ...]:
    if os.name == "nt":
        return (("LOCALAPPDATA", "."),)
    if sys.platform == "darwin":
        return (("HOME", "Library/Caches"),)
    return (("HOME", ".cache"),)


def parse_bytes(text: str) -> int | None:
    """Bytes of `60GB`, `512 MiB`, `1000`; decimal units as Docker has them, binary ones with an `i`.

    None for what is no size.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", text.strip().lower())
    if found is None or found[2] not in _UNITS:
        return None
    return int(float(found[1]) * _UNITS[found[2]])
