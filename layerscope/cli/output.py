"""Where results go: standard output, or a file that is replaced as a whole. Both get bytes, in every
locale."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from layerscope.errors import OutputError, UsageError

__all__ = [
    "OutputClosed",
    "check_output",
    "encoded",
    "is_terminal",
    "keep_input",
    "output_encoding",
    "output_width",
    "uses_color",
    "write_output",
]

_BLOCK_BYTES = 1 << 18
_PIPE_WIDTH = 120
"""Columns of a text report that goes to no terminal: a CI log is wide, and nobody resizes it."""


_DESCRIPTOR = re.compile(r"/(?:dev/(?:std(?P<name>in|out|err)|fd/(?P<dev>\d+))|proc/self/fd/(?P<proc>\d+))")
"""Names of an open file. What is behind them may have no path (a pipe), or be appended to (`>>`)."""


class OutputClosed(Exception):  # it is none
    """The reader of the pipe went away (`| head`): no error, but nothing is left to do."""


def write_output(blocks: Iterable[bytes], target: Path | None) -> None:
    """Write all blocks to `target` (None or `-`: standard output).

    A file is written beside its target and renamed when it is complete, so an interrupted run leaves the old
    one. Raises OutputError, OutputClosed.
    """
    opened = _standard_output() if target is None or str(target) == "-" else _named_output(target)
    with opened as stream:
        for block in _gathered(blocks):
            stream.write(block)


def check_output(target: Path | None, source: Path | None, dockerfile: Path | None = None) -> None:
    """Find out before anything is read whether `target` can be written, without changing it.

    `source` is the image's file or directory, None for standard input. Raises UsageError where writing would
    destroy the image or the Dockerfile, OutputError where it would fail.
    """
    if target is None or str(target) == "-":
        return
    if _is_of_image(target, source):
        raise UsageError(f"--output {target}: this is the image, or a part of it, and would be overwritten")
    if dockerfile is not None and _is_of_image(target, dockerfile):
        raise UsageError(f"--output {target}: this is the Dockerfile, and would be overwritten")
    if _descriptor(target) is not None or _is_special(target):
        return
    try:
        handle, beside, _ = _create_beside(target)
        os.close(handle)
        Path(beside).unlink()
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror or error}") from error


def keep_input(option: str, target: Path | None, read: Path | None, what: str) -> None:
    """Raise UsageError where writing to `target`, which `option` names, would destroy another input."""
    if target is not None and read is not None and str(target) != "-" and _is_of_image(target, read):
        raise UsageError(f"{option} {target}: this is {what}, and would be overwritten")


def _is_of_image(target: Path, source: Path | None) -> bool:
    """Whether `target` is the image's file, or is in its directory; also through links."""
    with suppress(OSError, ValueError):
        if source is not None and source.is_dir():
            return target.resolve().is_relative_to(source.resolve())
        read = source.stat() if source is not None else os.fstat(0)
        return stat.S_ISREG(read.st_mode) and os.path.samestat(read, target.stat())
    return False


class _Sink:
    """A binary stream whose errors say that it is the output that failed."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def write(self, block: bytes) -> None:
        with self._errors():
            self._stream.write(block)

    def flush(self) -> None:
        with self._errors():
            self._stream.flush()

    def close(self) -> None:
        with self._errors():
            self._stream.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _output_error(error, self._name) from error


def _output_error(error: OSError, name: str) -> Exception:
    closed_on_windows = os.name == "nt" and error.errno == errno.EINVAL
    if isinstance(error, BrokenPipeError) or closed_on_windows:
        return OutputClosed(name)
    return OutputError(f"{name}: {error.strerror or error}")


@contextmanager
def _standard_output() -> Iterator[_Sink]:
    if sys.stdout is None:
        raise OutputError("standard output: closed")
    sink = _Sink(sys.stdout.buffer, "standard output")
    yield sink
    sink.flush()


@contextmanager
def _named_output(target: Path) -> Iterator[_Sink]:
    """A file beside `target` that takes its place at the end; a device or a pipe is written to itself."""
    name = str(target)
    beside, behind = None, target
    try:
        descriptor = _descriptor(target)
        if descriptor is not None:
            stream: BinaryIO = os.fdopen(os.dup(descriptor), "wb")
        elif _is_special(target):
            stream = target.open("wb")
        else:
            handle, beside, behind = _create_beside(target)
            stream = os.fdopen(handle, "wb")
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror or error}") from error
    try:
        sink = _Sink(stream, name)
        yield sink
        sink.close()
        if beside is not None:
            _put_in_place(Path(beside), behind, name)
    finally:
        with suppress(OSError):
            stream.close()
        if beside is not None:
            Path(beside).unlink(missing_ok=True)


def _descriptor(target: Path) -> int | None:
    """The open file that a name such as `/dev/stdout` or `/dev/fd/63` stands for."""
    found = _DESCRIPTOR.fullmatch(str(target))
    if found is None:
        return None
    if found["name"]:
        return ("in", "out", "err").index(found["name"])
    return int(found["dev"] or found["proc"])


def _is_special(target: Path) -> bool:
    """Whether there is a pipe, a device or a socket: nothing that a file could take the place of."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _create_beside(target: Path) -> tuple[int, str, Path]:
    """A new file in the directory of `target`: its descriptor, its path, and the path it is to take.

    The file behind a symlink is replaced, not the symlink.
    """
    behind = target.resolve()
    if behind.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    handle, beside = tempfile.mkstemp(prefix=f".{behind.name}.", dir=behind.parent)
    return handle, beside, behind


def _put_in_place(beside: Path, target: Path, name: str) -> None:
    try:
        beside.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        beside.replace(target)
    except OSError as error:
        raise OutputError(f"{name}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer, larger blocks: a listing comes line by line."""
    held: list[bytes] = []
    length = 0
    for block in blocks:
        held.append(block)
        length += len(block)
        if length >= _BLOCK_BYTES:
            yield b"".join(held)
            held, length = [], 0
    yield b"".join(held)


def output_encoding(target: Path | None) -> str:
    """Encoding of text for people: the terminal's or the pipe's own, UTF-8 for files."""
    if target is not None or sys.stdout is None:
        return "utf-8"
    return sys.stdout.encoding or "utf-8"


def encoded(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """UTF-8 text in another encoding; characters that it has not become escapes (`\\u00e9`)."""
    for block in blocks:
        yield block.decode().encode(encoding, "backslashreplace")


def output_width(target: Path | None) -> int:
    """Columns of the terminal, of `$COLUMNS`, or 120 where there is neither."""
    fallback = (80, 24) if target is None and is_terminal() else (_PIPE_WIDTH, 24)
    if target is not None or not is_terminal():
        columns = os.environ.get("COLUMNS", "")
        return max(40, int(columns)) if columns.isdecimal() else fallback[0]
    return max(40, shutil.get_terminal_size(fallback).columns)


def uses_color(choice: str, target: Path | None) -> bool:
    """Whether to color: `always`, `never`, or `auto`: on a terminal that can, unless NO_COLOR is set."""
    if choice != "auto":
        return choice == "always"
    return (
        target is None
        and is_terminal()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") not in ("", "dumb")
    )


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
