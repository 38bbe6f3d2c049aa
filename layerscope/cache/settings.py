"""What a reading depends on besides the bytes of its blob: by this, kept readings are told apart."""

from __future__ import annotations

import sys
from array import array
from functools import cache
from pathlib import Path

from layerscope import __version__
from layerscope.blobs.hashing import wide_hash
from layerscope.blobs.libarchive import version_text
from layerscope.blobs.limits import Limits
from layerscope.image.read import ReadOptions

__all__ = ["settings_text"]

_READERS = ("blobs", "image", "oci")
"""The rooms whose code decides what a reading holds."""


def settings_text(options: ReadOptions) -> str:
    """Everything that could make two readings of the same bytes differ, as text.

    The version, the code that reads, libarchive, the layout of integers in memory (columns are kept as they
    lie), and each option but those that only say how fast: `threads`, and `verify`, which is on.
    """
    limits = " ".join(f"{name}={getattr(options.limits, name)}" for name in Limits.__slots__)
    blob = f"{options.digest_algorithm} {options.fingerprint_algorithm}"
    return f"{_program()}; content {options.content_hash}; blob {blob}; {limits}"


@cache
def _program() -> str:
    integers = "".join(f"{code}{array(code).itemsize}" for code in "Iq")
    return f"layerscope {__version__} {_code()}; {version_text()}; {sys.byteorder} {integers}"


def _code() -> str:
    """A hash of the code that reads: a changed program does not believe what it read before the change.

    Empty where the code does not lie in files; then the version speaks for it.
    """
    root = Path(__file__).parents[1]
    try:
        files = sorted(path for room in _READERS for path in (root / room).glob("*.py"))
        return wide_hash(b"\0".join(path.read_bytes() for path in files)).hex() if files else ""
    except OSError:
        return ""
