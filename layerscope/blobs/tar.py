"""The tar reader: libarchive, with its traps handled or diagnosed.

libarchive frames the stream (headers, checksums, sizes, sparse maps, the end mark). What it is known to
change on the way (names, modes, times, ids, xattrs of entries with extended headers) is taken from the raw
headers, which lie in the blocks that were just handed to it. The numbers of the traps refer to
`docs/decisions/0010-tar-reader.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ctypes import byref, c_void_p

from layerscope.blobs import libarchive
from layerscope.blobs.hashing import ContentHash
from layerscope.blobs.limits import Limits
from layerscope.blobs.pax import (
    NO_EXTENDED_HEADERS,
    ExtendedHeaders,
    is_header,
    parse_number,
    parse_time,
    read_extended_headers,
)
from layerscope.blobs.streams import Block
from layerscope.blobs.tar_content import ContentReader, Gather
from layerscope.blobs.tar_entry import (
    BLOCK_DEVICE,
    CHAR_DEVICE,
    DIRECTORY,
    FIFO,
    FILE,
    HARDLINK,
    SYMLINK,
    TarEntry,
)
from layerscope.blobs.tar_feed import TarFeed
from layerscope.errors import LimitExceeded, Malformed
from layerscope.notices import NoticeLog, Severity

__all__ = ["TarReader"]

_BLOCK = 512
_UNKNOWN = -1
_GNU_MAGIC = b"ustar "
_INT64 = 1 << 63
_MEMORIZED = 65536
"""Distinct owners and times of a layer are few; an attack must not make these tables grow."""

_PLAIN_KINDS = {0x30: FILE, 0: FILE, 0x31: HARDLINK, 0x32: SYMLINK, 0x35: DIRECTORY}
_FILE_TYPES = {
    0o100000: FILE,
    0o040000: DIRECTORY,
    0o120000: SYMLINK,
    0o020000: CHAR_DEVICE,
    0o060000: BLOCK_DEVICE,
    0o010000: FIFO,
}
_ENGINES_REJECT = b"7SDMZs"
_NO_XATTRS: tuple[tuple[bytes, bytes], ...] = ()


class TarReader:
    """Iterates over the entries of one tar stream; raises where the stream breaks, after what came before.

    Malformed and Truncated name the byte offset in the uncompressed stream. An exception of the stream itself
    (a bad CRC of its compression, say) comes through unchanged. After the iteration the stream is read to its
    end: what follows the end mark belongs to the diff ID.
    """

    def __init__(
        self,
        blocks: Iterable[Block],
        *,
        hasher: ContentHash | None,
        limits: Limits,
        log: NoticeLog,
        to_the_end: bool = True,
        gather: Gather | None = None,
    ) -> None:
        """Set `to_the_end` to False where nothing needs the bytes behind the end mark."""
        self._feed = TarFeed(blocks)
        self.contents = ContentReader(self._feed, gather)
        """What has passed of the content of the file that was yielded last."""
        self._hasher = hasher
        self._limits = limits
        self._log = log
        self._to_the_end = to_the_end
        self._lib = libarchive.library()
        self._archive: int | None = None
        self._origin = 0  # where the present archive object started
        self._end_mark = 0  # where the stream goes on behind the end mark
        self._entry = c_void_p()
        self._attributes: dict[bytes, tuple[int, int, int]] = {}
        self._times: dict[bytes, int] = {}

    def __iter__(self) -> Iterator[TarEntry]:
        if not self._feed.more():
            return  # libarchive refuses an empty stream, which is an empty layer (trap 7)
        try:
            self._open()
            yield from self._entries()
            if self._to_the_end and not self._feed.rest_is_padding(self._end_mark):  # trap 9
                self._log.add(
                    "data-after-end",
                    Severity.INFO,
                    "data follow the end of the tar; they are no part of its content, but of its digest",
                )
        finally:
            self._close()
            self._feed.close()

    def data(self) -> Iterator[Block]:
        """The content of the entry that was yielded last, in blocks."""
        assert self._archive is not None
        return self.contents.pieces(self._archive)

    def record_start(self) -> int:
        """Where the first header block of the entry that was yielded last stands in the stream."""
        position: int = self._lib.read_header_position(self._archive)
        return self._origin + position

    def _open(self) -> None:
        lib = self._lib
        self._archive = self.contents.archive = lib.read_new()
        lib.read_support_format_tar(self._archive)
        lib.read_set_options(self._archive, b"tar:!mac-ext")  # else macOS drops `._name` entries (trap 22)
        if lib.read_open(self._archive, None, None, self._feed.callback, None) != libarchive.OK:
            raise self._feed.error(self._archive, libarchive.FATAL)

    def _close(self) -> None:
        if self._archive is not None:
            self._lib.read_free(self._archive)
            self._archive = None

    def _reopen(self, offset: int) -> None:
        """Go on at `offset` with a new archive object; if the stream ends there, so does the archive."""
        self._close()
        self._origin = self._end_mark = offset
        if self._feed.rewind(offset):
            self._open()

    # --- the loop -----------------------------------------------------------------------------------------

    def _entries(self) -> Iterator[TarEntry]:
        """The loop over headers, its usual case inline: one header block, no extended headers."""
        lib, feed, entry = self._lib, self._feed, self._entry
        next_header, filter_bytes = lib.read_next_header, lib.filter_bytes
        pathname, entry_size = lib.entry_pathname, lib.entry_size
        entry_reference = byref(entry)
        attributes, times, hasher = self._attributes, self._times, self._hasher
        empty = hasher.digest(b"") if hasher else b""
        count, most = 0, self._limits.layer_entries
        while self._archive is not None:
            status = next_header(self._archive, entry_reference)
            if status not in (libarchive.OK, libarchive.WARN):
                if self._at_end(status):
                    return
                continue
            data = self._origin + filter_bytes(self._archive, -1)
            count += 1
            if count > most:
                raise LimitExceeded(f"more than {most:,} entries (limit layer_entries)")
            start = data - _BLOCK - feed.base
            header = (
                bytes(feed.block[start : start + _BLOCK]) if start >= 0 else feed.slice(data - _BLOCK, data)
            )
            kind = None
            if data - _BLOCK == feed.next_header and not (header[483] and header[257:263] == _GNU_MAGIC):
                kind = _PLAIN_KINDS.get(header[156])
            name = pathname(entry.value)
            if kind is None or not name or (kind == FILE and name.endswith(b"/")):
                yield self._uncommon(data, name or b"")
                continue
            ids = header[100:124]
            attribute = attributes.get(ids) or self._decode_attributes(ids)
            stamp = header[136:148]
            time = times.get(stamp)
            if time is None:
                time = self._decode_time(stamp)
            if kind == FILE:
                size = entry_size(entry.value)
                feed.data_end, feed.file = data + size, name
                digest = self.contents.digest(self._archive, hasher, data, size) if size and hasher else empty
                feed.next_header = data + (size + 511 & -512)
                yield name, FILE, attribute, size, time, 0, b"", _NO_XATTRS, digest, data
            elif kind == DIRECTORY:
                feed.next_header = feed.data_end = data
                yield name, DIRECTORY, attribute, 0, time, 0, b"", _NO_XATTRS, b"", data
            else:
                target = self._link_target(kind, data)
                yield name, kind, attribute, 0, time, 0, target, _NO_XATTRS, b"", data

    def _at_end(self, status: int) -> bool:
        """True at the end of the archive, False after a global header was skipped; else raises."""
        if status == libarchive.EOF or self._only_padding_is_missing(status):
            self._end_mark = self._origin + self._lib.filter_bytes(self._archive, -1)
            return True
        if not self._skip_global_header():
            raise self._feed.error(self._archive, status)
        return False

    def _decode_attributes(self, raw: bytes) -> tuple[int, int, int]:
        """Mode, uid and gid from the raw header: 8 bytes each. libarchive maps a uid of -2 to 0 (trap 17)."""
        known = self._attributes.get(raw)
        if known is not None:
            return known
        result = (
            parse_number(raw[0:8]) & 0o7777,
            parse_number(raw[8:16]) & 0xFFFFFFFF,
            parse_number(raw[16:24]) & 0xFFFFFFFF,
        )
        if len(self._attributes) < _MEMORIZED:
            self._attributes[raw] = result
        return result

    def _decode_time(self, raw: bytes) -> int:
        known = self._times.get(raw)
        if known is not None:
            return known
        seconds = max(-_INT64, min(parse_number(raw), _INT64 - 1))
        if len(self._times) < _MEMORIZED:
            self._times[raw] = seconds
        return seconds

    def _link_target(self, kind: int, data: int) -> bytes:
        """Target of a link, and what comes next: a link has no body (trap 4)."""
        self._feed.next_header = self._feed.data_end = data
        entry = self._entry.value
        if kind == SYMLINK:
            return self._lib.entry_symlink(entry) or b""
        target: bytes = self._lib.entry_hardlink(entry) or b""
        if self._lib.entry_size(entry) > 0:
            self._skip_claimed_body(data)
        return target

    def _skip_claimed_body(self, data: int) -> None:
        """A hard link claims a size, and libarchive would take the next blocks for its body.

        Where a header or the end mark stands there is no body (ustar allows the size): go on from there.
        Else the link has one, and every engine loses its place: the archive is corrupt.
        """
        self._feed.pull(data + _BLOCK)
        following = self._feed.slice(data, data + _BLOCK)
        if following.strip(b"\0") and not is_header(following):
            raise Malformed(f"tar stream at byte {data:,}: a hard link is followed by data")
        self._log.add("link-size", Severity.INFO, "a hard link's header has a size; it is ignored")
        self._reopen(data)

    def _skip_global_header(self) -> bool:
        """Go on behind a global PAX header: libarchive 3.8.10 ends the archive at one that sets more than a
        comment, and engines ignore them all (trap 15)."""
        start = self._feed.next_header
        header = self._feed.slice(start, start + _BLOCK) if start >= 0 else b""
        if self._feed.failure is not None or header[156:157] != b"g" or not is_header(header):
            return False
        size = max(parse_number(header[124:136]), 0)
        self._log.add("global-header", Severity.INFO, "a global PAX header is ignored, as engines do")
        self._reopen(start + _BLOCK + (size + 511 & -512))
        return True

    # --- entries that are not plain -----------------------------------------------------------------------

    def _uncommon(self, data: int, name: bytes) -> TarEntry:
        """An entry with extended headers, of a rare type, or that is not where it was expected."""
        extended, header = self._headers(data)
        kind = self._kind(header, name)
        name = self._name(extended, name)
        mode, uid, gid = self._decode_attributes(header[100:124])
        if b"uid" in extended.records or b"gid" in extended.records:
            uid, gid = self._pax_id(extended, b"uid", uid), self._pax_id(extended, b"gid", gid)
        seconds, nanos = self._time(extended, header)
        self._report(extended, header, name)
        target, size, digest = b"", 0, b""
        if kind == FILE:
            self._feed.file = name
            size, digest = self._content(extended, header, data)
        elif kind in (SYMLINK, HARDLINK):
            target = self._link_target(kind, data)
            target = extended.text(b"linkpath") or target
        else:
            self._feed.next_header = self._feed.data_end = data
            if kind in (CHAR_DEVICE, BLOCK_DEVICE):
                entry = self._entry.value
                target = b"%d,%d" % (self._lib.entry_rdevmajor(entry), self._lib.entry_rdevminor(entry))
        return name, kind, (mode, uid, gid), size, seconds, nanos, target, extended.xattrs(), digest, data

    def _headers(self, data: int) -> tuple[ExtendedHeaders, bytes]:
        """The extended headers of an entry, and its own header block."""
        position = self._origin + self._lib.read_header_position(self._archive)
        raw = self._feed.slice(position, data)
        if len(raw) == _BLOCK == data - position:
            return NO_EXTENDED_HEADERS, raw
        extended, header = read_extended_headers(raw)
        if header is None:  # the window no longer has it: a header of megabytes stood before it
            extended.oversized = True
            header = self._feed.slice(data - _BLOCK, data)
        if len(header) < _BLOCK:
            raise Malformed(f"tar stream at byte {data:,}: the header is megabytes before its content")
        return extended, header

    def _kind(self, header: bytes, name: bytes) -> int:
        """The kind that libarchive says, with a notice for types that engines reject."""
        flag = header[156:157]
        plain = _PLAIN_KINDS.get(header[156])
        if plain is not None and not (plain == FILE and name.endswith(b"/")):
            return plain
        if flag in _ENGINES_REJECT:
            self._log.add(
                "odd-type",
                Severity.WARNING,
                f"entry of type {flag.decode('latin-1')!r}, which engines reject",
                path=name,
            )
        mode: int = self._lib.entry_mode(self._entry.value)
        return _FILE_TYPES.get(mode & 0o170000, FILE)

    def _name(self, extended: ExtendedHeaders, name: bytes) -> bytes:
        """The name as it stands in the archive: libarchive normalizes PAX names to NFC (traps 1, 2)."""
        if extended.records and not extended.malformed:  # else libarchive drops all records, good ones too
            name = extended.text(b"GNU.sparse.name") or extended.text(b"path") or name
        if len(name) > self._limits.path_bytes:
            raise LimitExceeded(f"a path of {len(name):,} bytes (limit path_bytes)")
        if name.count(b"/") > self._limits.path_depth:
            raise LimitExceeded(f"a path of {name.count(b'/'):,} components (limit path_depth)")
        return name

    def _pax_id(self, extended: ExtendedHeaders, key: bytes, value: int) -> int:
        """A PAX uid or gid, if it is one that fits; engines reject the others (trap 17)."""
        text = extended.records.get(key)
        if not text:
            return value
        if text.isdigit() and len(text) < 20 and int(text) <= 0xFFFFFFFF:
            return int(text)
        self._log.add(
            "pax-value", Severity.WARNING, f"PAX {key.decode()} out of range; engines reject the layer"
        )
        return value

    def _time(self, extended: ExtendedHeaders, header: bytes) -> tuple[int, int]:
        """The PAX mtime, if it is one, else the header's."""
        text = extended.records.get(b"mtime")
        if text:
            parsed = parse_time(text)
            if parsed is not None and -_INT64 <= parsed[0] < _INT64:
                return parsed
            self._log.add("pax-value", Severity.WARNING, "PAX mtime is no time; engines reject the layer")
        return self._decode_time(header[136:148]), 0

    def _report(self, extended: ExtendedHeaders, header: bytes, name: bytes) -> None:
        """Turn what is odd about the headers into notices (traps 15, 16, 18, 19, 20)."""
        if not extended.ordinary:
            for code, severity, message in extended.oddities():
                self._log.add(code, severity, message, path=name)
        if name.endswith(b"/") and header[156:157] in (b"0", b"\0"):
            self._log.add(
                "file-with-slash",
                Severity.INFO,
                "a file whose name ends in a slash is read as a directory",
                path=name,
            )

    def _content(self, extended: ExtendedHeaders, header: bytes, data: int) -> tuple[int, bytes]:
        """Size and digest of a file with extended headers, sparse or not."""
        assert self._archive is not None
        size: int = self._lib.entry_size(self._entry.value)
        if extended.sparse or header[156:157] == b"S":
            self._feed.next_header = _UNKNOWN  # where a sparse file ends is libarchive's business
            self._feed.data_end = 0
            return size, self.contents.sparse_digest(
                self._archive, self._hasher, size
            ) if self._hasher else b""
        claimed = header[483] != 0 and header[257:263] == _GNU_MAGIC
        if extended.malformed or extended.claims_real_size or claimed:
            # A claimed real size is taken for the size (trap 6), also from a damaged PAX header and from the
            # place where GNU headers of sparse files have it: only what is delivered counts.
            self._feed.next_header, self._feed.data_end = _UNKNOWN, 0
            if self._hasher is None:  # the content is somebody else's to read
                return size, b""
            digest, stored = self.contents.measure(self._archive, self._hasher)
            if stored != size:
                self._log.add("real-size", Severity.WARNING, "a header claims another size than is stored")
            return stored, digest
        self._feed.data_end = data + size
        digest = self.contents.digest(self._archive, self._hasher, data, size) if self._hasher else b""
        self._feed.next_header = data + (size + 511 & -512)
        return size, digest

    # --- the end ------------------------------------------------------------------------------------------

    def _only_padding_is_missing(self, status: int) -> bool:
        """Whether all of the last file is there and only its padding is not: Go accepts that (trap 8)."""
        feed = self._feed
        if status != libarchive.FATAL or feed.failure is not None or not feed.exhausted:
            return False
        if not feed.data_end <= feed.end < feed.next_header:
            return False
        self._log.add("missing-padding", Severity.INFO, "the archive ends without padding and end mark")
        return True
