"""A stream as a store: standard input, and archives that are compressed as a whole, in one pass.

Documents come after the layers they speak of (`manifest.json` stands last in an archive of `docker save`), so
whatever looks like a layer is read as it passes, and everything else that could be a document is kept. Links
are resolved when the stream has ended. Nothing is written to disk.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from layerscope.blobs.archive import stream_members
from layerscope.blobs.compression import SNIFF_BYTES, Compression, sniff
from layerscope.blobs.hashing import digest_algorithm, in_background
from layerscope.blobs.pax import is_header
from layerscope.blobs.streams import Block, decompress, with_first_bytes
from layerscope.errors import InvalidImage, LimitExceeded, Malformed, Truncated
from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions, read_blocks
from layerscope.notices import Notice, NoticeLog
from layerscope.sources.archive import table_notices
from layerscope.sources.members import MemberTable
from layerscope.sources.names import member_name, normalize
from layerscope.sources.store import Stored, check_document_size

__all__ = ["StreamStore", "looks_like_layer"]

_BLOCK_BYTES = 512

_SMALL_BYTES = 1 << 20
"""What is kept from a blob that is neither a tar nor compressed nor JSON, so that it can be either when the
manifest says which: a damaged layer, a damaged configuration."""

_DOCUMENT_NAME = re.compile(rb"(^|/)(\w+\.json|json|oci-layout|repositories)$")
_ALGORITHM = re.compile(rb"(?:^|/)blobs/([a-z0-9]+)/[^/]+$")
_BLOB_NAME = re.compile(rb"^blobs/|^sha256:|^[0-9a-f]{64}(/|$)|\.tar(\.\w+)?$|\.tgz$")


class StreamStore:
    """What one pass over an archive left: documents as bytes, layers as readings."""

    is_archive = True

    def __init__(self, blocks: Iterable[Block], label: str, options: ReadOptions) -> None:
        """Read the whole stream. Raises LimitExceeded; a stream that breaks off sets `error`."""
        self.label = label
        self.error: InvalidImage | None = None
        self._options = options
        self._limits = options.limits
        self._log = NoticeLog()
        self._table = MemberTable()
        self._documents: dict[bytes, bytes] = {}
        self._readings: dict[bytes, LayerReading] = {}
        self._document_bytes = 0
        self._cut = b""
        try:
            with _let_go(self._decompressed(blocks)) as members:
                self._read_members(members)
        except InvalidImage as error:
            self.error = error.with_traceback(None)  # a traceback would keep the whole stream alive
        except LimitExceeded as error:
            raise error.at(label) from error
        self._log.extend(table_notices(self._table))

    def find(self, name: str) -> Stored | None:
        """Find what passed; what was kept as a document is read as a layer from memory."""
        found = self._table.resolve(member_name(name))
        if found is None:
            return None
        key, member = found
        if key not in self._readings and (key in self._documents or not member.size):
            self._readings[key] = read_blocks(
                _one_block(self._documents.get(key, b"")), self._options_for(key)
            )
        return Stored(member.size, reading=self._readings.get(key))

    def read(self, name: str) -> bytes | None:
        """A document that was kept."""
        found = self._table.resolve(member_name(name))
        if found is None:
            return None
        key, member = found
        check_document_size(name, member.size, self._limits)
        if key in self._documents or not member.size:
            return self._documents.get(key, b"")
        if key == self._cut:
            raise Truncated(f"{name}: the archive breaks off inside it")
        raise Malformed(f"{name}: is not a JSON document")

    def names(self) -> Iterator[bytes]:
        """Names of all members but directories."""
        return self._table.names()

    def notices(self) -> tuple[Notice, ...]:
        """What is odd about the stream and its members."""
        return self._log.notices()

    def close(self) -> None:
        """Nothing is held open."""

    def _decompressed(self, blocks: Iterable[Block]) -> Generator[Block]:
        """The archive itself; it is decompressed beside the parsing of what is in it."""
        prefix, whole = with_first_bytes(blocks, SNIFF_BYTES)
        if not prefix:
            raise Truncated("there is nothing in it")
        compression = sniff(prefix)
        if compression is Compression.NONE:
            yield from whole
        else:
            yield from in_background(decompress(whole, compression, self._limits, self._log))

    def _read_members(self, blocks: Iterable[Block]) -> None:
        for member, data in stream_members(blocks, self._limits):
            self._table.add(member)
            name = normalize(member.name)
            self._documents.pop(name, None)  # of a name that comes twice the last counts
            self._readings.pop(name, None)
            if member.kind == "file" and member.size:
                self._cut = name
                self._read_member(name, member.size, data)
            self._cut = b""

    def _read_member(self, name: bytes, size: int, data: Iterator[Block]) -> None:
        prefix, whole = with_first_bytes(data, _BLOCK_BYTES)
        if looks_like_layer(prefix):
            self._readings[name] = read_blocks(whole, self._options_for(name))
        elif _is_document(name, size, prefix):
            if size <= self._limits.document_bytes:
                self._keep(name, b"".join(whole))
        elif _BLOB_NAME.search(name):  # a damaged layer, an encrypted one, a file system image
            self._readings[name] = read_blocks(whole, self._options_for(name))

    def _options_for(self, name: bytes) -> ReadOptions:
        """Options for a layer. What is promised for it comes later; its name tells with which algorithm."""
        found = _ALGORITHM.search(name)
        algorithm = digest_algorithm(found[1].decode() if found else None)
        return replace(self._options, digest_algorithm=algorithm, fingerprint_algorithm=algorithm)

    def _keep(self, name: bytes, document: bytes) -> None:
        self._document_bytes += len(document)
        if self._document_bytes > self._limits.documents_bytes:
            bound = self._limits.documents_bytes
            raise LimitExceeded(f"more than {bound:,} bytes of documents (limit documents_bytes)")
        self._documents[name] = document


@contextmanager
def _let_go(blocks: Generator[Block]) -> Iterator[Generator[Block]]:
    """Close a stream when it is read, or when reading it is given up.

    After Ctrl-C a layer's thread may still be waiting in it for a silent pipe; such a thread ends with the
    program.
    """
    try:
        yield blocks
    finally:
        with suppress(ValueError):
            blocks.close()


def looks_like_layer(prefix: bytes) -> bool:
    """Tell from the first 512 bytes whether a member is a tar or compressed."""
    return sniff(prefix) is not Compression.NONE or is_header(prefix)


def _is_document(name: bytes, size: int, prefix: bytes) -> bool:
    if prefix.lstrip()[:1] in {b"{", b"["} or _DOCUMENT_NAME.search(name):
        return True
    return size <= _SMALL_BYTES and _BLOB_NAME.search(name) is not None


def _one_block(data: bytes) -> Iterator[bytes]:
    if data:
        yield data
