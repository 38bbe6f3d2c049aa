"""An image that passes once (standard input, a pipe, an archive compressed as a whole) as a file."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from layerscope.blobs.compression import SNIFF_BYTES, sniff
from layerscope.blobs.limits import Limits
from layerscope.blobs.streams import Block, decompress, pipe_blocks, with_first_bytes
from layerscope.errors import OutputError
from layerscope.notices import NoticeLog

__all__ = ["seekable"]


@contextmanager
def seekable(
    reference: str, standard_input: Callable[[], BinaryIO], beside: Path | None, limits: Limits
) -> Iterator[str]:
    """The reference itself, or that of an uncompressed copy, which is gone afterwards.

    The copy is made beside the output, where there is room for an image. References with a transport are left
    as they are. Raises OutputError where the copy cannot be written, and what decompressing raises.
    """
    if reference == "-":
        with _copy(pipe_blocks(standard_input()), beside, limits) as place:
            yield place
        return
    path = Path(reference)
    if not _passes_once(path):
        yield reference
        return
    with path.open("rb") as file, _copy(pipe_blocks(file), beside, limits) as place:
        yield place


def _passes_once(path: Path) -> bool:
    """Whether there is a pipe, or a file that is compressed as a whole."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                return bool(sniff(file.read(SNIFF_BYTES)) != "none")
    except (OSError, ValueError):
        return False  # whoever opens it says what is wrong
    return stat.S_ISFIFO(mode)


@contextmanager
def _copy(blocks: Iterable[Block], beside: Path | None, limits: Limits) -> Iterator[str]:
    directory = None if beside is None else beside.resolve().parent
    try:
        handle, name = tempfile.mkstemp(prefix=".layerscope.", suffix=".tar", dir=directory)
    except OSError as error:
        raise OutputError(f"{directory}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            prefix, stream = with_first_bytes(blocks, SNIFF_BYTES)
            for block in decompress(stream, sniff(prefix), limits, NoticeLog()):
                try:
                    file.write(block)
                except OSError as error:
                    raise OutputError(f"{name}: {error.strerror or error}") from error
        yield name
    finally:
        Path(name).unlink(missing_ok=True)
