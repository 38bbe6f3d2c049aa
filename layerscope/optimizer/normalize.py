"""Writing one layer so that its bytes depend on what is in it: sorted, with headers made anew.

The records pass in the order of the source and are gathered in a nameless file; then they are written in
the order of their paths. What a header says beyond the entry (names of owners, times of access, the dialect
of the tar) is left out, and times after a given one become that one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from layerscope.blobs.compress import Codec
from layerscope.blobs.limits import Limits
from layerscope.blobs.records import DROP, Choice, copy_records
from layerscope.blobs.streams import Block
from layerscope.blobs.tar_entry import TarEntry
from layerscope.blobs.tar_write import (
    END_MARK,
    Metadata,
    body_range,
    directory_record,
    link_record,
    marker_record,
    normalized_headers,
)
from layerscope.errors import Malformed
from layerscope.image.changeset import Changeset
from layerscope.image.paths import MARKER_PREFIX, OPAQUE_MARKER, normalize
from layerscope.optimizer.order import path_order
from layerscope.optimizer.picks import LayerPicks
from layerscope.optimizer.rewrite import Chooser, MarkersToCopy, OpenLayer
from layerscope.sinks.archive import output_errors
from layerscope.sinks.layer_writer import LayerWriter, WrittenLayer
from layerscope.sinks.sink import Sink

__all__ = ["write_normalized_layer"]

_PIECE_BYTES = 1 << 20


def write_normalized_layer(
    picks: LayerPicks,
    changesets: Sequence[Changeset],
    open_layer: OpenLayer,
    *,
    sink: Sink,
    codec: Codec,
    limits: Limits,
    latest_ns: int,
    beside: Path | None = None,
) -> WrittenLayer:
    """Write one layer as `write_layer` does, in normal form; times after `latest_ns` become that.

    The nameless file is made in the directory of `beside`. Raises what reading raises, and OutputError.
    """
    with _Gathered(beside) as gathered:
        for path, made in _made(picks):
            gathered.note(path_order(path), len(made))
            gathered.write(made)
        for source in sorted({*picks.picks, *picks.sources}):
            if source not in picks.picks and source != picks.root_of:
                continue
            with closing(open_layer(source)) as blocks:
                chooser = _NormalChooser(
                    picks, changesets[source], source, gathered=gathered, latest_ns=latest_ns
                )
                copy_records(blocks, chooser.choose, gathered.write, limits=limits)
                chooser.check()
        writer = LayerWriter(sink, codec)
        try:
            gathered.pass_on(writer.write)
            writer.write(END_MARK)
            return writer.close()
        except BaseException:
            writer.abandon()
            raise


def _made(picks: LayerPicks) -> list[tuple[bytes, bytes]]:
    """Records that are made whatever the source has: directories, markers, links."""
    made = [(path, directory_record(path, metadata)) for path, metadata in picks.directories.items()]
    for path in picks.opaques:
        marker = (path + b"/" if path else b"") + OPAQUE_MARKER
        made.append((marker, marker_record(marker)))
    for path in picks.whiteouts:
        parent, slash, name = path.rpartition(b"/")
        marker = parent + slash + MARKER_PREFIX + name
        made.append((marker, marker_record(marker)))
    made += [(path, link_record(path, target, metadata)) for path, target, metadata in picks.links]
    return made


class _Gathered:
    """The records of one layer in a file without a name, and where each lies."""

    def __init__(self, beside: Path | None) -> None:
        self._beside = beside or Path(tempfile.gettempdir()) / "layer"
        self._where: list[tuple[bytes, int, int]] = []
        self._noted = 0
        with output_errors(self._beside):
            self._file = tempfile.TemporaryFile(dir=self._beside.parent)  # noqa: SIM115  # closed by __exit__

    def __enter__(self) -> _Gathered:
        return self

    def __exit__(self, *_exc: object) -> None:
        with output_errors(self._beside):
            self._file.close()

    def note(self, order: bytes, length: int) -> None:
        """The next `length` bytes that are written are one record."""
        self._where.append((order, self._noted, length))
        self._noted += length

    def write(self, block: Block) -> None:
        """Take the next bytes."""
        with output_errors(self._beside):
            self._file.write(block)

    def pass_on(self, write: Callable[[Block], object]) -> None:
        """Hand all records on in their order."""
        with output_errors(self._beside):
            self._file.flush()
            if self._file.seek(0, 2) != self._noted:
                raise Malformed("a record is not as long as its header says")
        self._where.sort()
        for begin, end in self._runs():
            position = begin
            while position < end:
                with output_errors(self._beside):
                    self._file.seek(position)
                    piece = self._file.read(min(_PIECE_BYTES, end - position))
                if not piece:
                    raise Malformed("a record is not as long as its header says")
                write(piece)
                position += len(piece)

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Where records lie one after the other as they should: many layers come nearly sorted."""
        begun = ended = 0
        for _, start, length in self._where:
            if start != ended:
                if begun < ended:
                    yield begun, ended
                begun = start
            ended = start + length
        if begun < ended:
            yield begun, ended


class _NormalChooser(Chooser):
    """Gives every record that is taken its normal headers, and notes where it will lie."""

    def __init__(
        self, picks: LayerPicks, changeset: Changeset, source: int, *, gathered: _Gathered, latest_ns: int
    ) -> None:
        no_markers = LayerPicks(picks.sources, root_of=picks.root_of)  # they are made anew
        super().__init__(picks, changeset, source, MarkersToCopy(no_markers))
        self._gathered = gathered
        self._latest_ns = latest_ns
        self._has_root = False

    def taken(self, index: int, headers: Callable[[], bytes]) -> Choice:
        """The choice for an entry that is taken."""
        changeset, edit = self.changeset, self.edits.get(index)
        path = edit.path if edit else changeset.path(index)
        target = edit.target if edit else changeset.link_targets.get(index)
        mode, uid, gid = changeset.attributes[changeset.attribute_ids[index]]
        own = Metadata(mode, uid, gid, changeset.mtime_ns(index), changeset.xattrs.get(index, ()))
        return self._normal(headers(), path, (edit.metadata if edit else None) or own, target)

    def special(self, entry: TarEntry, headers: Callable[[], bytes]) -> Choice | None:
        """The choice for the root's own entry; markers are made anew."""
        found = super().special(entry, headers)
        root = self.changeset.root_entry
        if normalize(entry[0])[0] or root is None or not self.is_root(entry):
            return DROP if found else None
        if self._has_root:
            return DROP
        self._has_root = True
        return self._normal(
            headers(), b"", Metadata(root.mode, root.uid, root.gid, root.mtime_ns, root.xattrs), None
        )

    def _normal(self, raw: bytes, path: bytes, metadata: Metadata, target: bytes | None) -> Choice:
        begin, length = body_range(raw)
        time = min(metadata.mtime_ns, self._latest_ns)
        said = Metadata(metadata.mode, metadata.uid, metadata.gid, time, metadata.xattrs)
        made = normalized_headers(raw, path, said, target=target)
        self._gathered.note(path_order(path), len(made) + begin + length - len(raw))
        return Choice(copies=True, headers=made)
