"""Reading one layer: from where its bytes lie to a LayerReading, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace

from layerscope.blobs.compression import SNIFF_BYTES, Compression, sniff
from layerscope.blobs.hashing import StreamDigest, content_hash, in_background
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.blobs.location import FileRange
from layerscope.blobs.streams import Block, decompress, file_blocks, with_first_bytes
from layerscope.blobs.tar import TarReader
from layerscope.errors import LayerscopeError
from layerscope.image.changeset import Changeset
from layerscope.image.keeping import ContentKeeper, gather_documents
from layerscope.image.layer import Layer, LayerReading
from layerscope.image.parse import ChangesetBuilder
from layerscope.notices import NoticeLog, Severity
from layerscope.oci.digest import DiffID, Digest

__all__ = ["ReadOptions", "empty_reading", "read_blocks", "read_range", "verify_reading"]

ByteProgress = Callable[[int], None]
"""Called with the number of stored bytes read since the last call."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How layers are read. Plain data: it travels to worker processes."""

    verify: bool = True
    """Compute digest and diff ID of the bytes that pass."""
    content_hash: str = "xxh3-128"
    """`xxh3-128` (to tell rewritten files from changed ones), `sha256` (to list digests) or `none`."""
    digest_algorithm: str = "sha256"
    """Algorithm of the blob digest to compute."""
    fingerprint_algorithm: str = "sha256"
    """Algorithm of the fingerprint to compute; nothing more to do where it is that of the digest."""
    threads: bool = True
    """Whether a layer may use threads of its own, for hashing and inflating. That pays where no other layer
    keeps the processors busy; else handing blocks from thread to thread only costs."""
    limits: Limits = DEFAULT_LIMITS


def read_range(where: FileRange, options: ReadOptions, progress: ByteProgress | None = None) -> LayerReading:
    """Read a blob that lies in a file."""
    blocks = file_blocks(where)
    return read_blocks(_reporting(blocks, progress) if progress else blocks, options)


def read_blocks(blocks: Iterable[Block], options: ReadOptions) -> LayerReading:
    """Read one layer's blob from its stored bytes, whatever its compression, in one pass.

    A damaged blob raises nothing: the reading holds what came before the damage, and the `error`.
    """
    log = NoticeLog()
    hasher = content_hash(options.content_hash)
    builder = ChangesetBuilder(hasher, log)
    error: LayerscopeError | None = None
    compression = Compression.NONE
    stored = plain = StreamDigest((), beside=False)
    unpacked: Generator[Block, None, None] = _nothing()
    try:
        prefix, stream = with_first_bytes(blocks, SNIFF_BYTES)
        compression = sniff(prefix)
        beside = options.threads
        algorithms = (options.digest_algorithm, options.fingerprint_algorithm) if options.verify else ()
        stored = plain = StreamDigest(stream, *algorithms, beside=beside)
        if compression is not Compression.NONE:
            unpacked = decompress(stored, compression, options.limits, log)
            unpacked = in_background(unpacked) if beside else unpacked
        if compression is not Compression.NONE or (options.verify and "sha256" not in algorithms):
            source = stored if compression is Compression.NONE else unpacked
            plain = StreamDigest(source, *(("sha256",) if options.verify else ()), beside=beside)
        limits = options.limits
        reader = TarReader(plain, hasher=hasher, limits=limits, log=log, gather=gather_documents(limits))
        builder.add_all(reader, ContentKeeper(reader.contents, builder.changeset, limits, log))
    except LayerscopeError as caught:
        error = caught.with_traceback(None)  # its frames would keep the stream, its files and threads alive
    finally:
        unpacked.close()
    if compression in (Compression.BZIP2, Compression.XZ):
        log.add(
            "not-portable", Severity.INFO, f"{compression} layers are not portable: containerd refuses them"
        )
    changeset = builder.changeset
    changeset.tar_bytes = plain.length
    complete = error is None and options.verify
    return LayerReading(
        changeset=changeset,
        compression=compression,
        compressed_bytes=stored.length,
        digest=Digest(stored.digest(options.digest_algorithm)) if complete else None,
        diff_id=DiffID(plain.digest("sha256")) if complete else None,
        fingerprint=stored.digest(options.fingerprint_algorithm) if complete else None,
        notices=log.notices(),
        error=error,
    )


def _nothing() -> Generator[Block, None, None]:
    yield from ()


def _reporting(blocks: Iterable[Block], progress: ByteProgress) -> Iterator[Block]:
    for block in blocks:
        yield block
        progress(len(block))


def empty_reading(options: ReadOptions) -> LayerReading:
    """The reading of a layer whose bytes are not there."""
    hasher = content_hash(options.content_hash)
    changeset = Changeset(
        content_hash=hasher.name if hasher else "none", digest_size=hasher.size if hasher else 0
    )
    return LayerReading(changeset, Compression.NONE, 0, None, None)


def verify_reading(layer: Layer, reading: LayerReading) -> LayerReading:
    """Compare what was read with what the image promised; mismatches become notices of Severity.ERROR.

    A promise that cannot be checked, of an algorithm that was not computed, becomes a warning.

    Spec: image-spec v1.1.1, descriptor.md#digests (content SHOULD be verified before use).
    """
    if layer.absent is not None:  # the source has said why; nothing was read that could be compared
        return reading
    log = NoticeLog()
    log.extend(reading.notices)
    if reading.error is not None:
        log.add("layer-damaged", Severity.ERROR, str(reading.error))
    if layer.size is not None and layer.size != reading.compressed_bytes and reading.error is None:
        log.add(
            "size-mismatch",
            Severity.ERROR,
            f"the blob has {reading.compressed_bytes:,} bytes, the manifest says {layer.size:,}",
        )
    for code, what, promised, found in (
        ("digest-mismatch", "digest", layer.digest, reading.digest),
        ("diff-id-mismatch", "diff ID", layer.diff_id, reading.diff_id),
    ):
        if not promised or not found or promised == found:
            continue
        if promised.partition(":")[0] == found.partition(":")[0]:
            log.add(code, Severity.ERROR, f"the bytes have the {what} {found}, the image says {promised}")
        else:
            log.add("digest-not-verified", Severity.WARNING, f"the {what} {promised} could not be checked")
    _check_media_type(layer, reading, log)
    return replace(reading, notices=log.notices())


def _check_media_type(layer: Layer, reading: LayerReading, log: NoticeLog) -> None:
    """Engines look at the bytes, and so does layerscope; a media type that lies is worth a word."""
    suffix = layer.media_type.rpartition("+")[2].rpartition(".")[2]
    promised = {"gzip": Compression.GZIP, "zstd": Compression.ZSTD, "tar": Compression.NONE}.get(suffix)
    if promised is None or promised is reading.compression or reading.compressed_bytes == 0:
        return
    log.add(
        "media-type-mismatch",
        Severity.INFO,
        f"the media type {layer.media_type} says {promised}, the bytes are {reading.compression}",
    )
