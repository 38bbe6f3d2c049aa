"""Reading all layers of an image, on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread

from layerscope.blobs.hashing import digest_algorithm
from layerscope.blobs.location import FileRange
from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.image.read import ReadOptions, empty_reading, read_range, verify_reading
from layerscope.image.worker import Worker, WorkerLost

__all__ = ["Progress", "read_layers"]

Progress = Callable[[int, int], None]
"""Called with (stored bytes read so far, stored bytes to read)."""

PARALLEL_BYTES = 48 << 20
"""Below this, all layers are read sooner than another process has started."""


def read_layers(
    image: Image, options: ReadOptions, *, jobs: int | None = None, progress: Progress | None = None
) -> Iterator[LayerReading]:
    """Read all layers, yield their readings from the base up, each as soon as it and those below are there.

    A layer whose bytes are not there gives an empty reading, a damaged one what came before the damage.
    `jobs` is the number of processes, this one included; by default one for each processor it may use.
    """
    work = _Work(image.layers, options, progress)
    helpers = min(jobs or _processors(), len(work.waiting)) - 1
    if helpers < 1 or work.total < PARALLEL_BYTES:
        helpers = 0
    try:
        for _ in range(helpers):
            work.start_helper()
        for layer in image.layers:
            reading = work.result(layer.index)
            yield reading if layer.absent else verify_reading(layer, reading)
    finally:
        work.close()


def _processors() -> int:
    with suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Work:
    """The layers still to be read, taken by this thread and by one thread for each worker process.

    The largest are taken first: a large layer that is begun last would be waited for alone. Layers that are
    one and the same blob are read once.
    """

    def __init__(self, layers: tuple[Layer, ...], options: ReadOptions, progress: Progress | None) -> None:
        self._options = options
        self._progress = progress
        self._lock = Lock()
        self._read = 0
        self._closed = False
        self._helpers: list[tuple[Thread, Worker]] = []
        self._results: dict[int, Future[LayerReading]] = {}
        ranges: dict[int, FileRange] = {}
        first: dict[tuple[Path, int, int, str], int] = {}
        for layer in layers:
            self._results[layer.index] = Future()
            if layer.reading is not None:
                self._results[layer.index].set_result(layer.reading)
            elif layer.blob is None:
                self._results[layer.index].set_result(empty_reading(options))
            else:
                where, algorithm = layer.blob, digest_algorithm(layer.digest)
                same = first.setdefault((where.path, where.offset, where.length, algorithm), layer.index)
                self._results[layer.index] = self._results[same]
                ranges.setdefault(same, where)
        self._ranges = ranges
        self._algorithms = {layer.index: digest_algorithm(layer.digest) for layer in layers}
        self.total = sum(where.length for where in ranges.values())
        self.waiting = sorted(ranges, key=lambda index: (ranges[index].length, -index))

    def start_helper(self) -> None:
        """Add a worker process; where none can be started, this thread does the work."""
        with suppress(WorkerLost):
            worker = Worker()
            thread = Thread(target=self._help, args=(worker,), daemon=True)
            self._helpers.append((thread, worker))
            thread.start()

    def result(self, index: int) -> LayerReading:
        """The reading of one layer; until it is there, this thread reads what nobody has begun."""
        future = self._results[index]
        while not future.done():
            taken = self._take()
            if taken is None:
                return future.result()
            self._results[taken].set_result(self._read_here(taken))
        return future.result()

    def close(self) -> None:
        """Stop the helpers, also in the middle of a layer."""
        with self._lock:
            self._closed = True
            self.waiting.clear()
        for _, worker in self._helpers:
            worker.close()
        for thread, _ in self._helpers:
            thread.join()

    def _help(self, worker: Worker) -> None:
        while (index := self._take()) is not None:
            future = self._results[index]
            try:
                future.set_result(self._read_there(worker, index))
            except BaseException as error:  # noqa: BLE001  (raised where the result is asked for)
                future.set_exception(error)
                return

    def _read_there(self, worker: Worker, index: int) -> LayerReading:
        """Have a worker read a layer; if it is lost (killed for its memory, say), read the layer here."""
        try:
            return worker.read(self._ranges[index], self._options_for(index), self._advance)
        except WorkerLost:
            if self._closed:
                raise
            return self._read_here(index)

    def _read_here(self, index: int) -> LayerReading:
        return read_range(self._ranges[index], self._options_for(index), self._advance)

    def _options_for(self, index: int) -> ReadOptions:
        """Options for one layer. It gets threads when it alone is more than a process' share of the work."""
        share = self.total / (1 + len(self._helpers))
        return replace(
            self._options,
            digest_algorithm=self._algorithms[index],
            threads=self._options.threads and self._ranges[index].length >= share,
        )

    def _take(self) -> int | None:
        with self._lock:
            return self.waiting.pop() if self.waiting else None

    def _advance(self, count: int) -> None:
        if self._progress:
            with self._lock:
                self._read += count
                self._progress(self._read, self.total)
