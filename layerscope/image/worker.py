"""A process that reads layers for another one.

Requests come in on standard input, answers leave on standard output: frames of a kind, a length and a body.
Why not multiprocessing: docs/decisions/0012-worker-processes.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions, read_range
from layerscope.image.wire import decode_reading, encode_reading

__all__ = ["Worker", "WorkerLost", "serve"]

_PROGRESS, _READING = b"p", b"r"
_PROGRESS_BYTES = 32 << 20
"""A message of progress for this many bytes: often enough for a bar, rare enough to cost nothing."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from layerscope.image.worker import serve; serve()"
"""`-m layerscope…` would put the working directory first on the path, and run what lies there."""


class WorkerLost(Exception):
    """The worker process could not be started, or ended before it answered."""


class _Request(msgspec.Struct, array_like=True):
    path: str
    offset: int
    length: int
    verify: bool
    content_hash: str
    digest_algorithm: str
    fingerprint_algorithm: str
    threads: bool
    limits: dict[str, int]


class Worker:
    """One worker process, used by one thread at a time."""

    def __init__(self) -> None:
        path = [entry or os.getcwd() for entry in sys.path]  # noqa: PTH109  (a string is what it takes)
        try:
            self._process = subprocess.Popen(  # noqa: S603  (this interpreter, with its own path)
                [sys.executable, "-I", "-c", _START, *path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise WorkerLost(str(error)) from error

    def read(self, where: FileRange, options: ReadOptions, progress: Callable[[int], None]) -> LayerReading:
        """Have one layer read. Raises WorkerLost when the process is gone."""
        request = _Request(
            path=os.fspath(where.path.absolute()),
            offset=where.offset,
            length=where.length,
            verify=options.verify,
            content_hash=options.content_hash,
            digest_algorithm=options.digest_algorithm,
            fingerprint_algorithm=options.fingerprint_algorithm,
            threads=options.threads,
            limits={name: getattr(options.limits, name) for name in Limits.__slots__},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            _send(self._process.stdin, _READING, msgspec.msgpack.encode(request))
            while True:
                kind, body = _receive(self._process.stdout)
                if kind == _READING:
                    return decode_reading(body)
                progress(int.from_bytes(body, "little"))
        except (OSError, EOFError, ValueError) as error:
            raise WorkerLost(str(error)) from error

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.communicate()


def serve() -> None:
    """Answer requests until standard input ends; what a worker runs."""
    sys.setswitchinterval(0.001)  # the hashing threads wait for the GIL between blocks
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            _, body = _receive(requests)
        except EOFError:
            return
        request = msgspec.msgpack.decode(body, type=_Request)
        options = ReadOptions(
            verify=request.verify,
            content_hash=request.content_hash,
            digest_algorithm=request.digest_algorithm,
            fingerprint_algorithm=request.fingerprint_algorithm,
            threads=request.threads,
            limits=Limits(**request.limits),
        )
        where = FileRange(Path(request.path), request.offset, request.length)
        reading = read_range(where, options, _reporter(answers))
        _send(answers, _READING, encode_reading(reading))


def _reporter(answers: IO[bytes]) -> Callable[[int], None]:
    unreported = 0

    def report(count: int) -> None:
        nonlocal unreported
        unreported += count
        if unreported >= _PROGRESS_BYTES:
            _send(answers, _PROGRESS, unreported.to_bytes(8, "little"))
            unreported = 0

    return report


def _send(stream: IO[bytes], kind: bytes, body: bytes) -> None:
    stream.write(kind + len(body).to_bytes(8, "little"))
    stream.write(body)
    stream.flush()


def _receive(stream: IO[bytes]) -> tuple[bytes, bytes]:
    head = stream.read(9)
    if len(head) < 9:
        raise EOFError("the other side has gone")
    length = int.from_bytes(head[1:], "little")
    body = stream.read(length)
    if len(body) < length:
        raise EOFError("the other side has gone")
    return head[:1], body
