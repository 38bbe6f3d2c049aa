"""An image that passes once (standard input, a pipe, an archive compressed as a whole) as a file."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from layerscope.blobs.compression import SNIFF_BYTES, sniff
from layerscope.blobs.limits import Limits
from layerscope.blobs.streams import Block, decompress, pipe_blocks, with_first_bytes
from layerscope.errors import LayerscopeError
from layerscope.notices import NoticeLog
from layerscope.sinks.archive import output_errors, staged_beside
from layerscope.sources.detect import locate

__all__ = ["seekable"]


@contextmanager
def seekable(
    reference: str, standard_input: Callable[[], BinaryIO], beside: Path | None, limits: Limits
) -> Iterator[str]:
    """The reference itself, or that of an uncompressed copy, which is gone afterwards.

    The copy is made beside the output, where there is room for an image. Raises OutputError where it cannot
    be written, and what decompressing raises. An error that names the copy names the reference instead.
    """
    if reference == "-":
        with _copy(pipe_blocks(standard_input()), beside, limits) as place, _called(place, "standard input"):
            yield place
        return
    try:
        transport, path, name = locate(reference)
    except LayerscopeError:
        yield reference  # whoever opens it says what is wrong
        return
    if not _passes_once(path):
        yield reference
        return
    with (
        path.open("rb") as file,
        _copy(pipe_blocks(file), beside, limits) as place,
        _called(place, str(path)),
    ):
        yield (f"{transport}:{place}" + (f":{name}" if name else "")) if transport else place


@contextmanager
def _called(place: str, name: str) -> Iterator[None]:
    """Errors speak of what the user knows, not of the copy."""
    try:
        yield
    except LayerscopeError as error:
        if place not in str(error):
            raise
        further = [line.replace(place, name) for line in error.further]
        raise type(error)(error.message.replace(place, name), further=further) from error


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
    place = (beside or Path(tempfile.gettempdir()) / "image").resolve().with_name("layerscope.tar")
    copy = staged_beside(place)
    try:
        try:
            with _for_the_owner(copy) as file:
                prefix, stream = with_first_bytes(blocks, SNIFF_BYTES)
                for block in decompress(stream, sniff(prefix), limits, NoticeLog()):
                    with output_errors(copy):
                        file.write(block)
            yield str(copy)
        finally:
            copy.unlink(missing_ok=True)
    except BaseException:
        copy.unlink(missing_ok=True)  # the first time may have been interrupted
        raise


@contextmanager
def _for_the_owner(path: Path) -> Iterator[FileIO]:
    """A new file that nobody else can read: the image may be secret."""
    with output_errors(path):
        file = FileIO(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))
    with file:
        yield file
