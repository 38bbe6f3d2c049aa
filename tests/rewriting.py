"""Optimizing layers in memory: the same code as for files, without any."""

from __future__ import annotations

from array import array
from collections.abc import Generator, Sequence

from layerscope.blobs.compress import Codec
from layerscope.blobs.compression import Compression
from layerscope.blobs.limits import DEFAULT_LIMITS
from layerscope.blobs.streams import Block
from layerscope.image.changeset import Changeset
from layerscope.oci.digest import Digest
from layerscope.optimizer.normalize import write_normalized_layer
from layerscope.optimizer.picks import LayerPicks
from layerscope.optimizer.replay import replay
from layerscope.optimizer.rewrite import write_layer
from layerscope.optimizer.select import select
from tests.builders import read_layer

__all__ = ["MemorySink", "rewritten", "selected", "whiteouts_of"]


class MemorySink:
    """Blobs as bytes, in the order in which they were written."""

    format = "memory"

    def __init__(self) -> None:
        self.blobs: list[bytes] = []
        self.digests: list[Digest] = []

    def begin_blob(self) -> None:
        self.blobs.append(b"")

    def write(self, block: Block) -> None:
        self.blobs[-1] += bytes(block)

    def end_blob(self, digest: Digest) -> None:
        self.digests.append(digest)


def selected(
    tars: Sequence[bytes],
    *,
    kept: int = 0,
    groups: Sequence[tuple[int, ...]] | None = None,
    latest_ns: int | None = None,
    dropped: Sequence[bytes] = (),
) -> list[LayerPicks]:
    """What is picked for each written layer; without `groups` each layer stays one.

    Paths that are `dropped` are to be gone: for that there has to be a group.
    """
    changesets = [read_layer(tar, content_hash="sha256") for tar in tars]
    groups = [(i,) for i in range(kept, len(tars))] if groups is None else groups
    whole = [*changesets, whiteouts_of(dropped)] if dropped else changesets
    replayed = replay(whole, kept, DEFAULT_LIMITS, latest_ns=latest_ns)
    return select(replayed, groups, extra=len(changesets) if dropped else None)


def whiteouts_of(paths: Sequence[bytes]) -> Changeset:
    """A layer of whiteouts that stands in no source."""
    return Changeset(whiteouts=list(paths), whiteout_positions=array("I", bytes(4 * len(paths))))


def rewritten(
    tars: Sequence[bytes],
    *,
    kept: int = 0,
    groups: Sequence[tuple[int, ...]] | None = None,
    block: int = 1 << 20,
    latest_ns: int | None = None,
    dropped: Sequence[bytes] = (),
) -> list[bytes]:
    """The kept layers as they are, then the written ones, in normal form with `latest_ns`; empty ones too."""

    def opened(source: int) -> Generator[Block, None, None]:
        tar = tars[source]
        for start in range(0, len(tar), block):
            yield tar[start : start + block]

    changesets = [read_layer(tar, content_hash="sha256") for tar in tars]
    written = list(tars[:kept])
    for picks in selected(tars, kept=kept, groups=groups, latest_ns=latest_ns, dropped=dropped):
        if latest_ns is not None:
            sink, plain = MemorySink(), Codec(Compression.NONE)
            options = {"sink": sink, "codec": plain, "limits": DEFAULT_LIMITS, "latest_ns": latest_ns}
            write_normalized_layer(picks, changesets, opened, **options)  # type: ignore[arg-type]
            written += sink.blobs
            continue
        if picks.is_verbatim(changesets):
            written.append(tars[picks.sources[0]])
            continue
        sink, plain = MemorySink(), Codec(Compression.NONE)
        write_layer(picks, changesets, opened, sink=sink, codec=plain, limits=DEFAULT_LIMITS)  # type: ignore[arg-type]
        written += sink.blobs
    return written
