"""Hashing: of whole streams while they pass, and of file contents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import BoundedSemaphore, Thread, current_thread
from typing import Any

import xxhash

try:
    import blake3
except ImportError:  # not asked for where it is no quicker than sha256, and without a wheel for some machines
    blake3 = None  # type: ignore[assignment]

from layerscope.blobs.location import FileRange
from layerscope.blobs.streams import Block, file_blocks
from layerscope.errors import UsageError

__all__ = [
    "ContentHash",
    "RunningDigest",
    "StreamDigest",
    "content_hash",
    "digest_algorithm",
    "fingerprint_algorithm",
    "in_background",
    "range_digest",
    "short_hash",
    "wide_hash",
]

_PATIENCE_SECONDS = 0.3
"""A thread that is given up ends with its block, unless it waits for a silent pipe: then it is left
behind (it is a daemon), since whoever pressed Ctrl-C would wait too."""
_HASHED_AT_ONCE = 16 << 20
"""Bytes that are hashed without the GIL, some 3 ms: who asks for it back waits up to 5 ms while another
thread runs Python, so with small blocks hashing would stand still beside it."""
BLOCKS_IN_FLIGHT = 4
"""Enough to keep both sides busy, few enough to stay small in memory."""


@dataclass(frozen=True, slots=True)
class ContentHash:
    """How file contents are hashed: at once, or piece by piece with an object that hashlib's look like."""

    name: str
    size: int
    digest: Callable[[Block], bytes]
    new: Callable[[], Any]


def content_hash(name: str) -> ContentHash | None:
    """Look up a content hash by the name that options carry; None for `none`.

    xxh3-128 tells files apart at memory speed. It does not resist an attacker, who could make a change look
    like an unchanged file and nothing else; sha256 does, at a tenth of the speed.
    """
    if name == "xxh3-128":
        return ContentHash(name, 16, xxhash.xxh3_128_digest, xxhash.xxh3_128)
    if name == "sha256":
        return ContentHash(name, 32, lambda data: hashlib.sha256(data).digest(), hashlib.sha256)
    if name == "none":
        return None
    raise UsageError(f"content hash: {name!r} is none of xxh3-128, sha256, none")


def short_hash(data: bytes) -> int:
    """64 bits to look things up by, the same in every run and on every machine (xxh3)."""
    return xxhash.xxh3_64_intdigest(data)


def wide_hash(data: Block) -> bytes:
    """16 bytes that tell things apart, as `xxh3-128` does contents."""
    return xxhash.xxh3_128_digest(data)


def digest_algorithm(digest: str | None) -> str:
    """The algorithm that can verify `digest`; sha256 if there is none or hashlib does not have it."""
    name = (digest or "").partition(":")[0]
    return name if name in ("sha384", "sha512") else "sha256"


def fingerprint_algorithm() -> str:
    """The quickest hash here by which a blob that was read before is known again.

    `blake3` where its package is: it withstands whoever makes a second blob for a fingerprint as sha256 does.
    Elsewhere `sha256`, which is computed anyway.
    """
    return "sha256" if blake3 is None else "blake3"


def _new_hash(algorithm: str) -> Any:
    return blake3.blake3() if blake3 is not None and algorithm == "blake3" else hashlib.new(algorithm)


def range_digest(where: FileRange, algorithm: str, progress: Callable[[int], None]) -> str:
    """`algorithm:hex` of the bytes of a file range. `progress` hears of the bytes since its last call.

    Raises what `file_blocks` raises. The GIL is released while a block is hashed.
    """
    hasher = _new_hash(algorithm)
    for block in file_blocks(where, window_bytes=_HASHED_AT_ONCE, block_bytes=_HASHED_AT_ONCE):
        hasher.update(block)
        progress(len(block))
    return f"{algorithm}:{hasher.hexdigest()}"


class StreamDigest:
    """Digests and the length of a stream, computed while it passes.

    With `beside`, hashing runs in a thread of its own from the second block on: sha256 takes longer than
    everything else that is done with an uncompressed layer, and hashlib releases the GIL.
    """

    def __init__(self, blocks: Iterable[Block], *algorithms: str, beside: bool) -> None:
        """`algorithms` are hashlib's names or `blake3`; without any, bytes are counted only."""
        self._blocks = blocks
        self._beside = beside
        self._hashes = {algorithm: _new_hash(algorithm) for algorithm in algorithms}
        self.length = 0

    def __iter__(self) -> Iterator[Block]:
        if not self._hashes or not self._beside:
            for block in self._blocks:
                self.length += len(block)
                self._update(block)
                yield block
            return
        worker: _Worker | None = None
        pending: Block | None = None
        try:
            for block in self._blocks:
                self.length += len(block)
                if pending is not None and worker is None:
                    worker = _Worker(self._update)
                    worker.put(pending)
                if worker is not None:
                    worker.put(block)
                pending = block
                yield block
        finally:
            if worker is not None:
                worker.close()
            elif pending is not None:
                self._update(pending)

    def _update(self, block: Block) -> None:
        for each in self._hashes.values():
            each.update(block)

    def digest(self, algorithm: str) -> str:
        """`algorithm:hex` of what has passed, once the iteration has ended."""
        return f"{algorithm}:{self._hashes[algorithm].hexdigest()}"


class RunningDigest:
    """The sha256 of what is written piece by piece, computed by a thread of its own from the second on."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._first: Block | None = None
        self._worker: _Worker | None = None

    def update(self, block: Block) -> None:
        """Take the next piece, which must not change afterwards."""
        if self._worker is not None:
            self._worker.put(block)
        elif self._first is None:
            self._first = block
        else:
            self._worker = _Worker(self._hash.update)
            self._worker.put(self._first)
            self._worker.put(block)

    def close(self) -> str:
        """Wait for the thread; `sha256:hex` of everything. Called once, wanted or not: it ends the thread."""
        if self._worker is not None:
            self._worker.close()
        elif self._first is not None:
            self._hash.update(self._first)
        return f"sha256:{self._hash.hexdigest()}"


class _Worker:
    """A thread that calls one function on each block, a few blocks behind."""

    def __init__(self, function: Callable[[Block], object]) -> None:
        self._function = function
        self._error: BaseException | None = None
        self._queue: SimpleQueue[Block | None] = SimpleQueue()
        self._room = BoundedSemaphore(BLOCKS_IN_FLIGHT)
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, block: Block) -> None:
        if self._error is not None:
            raise self._error
        self._room.acquire()
        self._queue.put(block)

    def close(self) -> None:
        self._queue.put(None)
        if current_thread() is not self._thread:  # the garbage collector may call from any thread
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (block := self._queue.get()) is not None:
            try:
                if self._error is None:
                    self._function(block)
            except BaseException as error:  # noqa: BLE001  (raised where the next block is put)
                self._error = error
            self._room.release()


def in_background(blocks: Generator[Block, None, None]) -> Generator[Block, None, None]:
    """Iterate over a stream in a thread of its own, a few blocks ahead.

    An exception of the stream is raised here, after the blocks that came before it. If the consumer stops
    early, the thread ends with the block it is working on.
    """
    queue: SimpleQueue[Block | BaseException | None] = SimpleQueue()
    room = BoundedSemaphore(BLOCKS_IN_FLIGHT)
    stopped: list[bool] = []

    def run() -> None:
        try:
            for block in blocks:
                room.acquire()
                if stopped:
                    break
                queue.put(block)
            blocks.close()
            queue.put(None)
        except BaseException as error:  # noqa: BLE001  (handed over, and raised by the consumer)
            queue.put(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            room.release()
            yield item
    finally:
        stopped.append(True)
        with suppress(ValueError):  # all places are free: the thread is not waiting for one
            room.release()
        if current_thread() is not thread:  # as above
            thread.join(_PATIENCE_SECONDS)
