"""One layer on its way into a blob: hashed, compressed, hashed again."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.blobs.compress import Codec
from layerscope.blobs.compression import Compression
from layerscope.blobs.hashing import RunningDigest
from layerscope.blobs.streams import Block
from layerscope.oci.digest import DiffID, Digest
from layerscope.sinks.sink import Sink

__all__ = ["LayerWriter", "WrittenLayer"]

_GATHER_BYTES = 1 << 20
_LARGE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class WrittenLayer:
    """A layer that was written: its identities and sizes in bytes."""

    diff_id: DiffID
    digest: Digest
    compression: Compression
    compressed_bytes: int
    tar_bytes: int
    annotations: tuple[tuple[str, str], ...] = ()


class LayerWriter:
    """Takes a layer's tar in pieces of any size. Pieces must not change afterwards."""

    def __init__(self, sink: Sink, codec: Codec) -> None:
        self._sink = sink
        self._codec = codec
        self._compressor = codec.compressor()
        self._plain = RunningDigest()
        self._stored = RunningDigest() if codec.compression is not Compression.NONE else self._plain
        self._small: list[Block] = []
        self._small_bytes = 0
        self.tar_bytes = 0
        self._compressed_bytes = 0
        sink.begin_blob()

    def write(self, block: Block) -> None:
        """Take the next piece. Small ones are gathered: a header alone is not worth a system call."""
        self.tar_bytes += len(block)
        if len(block) >= _LARGE_BYTES:
            self._pass_gathered()
            self._pass(block)
            return
        self._small.append(block)
        self._small_bytes += len(block)
        if self._small_bytes >= _GATHER_BYTES:
            self._pass_gathered()

    def close(self) -> WrittenLayer:
        """End the blob and name it."""
        self._pass_gathered()
        self._store(self._compressor.flush())
        diff_id = DiffID(self._plain.close())
        stored = diff_id if self._stored is self._plain else self._stored.close()
        digest = Digest(stored)
        self._sink.end_blob(digest)
        return WrittenLayer(diff_id, digest, self._codec.compression, self._compressed_bytes, self.tar_bytes)

    def abandon(self) -> None:
        """End the threads of a layer that could not be written."""
        for digest in {self._plain, self._stored}:
            digest.close()

    def _pass_gathered(self) -> None:
        if self._small:
            gathered = b"".join(self._small)
            self._small.clear()
            self._small_bytes = 0
            self._pass(gathered)

    def _pass(self, block: Block) -> None:
        self._plain.update(block)
        self._store(self._compressor.compress(block))

    def _store(self, block: Block) -> None:
        if not len(block):
            return
        if self._stored is not self._plain:
            self._stored.update(block)
        self._compressed_bytes += len(block)
        self._sink.write(block)
