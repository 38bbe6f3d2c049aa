"""The blobs that are to be read, shared out among this thread and one thread for each worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Condition, Thread

from layerscope.blobs.hashing import digest_algorithm, range_digest
from layerscope.blobs.location import FileRange
from layerscope.errors import LayerscopeError
from layerscope.image.layer import Layer, LayerReading
from layerscope.image.read import ReadOptions, empty_reading, read_range
from layerscope.image.reading_cache import ReadingCache
from layerscope.image.worker import Worker, WorkerLost

__all__ = ["PARALLEL_BYTES", "Progress", "ReadWork"]

Progress = Callable[[int, int], None]
"""Called with (stored bytes read so far, stored bytes to read)."""

PARALLEL_BYTES = 48 << 20
"""Below this, all layers are read sooner than another process has started."""

_Range = tuple[Path, int, int, str]


class ReadWork:
    """Reads each blob once, whoever asks for it.

    Layers that are one and the same range of a file share a reading. Of layers that lie in different places
    and promise the same diff ID the first is read, and the others wait for it: those whose stored bytes then
    have the same fingerprint are not read again, only hashed. What the cache has is hashed and not read, too.

    The largest are taken first: a large layer that is begun last would be waited for alone. With `ahead`,
    they are taken in order, and at most that many layers before they are asked for, so that memory is
    bounded by what the caller keeps.
    """

    def __init__(
        self,
        layers: Iterable[Layer],
        options: ReadOptions,
        progress: Progress | None,
        *,
        cache: ReadingCache | None = None,
        ahead: int | None = None,
    ) -> None:
        self._layers = tuple(layers)
        self._cache = cache if options.verify else None
        if self._cache is not None:
            options = replace(options, fingerprint_algorithm=self._cache.fingerprint_algorithm)
        self._options, self._progress, self._ahead = options, progress, ahead
        self._changed = Condition()
        self._read = self._reported = self._asked = self._fresh_bytes = 0
        self._closed = False
        self._threads: list[Thread] = []
        self._workers: list[Worker] = []
        self._same: dict[int, int] = {}
        """Layer to the one that stands for it: the first with the same bytes of the same file."""
        self._twins: dict[int, list[int]] = {}
        """Layer to the later ones, elsewhere, that promise the same diff ID; gone when they may be read."""
        self._leader: dict[int, int] = {}
        self._done: dict[int, LayerReading | BaseException] = {}
        self.ranges: dict[int, FileRange] = {}
        self._share_out()
        self.total = sum(where.length for where in self.ranges.values())

    def _share_out(self) -> None:
        first: dict[_Range, int] = {}
        leaders: dict[str, int] = {}
        for index, layer in enumerate(self._layers):
            where, algorithm = layer.blob, digest_algorithm(layer.digest)
            if layer.reading is not None or where is None:
                self._same[index] = index
                self._done[index] = layer.reading or empty_reading(self._options)
                continue
            same = first.setdefault((where.path, where.offset, where.length, algorithm), index)
            self._same[index] = same
            if same != index:
                continue
            self.ranges[index] = where
            self._leader[index] = index
            if self._recognizable(index):
                leader = leaders.setdefault(str(layer.diff_id), index)
                self._leader[index] = leader
                if leader != index:
                    self._twins.setdefault(leader, []).append(index)
        waiting = [index for index in self.ranges if self._leader[index] == index]
        self._fresh_bytes = sum(self.ranges[i].length for i in self.ranges if not self._expected(i))
        if self._ahead is None:
            waiting.sort(key=lambda index: (self.ranges[index].length, -index))
        else:
            waiting.reverse()
        self._waiting = waiting

    def start_helpers(self, count: int) -> None:
        """Add threads, each of which starts a worker process when there is enough to read."""
        for _ in range(count):
            thread = Thread(target=self._help, daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def only_hashes(self) -> bool:
        """Whether helpers are at work that have hardly anything to read: they leave the interpreter to
        others, and start no process, into which a half loaded module could be copied."""
        return bool(self._threads) and self._fresh_bytes < PARALLEL_BYTES

    def result(self, index: int) -> LayerReading:
        """The reading of one layer; until it is there, this thread reads what nobody has begun.

        With `ahead`, to be asked for in the order of their leaders.
        """
        same = self._same[index]
        with self._changed:
            self._asked = max(self._asked, self.leader(index))
            self._changed.notify_all()
        while same not in self._done:
            taken = self._take(wait_for=same)
            if taken is not None:
                self._finish(taken, self._process(taken, self._read_here))
        found = self._done[same]
        if isinstance(found, BaseException):
            raise found
        return found

    def forget(self, index: int) -> None:
        """Let go of a reading that nobody will ask for again."""
        self._done.pop(index, None)

    def same(self, index: int) -> int:
        """The first layer that is the same bytes of the same file."""
        return self._same[index]

    def leader(self, index: int) -> int:
        """The first layer that promises the same diff ID; itself, if that promise cannot be checked."""
        same = self._same[index]
        return self._leader.get(same, same)

    def close(self) -> None:
        """Stop the helpers, also in the middle of a layer."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            workers = list(self._workers)
            self._changed.notify_all()
        for worker in workers:
            worker.close()
        for thread in self._threads:
            thread.join()

    def _take(self, *, wait_for: int | None = None) -> int | None:
        """The next blob, as soon as there is one; None at the end, or when `wait_for` is there."""
        with self._changed:
            while not self._closed:
                if wait_for is not None and wait_for in self._done:
                    return None
                if self._waiting and (
                    self._ahead is None or self._leader[self._waiting[-1]] <= self._asked + self._ahead
                ):
                    return self._waiting.pop()
                if wait_for is None and not self._waiting and not self._twins:
                    return None
                self._changed.wait()
            return None

    def _finish(self, index: int, found: LayerReading | BaseException) -> None:
        with self._changed:
            self._done[index] = found
            self._waiting += reversed(self._twins.pop(index, ()))
            self._changed.notify_all()

    def _help(self) -> None:
        workers: list[Worker] = []
        while (index := self._take()) is not None:
            try:
                self._finish(index, self._process(index, partial(self._read_there, workers)))
            except BaseException as error:  # noqa: BLE001  (raised where the result is asked for)
                self._finish(index, error)
                return

    def _process(self, index: int, read: Callable[[int], LayerReading]) -> LayerReading:
        """Recognize a blob by its fingerprint, or read it."""
        if self._recognizable(index):
            if self._expected(index):
                known = self._recognize(index)
                if known is not None:
                    return known
                self._fresh_bytes += self.ranges[index].length
            reading = read(index)
            if self._cache is not None and reading.error is None and reading.fingerprint:
                self._cache.keep(self._options, reading)
            return reading
        return read(index)

    def _recognizable(self, index: int) -> bool:
        """Whether the promises are of the kind that is computed, and are to be looked at."""
        layer = self._layers[index]
        promised = (layer.diff_id, layer.digest or "sha256:")
        return self._options.verify and all(text and text.startswith("sha256:") for text in promised)

    def _expected(self, index: int) -> bool:
        """Whether a reading of the same bytes may be there, so that hashing them pays."""
        layer, stored_bytes = self._layers[index], self.ranges[index].length
        known = self._read_before(index)
        if any(r.compressed_bytes == stored_bytes and layer.digest in (None, r.digest) for r in known):
            return True
        return (
            self._cache is not None
            and layer.diff_id is not None
            and self._recognizable(index)
            and self._cache.expects(self._options, layer.diff_id, stored_bytes)
        )

    def _read_before(self, index: int) -> list[LayerReading]:
        """What was read for the first layer that promises the same diff ID."""
        leader = self._leader[index]
        found = self._done.get(leader) if leader != index else None
        return [found] if isinstance(found, LayerReading) and found.error is None else []

    def _recognize(self, index: int) -> LayerReading | None:
        """Hash the stored bytes, and find the reading of just these."""
        diff_id, where = self._layers[index].diff_id, self.ranges[index]
        assert diff_id is not None
        try:
            fingerprint = range_digest(where, self._options.fingerprint_algorithm, self._advance)
        except LayerscopeError:  # reading it says what is wrong
            return None
        for known in self._read_before(index):
            if known.fingerprint == fingerprint:
                return known
        found = self._cache.load(self._options, diff_id, fingerprint) if self._cache is not None else None
        if found is None:
            self._advance(-where.length)
        return found

    def _read_here(self, index: int) -> LayerReading:
        return read_range(self.ranges[index], self._options_for(index), self._advance)

    def _options_for(self, index: int) -> ReadOptions:
        """Options for one layer. It gets threads when it alone is more than a process' share of the work."""
        share = self.total / (1 + len(self._threads))
        digest = digest_algorithm(self._layers[index].digest)
        fingerprint = self._options.fingerprint_algorithm if self._recognizable(index) else digest
        return replace(
            self._options,
            digest_algorithm=digest,
            fingerprint_algorithm=fingerprint,
            threads=self._options.threads and self.ranges[index].length >= share,
        )

    def _advance(self, count: int) -> None:
        if self._progress:
            with self._changed:
                self._read += count
                if self._read > self._reported:  # what was hashed in vain is read once more
                    self._reported = self._read
                    self._progress(self._read, self.total)

    def _read_there(self, workers: list[Worker], index: int) -> LayerReading:
        """Have this thread's worker read a layer; without one, or if it is lost (killed for its memory, say),
        read it here."""
        if not workers:
            self._start_worker(workers)
        if workers:
            try:
                return workers[0].read(self.ranges[index], self._options_for(index), self._advance)
            except WorkerLost:
                if self._closed:
                    raise
        return self._read_here(index)

    def _start_worker(self, workers: list[Worker]) -> None:
        """Start a worker process, if so much is to be read that it is worth one, and if that is possible."""
        if self._fresh_bytes < PARALLEL_BYTES:
            return
        with self._changed, suppress(WorkerLost):
            if not self._closed:
                workers.append(Worker())
                self._workers += workers
