"""What images would share if files were stored in chunks, as some formats do. Nothing is converted.

Every content is read once more, since layers are kept as lists of entries and not as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from layerscope.analysis.sharing_types import ChunkForecast, ChunkScheme
from layerscope.blobs.compression import SNIFF_BYTES, Compression, sniff
from layerscope.blobs.hashing import content_hash
from layerscope.blobs.limits import Limits
from layerscope.blobs.streams import Block, decompress, file_blocks, with_first_bytes
from layerscope.blobs.tar import TarReader
from layerscope.blobs.tar_entry import FILE
from layerscope.errors import MissingDependency, Unsupported
from layerscope.image.layer import Layer
from layerscope.notices import NoticeLog

if TYPE_CHECKING:
    from layerscope.fleet.cuts import Cutter

__all__ = ["ChunkCounter", "forecast_chunks", "require_chunks"]

NYDUS_CHUNK_BYTES = 1 << 20
ESTARGZ_CHUNK_BYTES = 4 << 20

Progress = Callable[[int, int], None]


def require_chunks() -> None:
    """Find out before anything is read whether chunks can be cut. Raises MissingDependency."""
    try:
        import numpy  # noqa: F401, PLC0415
    except ImportError as error:
        raise MissingDependency(
            "--chunks: numpy is not installed; install it with: pip install 'layerscope[chunks]'"
        ) from error


def forecast_chunks(
    layers: Sequence[Layer], limits: Limits, progress: Progress | None = None
) -> tuple[ChunkForecast, ...]:
    """Cut the contents of these layers, each of them another one, in every scheme.

    `progress` hears of bytes as stored. Holes of sparse files are left out. Raises Unsupported for a layer
    that passed in a stream and cannot be read again, and what the tar reader raises.
    """
    counter = ChunkCounter()
    total = sum(layer.blob.length for layer in layers if layer.blob is not None)
    done = 0
    for layer in layers:
        if layer.blob is None:
            raise Unsupported(
                "--chunks: layers that pass once cannot be read again; unpack the archive, or save it"
            )
        for content in _contents(file_blocks(layer.blob), limits):
            counter.add(content)
        done += layer.blob.length
        if progress is not None:
            progress(done, total)
    return counter.forecasts()


def _contents(blocks: Iterable[Block], limits: Limits) -> Iterator[Iterator[Block]]:
    """The files of a layer, each in pieces, which have to be taken before the next is asked for."""
    log = NoticeLog()
    prefix, stream = with_first_bytes(blocks, SNIFF_BYTES)
    compression = sniff(prefix)
    if compression is not Compression.NONE:
        stream = decompress(stream, compression, limits, log)
    reader = TarReader(stream, hasher=None, limits=limits, log=log, to_the_end=False)
    for entry in reader:
        if entry[1] == FILE and entry[3]:
            yield reader.data()


class ChunkCounter:
    """The different chunks of many files, in every scheme."""

    def __init__(self) -> None:
        from layerscope.fleet.cuts import EvenCutter, RollingCutter  # noqa: PLC0415  # it needs numpy

        self._counts = (
            _Count(ChunkScheme.ZSTD_CHUNKED, RollingCutter),
            _Count(ChunkScheme.NYDUS, lambda: EvenCutter(NYDUS_CHUNK_BYTES)),
            _Count(ChunkScheme.ESTARGZ, lambda: EvenCutter(ESTARGZ_CHUNK_BYTES)),
        )

    def add(self, content: Iterable[Block]) -> None:
        """Cut one file, which comes in pieces."""
        for count in self._counts:
            count.begin()
        for piece in map(bytes, content):
            for count in self._counts:
                count.feed(piece)
        for count in self._counts:
            count.feed(b"", last=True)

    def forecasts(self) -> tuple[ChunkForecast, ...]:
        """What was counted so far."""
        return tuple(
            ChunkForecast(each.scheme, len(each.sizes), sum(each.sizes.values())) for each in self._counts
        )


class _Count:
    def __init__(self, scheme: ChunkScheme, cutter: Callable[[], Cutter]) -> None:
        hasher = content_hash("xxh3-128")
        assert hasher is not None
        self.scheme = scheme
        self.sizes: dict[bytes, int] = {}
        """Of each different chunk, but for holes, which nobody stores."""
        self._new_cutter, self._new_hash = cutter, hasher.new
        self.begin()

    def begin(self) -> None:
        self._cutter = self._new_cutter()
        self._hash, self._size = self._new_hash(), 0

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        for segment, is_hole, ends in self._cutter.segments(piece, last=last):
            self._hash.update(segment)
            self._size += len(segment)
            if ends:
                if not is_hole:
                    self.sizes[self._hash.digest()] = self._size
                self._hash, self._size = self._new_hash(), 0
