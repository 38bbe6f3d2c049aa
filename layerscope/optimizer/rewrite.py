"""Writing one layer: its source layers pass once, and what was picked of them goes into the new one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

from layerscope.blobs.compress import Codec
from layerscope.blobs.compression import SNIFF_BYTES, Compression, sniff
from layerscope.blobs.hashing import in_background
from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.blobs.records import DROP, KEEP, Choice, copy_records
from layerscope.blobs.streams import Block, decompress, file_blocks, with_first_bytes
from layerscope.blobs.tar_entry import DIRECTORY, TarEntry
from layerscope.blobs.tar_write import (
    END_MARK,
    directory_record,
    edited_headers,
    link_record,
    marker_record,
)
from layerscope.errors import Malformed, Unsupported
from layerscope.image.changeset import Changeset
from layerscope.image.paths import (
    MARKER_PREFIX,
    OPAQUE_MARKER,
    Marker,
    classify_marker,
    is_aufs_path,
    normalize,
)
from layerscope.notices import NoticeLog
from layerscope.optimizer.picks import LayerPicks
from layerscope.sinks.layer_writer import LayerWriter, WrittenLayer
from layerscope.sinks.sink import Sink

__all__ = [
    "ByteProgress",
    "Chooser",
    "MarkersToCopy",
    "OpenLayer",
    "copy_blob",
    "plain_blocks",
    "write_layer",
]

ByteProgress = Callable[[int], None]
OpenLayer = Callable[[int], Generator[Block, None, None]]


def plain_blocks(blob: FileRange, limits: Limits, progress: ByteProgress) -> Generator[Block, None, None]:
    """The uncompressed stream of a layer's blob; `progress` hears of the stored bytes."""
    prefix, blocks = with_first_bytes(_reported(file_blocks(blob), progress), SNIFF_BYTES)
    compression = sniff(prefix)
    if compression is Compression.NONE:
        yield from blocks
        return
    with closing(in_background(decompress(blocks, compression, limits, NoticeLog()))) as stream:
        yield from stream


def _reported(blocks: Iterator[Block], progress: ByteProgress) -> Iterator[Block]:
    for block in blocks:
        progress(len(block))
        yield block


def copy_blob(sink: Sink, blob: FileRange, layer: WrittenLayer, progress: ByteProgress) -> None:
    """Store a layer's blob as it is; what it is called was computed when it was read."""
    sink.begin_blob()
    for block in file_blocks(blob):
        progress(len(block))
        sink.write(block)
    sink.end_blob(layer.digest)


def write_layer(
    picks: LayerPicks,
    changesets: Sequence[Changeset],
    open_layer: OpenLayer,
    *,
    sink: Sink,
    codec: Codec,
    limits: Limits,
) -> WrittenLayer:
    """Write one layer. `open_layer` gives the uncompressed stream of a source layer, which is read once.

    Raises what reading raises, and OutputError.
    """
    writer = LayerWriter(sink, codec)
    try:
        for record in _made_first(picks, changesets):
            writer.write(record)
        markers = MarkersToCopy(picks)
        for source in sorted({*picks.picks, *picks.sources}):
            if source not in picks.picks and not markers.has_some_in(changesets[source], source):
                continue
            with closing(open_layer(source)) as blocks:
                chooser = Chooser(picks, changesets[source], source, markers)
                copy_records(blocks, chooser.choose, writer.write, limits=limits)
                chooser.check()
        for path, target, metadata in picks.links:
            writer.write(link_record(path, target, metadata))
        writer.write(END_MARK)
        return writer.close()
    except BaseException:
        writer.abandon()
        raise


def _made_first(picks: LayerPicks, changesets: Sequence[Changeset]) -> Iterator[bytes]:
    """Records that no source layer has. Markers come before everything that they could be read to act on."""
    for path in sorted(picks.directories):
        yield directory_record(path, picks.directories[path])
    for path in picks.made_opaques(changesets):
        yield marker_record((path + b"/" if path else b"") + OPAQUE_MARKER)
    for path in picks.made_whiteouts(changesets):
        parent, slash, name = path.rpartition(b"/")
        yield marker_record(parent + slash + MARKER_PREFIX + name)


class MarkersToCopy:
    """Markers that are still to be copied: each once, from the first source layer that has it."""

    def __init__(self, picks: LayerPicks) -> None:
        self.whiteouts = set(picks.whiteouts)
        self.opaques = set(picks.opaques)
        self._sources = picks.sources
        self.root_of = picks.root_of

    def has_some_in(self, changeset: Changeset, source: int) -> bool:
        """Whether a source layer that no entry is taken of has markers to copy, or the root's entry."""
        return source == self.root_of or bool(
            self.whiteouts.intersection(changeset.whiteouts) or self.opaques.intersection(changeset.opaques)
        )

    def take(self, parent: bytes, base: bytes) -> bool:
        """Whether a marker is to be copied; it is not again."""
        kind = classify_marker(base)
        if kind is Marker.OPAQUE:
            wanted, path = self.opaques, parent
        elif kind is Marker.WHITEOUT:
            name = base[len(MARKER_PREFIX) :]
            wanted, path = self.whiteouts, parent + b"/" + name if parent else name
        else:
            return False
        if path not in wanted:
            return False
        wanted.discard(path)
        return True


class Chooser:
    """Says of each record of one source layer what becomes of it, counting entries as the changeset does."""

    def __init__(self, picks: LayerPicks, changeset: Changeset, source: int, markers: MarkersToCopy) -> None:
        pick = picks.picks.get(source)
        self._taken = pick.taken if pick else bytearray(len(changeset))
        self.edits = pick.edits if pick else {}
        self.changeset = changeset
        self._source = source
        self._is_own = source in picks.sources
        self._markers = markers
        self._index = 0

    def choose(self, entry: TarEntry, headers: Callable[[], bytes]) -> Choice:
        """The choice for the next record."""
        name = entry[0]
        if (b".wh." in name or b".." in name or not name.strip(b"./")) and (
            special := self.special(entry, headers)
        ):
            return special
        index = self._index
        self._index += 1
        if index >= len(self._taken):
            raise self._other()
        if not self._taken[index]:
            return DROP
        if self.changeset.kinds[index] != entry[1]:
            raise Unsupported(
                f"layer {self._source}: hard links to AUFS metadata; flatten such an image first"
            )
        return self.taken(index, headers)

    def taken(self, index: int, headers: Callable[[], bytes]) -> Choice:
        """The choice for an entry that is taken: as it stands, or with its edit."""
        edit = self.edits.get(index)
        if edit is None:
            return KEEP
        made = edited_headers(headers(), edit.path, target=edit.target, metadata=edit.metadata)
        return Choice(copies=True, headers=made)

    def check(self) -> None:
        """Raise Malformed if the layer had not the entries that it had when it was read first."""
        if self._index != len(self.changeset):
            raise self._other()

    def special(self, entry: TarEntry, _headers: Callable[[], bytes]) -> Choice | None:
        """The choice for what is no entry of the changeset: the root, markers, AUFS metadata."""
        path, _ = normalize(entry[0])
        if not path:
            return KEEP if self.is_root(entry) else DROP
        if is_aufs_path(path):
            return DROP
        parent, _, base = path.rpartition(b"/")
        if base.startswith(MARKER_PREFIX):
            return KEEP if self._is_own and self._markers.take(parent, base) else DROP
        return None

    def is_root(self, entry: TarEntry) -> bool:
        """Whether an entry that is called like the root is that of the root, and is to be copied."""
        return entry[1] == DIRECTORY and self._is_own and self._markers.root_of == self._source

    def _other(self) -> Malformed:
        return Malformed(f"layer {self._source}: changed while it was read")
