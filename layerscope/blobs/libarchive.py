"""The one door to libarchive: which library is loaded, and the calls that the tar reader makes.

libarchive-c finds and loads the library; layerscope takes its own handle on the same file. ffi's functions
carry an `errcheck` that logs every warning and raises on RETRY, and they release the GIL around calls of less
than a microsecond: `PyDLL` keeps it, which is measurably faster beside other threads.

No filter is ever enabled: libarchive would run `lzop`, `lrzip` or `grzip` from PATH on blobs that look like
theirs, and its gzip filter does not check the CRC.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_longlong, c_size_t, c_ssize_t, c_uint, c_void_p
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from layerscope.errors import MissingDependency

__all__ = [
    "EOF",
    "FATAL",
    "OK",
    "READ_CALLBACK",
    "RETRY",
    "WARN",
    "Library",
    "library",
    "version_text",
]

EOF = 1
OK = 0
RETRY = -10
WARN = -20
FATAL = -30

READ_CALLBACK = ctypes.PYFUNCTYPE(c_ssize_t, c_void_p, c_void_p, POINTER(c_void_p))
"""`la_ssize_t read(archive, client_data, const void **buffer)`, called with the GIL held."""

_MISSING = (
    "libarchive: not found; install the Python package `archi` (it carries the library), or the system's "
    "(Debian and Ubuntu: libarchive13, Fedora: libarchive, Alpine: libarchive, macOS: brew install "
    "libarchive), or set LIBARCHIVE to the path of the shared library"
)

# (result, arguments) of each function, as archive.h and archive_entry.h declare them.
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "archive_read_new": (c_void_p, ()),
    "archive_read_free": (c_int, (c_void_p,)),
    "archive_read_support_format_tar": (c_int, (c_void_p,)),
    "archive_read_set_options": (c_int, (c_void_p, c_char_p)),
    "archive_read_open": (c_int, (c_void_p, c_void_p, c_void_p, READ_CALLBACK, c_void_p)),
    "archive_read_next_header": (c_int, (c_void_p, c_void_p)),
    "archive_read_header_position": (c_longlong, (c_void_p,)),
    "archive_read_data_block": (
        c_int,
        (c_void_p, POINTER(c_void_p), POINTER(c_size_t), POINTER(c_longlong)),
    ),
    "archive_filter_bytes": (c_longlong, (c_void_p, c_int)),
    "archive_error_string": (c_char_p, (c_void_p,)),
    "archive_version_details": (c_char_p, ()),
    "archive_version_number": (c_int, ()),
    "archive_entry_pathname": (c_char_p, (c_void_p,)),
    "archive_entry_mode": (c_uint, (c_void_p,)),
    "archive_entry_size": (c_longlong, (c_void_p,)),
    "archive_entry_hardlink": (c_char_p, (c_void_p,)),
    "archive_entry_symlink": (c_char_p, (c_void_p,)),
    "archive_entry_rdevmajor": (c_uint, (c_void_p,)),
    "archive_entry_rdevminor": (c_uint, (c_void_p,)),
}


class Library:
    """libarchive's functions as attributes, without the `archive_` prefix, and where they come from."""

    def __init__(self, path: str) -> None:
        self.path = path
        handle = ctypes.PyDLL(path)
        for name, (result, arguments) in _SIGNATURES.items():
            function = handle[name]  # item access: a function object of our own, not one shared by name
            function.restype = result
            function.argtypes = arguments
            setattr(self, name.removeprefix("archive_"), function)

    def __getattr__(self, name: str) -> Any:
        """Satisfy type checkers: every real function is set in `__init__`."""
        raise AttributeError(name)


@cache
def library() -> Library:
    """Load libarchive once: `$LIBARCHIVE`, else the one that `archi` carries, else the system's.

    One bundled version everywhere means one behavior everywhere; the environment variable overrides it.
    Raises MissingDependency when there is none.
    """
    try:
        return Library(_path_through_libarchive_c())
    except (OSError, AttributeError, TypeError) as error:
        raise MissingDependency(_MISSING) from error


def version_text() -> str:
    """Which libarchive is in use, for `--version`: `libarchive 3.8.10 (/…/libarchive.so.13)`."""
    found = library()
    number: int = found.version_number()
    version = f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
    return f"libarchive {version} ({found.path})"


def _path_through_libarchive_c() -> str:
    """Let libarchive-c load the library that layerscope prefers, and return that library's path.

    libarchive-c reads `$LIBARCHIVE` when it is imported and else runs ldconfig and the C compiler to look for
    one, which takes longer than a small image does. So the variable is set for the time of the import.
    """
    chosen = os.environ.get("LIBARCHIVE")
    bundled = None if chosen else next(_bundled_libraries(), None)
    if bundled:
        os.environ["LIBARCHIVE"] = str(bundled)
    try:
        from libarchive import ffi  # noqa: PLC0415  (its import loads the library)
    finally:
        if bundled:
            del os.environ["LIBARCHIVE"]
    if not isinstance(ffi.libarchive_path, str):  # ctypes loads the program itself for None
        raise MissingDependency(_MISSING)
    return ffi.libarchive_path


def _bundled_libraries() -> Iterator[Path]:
    """Libraries that the wheel of `archi` carries: beside the module, in the place its repair tool chose."""
    spec = find_spec("archi")
    if spec is None or spec.origin is None:
        return
    site = Path(spec.origin).parent
    places = {"linux": ("archi.libs", "libarchive*.so*"), "darwin": ("archi.dylibs", "libarchive*.dylib")}
    folder, pattern = places.get(sys.platform, (".", "archive-*.dll"))
    yield from sorted((site / folder).glob(pattern))
