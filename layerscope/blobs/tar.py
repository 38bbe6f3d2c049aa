"""The tar reader: libarchive, with its traps handled or diagnosed.

libarchive frames the stream (headers, checksums, sizes, sparse maps, the end mark). What it is known to change
on the way (names, modes, times, ids, xattrs of entries with extended headers) is taken from the raw headers,
which lie in the blocks that were just handed to it. The numbers of the traps refer to
`docs/decisions/0010-tar-reader.md`.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterable, Iterator
from ctypes import byref, c_char, c_char_p, c_longlong, c_size_t, c_void_p

from layerscope.blobs import libarchive
from layerscope.blobs.hashing import ContentHash
from layerscope.blobs.limits import Limits
from layerscope.blobs.pax import ExtendedHeaders, is_header, parse_number, parse_time, read_extended_headers
from layerscope.blobs.streams import Block
from layerscope.errors import InvalidImage, LimitExceeded, Malformed, Truncated
from layerscope.notices import NoticeLog, Severity

__all__ = [
    "BLOCK_DEVICE",
    "CHAR_DEVICE",
    "DIRECTORY",
    "FIFO",
    "FILE",
    "HARDLINK",
    "SYMLINK",
    "TarEntry",
    "TarReader",
]

FILE, DIRECTORY, SYMLINK, HARDLINK, CHAR_DEVICE, BLOCK_DEVICE, FIFO = range(7)

TarEntry = tuple[
    bytes,  # name, as it stands in the archive
    int,  # kind: one of the constants above
    tuple[int, int, int],  # permission bits, uid, gid
    int,  # size of the content in bytes, 0 for all but files
    int,  # mtime, seconds
    int,  # mtime, nanoseconds
    bytes,  # link target, or empty
    tuple[tuple[bytes, bytes], ...],  # xattrs
    bytes,  # digest of the content, or empty
    int,  # offset of the data in the stream
]
"""One entry. A plain tuple: a million of them are made, and each is taken apart at once."""

_BLOCK = 512
_WINDOW_BYTES = 4 << 20
"""How far back raw headers are kept. libarchive drops extended headers of more than 1 MiB."""
_SPARSE_HASH_BYTES = 1 << 30
"""Holes of a file are hashed as zeros up to here; a header may claim a hole of 2^63 bytes."""
_ZEROS = bytes(1 << 16)
_INT64 = 1 << 63

_PLAIN_KINDS = {0x30: FILE, 0: FILE, 0x31: HARDLINK, 0x32: SYMLINK, 0x35: DIRECTORY}
_FILE_TYPES = {
    0o100000: FILE,
    0o040000: DIRECTORY,
    0o120000: SYMLINK,
    0o020000: CHAR_DEVICE,
    0o060000: BLOCK_DEVICE,
    0o010000: FIFO,
}
_ENGINES_REJECT = b"7SDVMZsX"
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
    ) -> None:
        """Set `to_the_end` to False where nothing needs the bytes behind the end mark."""
        self._source = iter(blocks)
        self._hasher = hasher
        self._limits = limits
        self._log = log
        self._to_the_end = to_the_end
        self._lib = libarchive.library()
        self._failure: BaseException | None = None
        self._pending: deque[Block] = deque()  # pulled from the source, not yet given to libarchive
        self._window: deque[tuple[int, Block]] = deque()  # (offset, block) given, newest last
        self._block: Block = b""
        self._base = 0  # offset of `_block`
        self._end = 0  # offset behind `_block`
        self._exhausted = False
        self._origin = 0  # where the present archive object started
        self._expected = 0  # where the next header should start
        self._data_end = 0  # where the last entry's content ends
        self._end_mark = 0  # where the stream goes on behind the end mark
        self._attributes: dict[bytes, tuple[int, int, int]] = {}
        self._times: dict[bytes, int] = {}
        self._callback = libarchive.READ_CALLBACK(self._read_callback)
        self._archive: int | None = None
        self._entry = c_void_p()
        self._piece = (c_void_p(), c_size_t(), c_longlong())

    def __iter__(self) -> Iterator[TarEntry]:
        if not self._peek():
            return  # libarchive refuses an empty stream, which is an empty layer (trap 7)
        try:
            self._open()
            yield from self._entries()
        finally:
            self._close()
        if self._to_the_end:
            self._check_rest()

    # --- giving blocks to libarchive -------------------------------------------------------------------

    def _peek(self) -> bool:
        """Make sure that a block is pending, if the source has one."""
        while not self._pending:
            block = next(self._source, None)
            if block is None:
                return False
            if len(block):
                self._pending.append(block)
        return True

    def _read_callback(self, _archive: int, _data: int, buffer: ctypes.Array[c_void_p]) -> int:
        """Hand out the next block. ctypes prints and drops exceptions, so they are kept instead (trap 3)."""
        try:
            if not self._peek():
                self._exhausted = True
                return 0
            block = self._take_pending()
            if isinstance(block, bytes):
                buffer[0] = ctypes.cast(c_char_p(block), c_void_p)
            else:
                buffer[0] = c_void_p(ctypes.addressof(c_char.from_buffer(block)))
            return len(block)
        except BaseException as error:  # noqa: BLE001  (raised again by `_fail`)
            self._failure = error
            return -1

    def _take_pending(self) -> Block:
        """Make the next pending block the current one, and forget blocks that no header can be in."""
        block = self._pending.popleft()
        kept_from = max(self._expected, self._end - _WINDOW_BYTES)
        while self._window and self._window[0][0] + len(self._window[0][1]) <= kept_from:
            self._window.popleft()
        self._window.append((self._end, block))
        self._block, self._base = block, self._end
        self._end += len(block)
        return block

    def _open(self) -> None:
        lib = self._lib
        self._archive = lib.read_new()
        lib.read_support_format_tar(self._archive)
        lib.read_set_options(self._archive, b"tar:!mac-ext")  # else `._name` entries vanish on macOS (trap 22)
        if lib.read_open(self._archive, None, None, self._callback, None) != libarchive.OK:
            self._fail(libarchive.FATAL)

    def _close(self) -> None:
        if self._archive is not None:
            self._lib.read_free(self._archive)
            self._archive = None

    def _reopen(self, offset: int) -> None:
        """Go on at `offset`, which is not before the window, with a new archive object."""
        while self._end < offset and self._peek():
            self._take_pending()
        again = [block[max(offset - base, 0) :] for base, block in self._window if base + len(block) > offset]
        self._close()
        self._pending.extendleft(reversed(again))
        self._window.clear()
        self._origin = self._end = self._base = self._expected = self._data_end = offset
        self._block = b""
        if again or self._peek():
            self._open()

    def _slice(self, start: int, end: int) -> bytes:
        """Raw bytes of the stream, as far as the window still has them."""
        if start >= self._base:
            return bytes(self._block[start - self._base : end - self._base])
        parts = [
            bytes(block[max(start - base, 0) : max(end - base, 0)])
            for base, block in self._window
            if base < end and base + len(block) > start
        ]
        return b"".join(parts)

    # --- entries ------------------------------------------------------------------------------------------

    def _entries(self) -> Iterator[TarEntry]:
        """The loop over headers, its usual case inline: one header block, no extended headers."""
        lib, entry = self._lib, self._entry
        next_header, filter_bytes = lib.read_next_header, lib.filter_bytes
        pathname, entry_size = lib.entry_pathname, lib.entry_size
        entry_reference = byref(entry)
        attributes, times = self._attributes, self._times
        hasher, count = self._hasher, 0
        while self._archive is not None:
            status = next_header(self._archive, entry_reference)
            if status != libarchive.OK and status != libarchive.WARN:
                if status == libarchive.EOF or self._only_padding_is_missing(status):
                    self._end_mark = self._origin + filter_bytes(self._archive, -1)
                    return
                if self._skip_global_header():
                    continue
                self._fail(status)
            data = self._origin + filter_bytes(self._archive, -1)
            count += 1
            if count > self._limits.layer_entries:
                raise LimitExceeded(f"more than {self._limits.layer_entries:,} entries (limit layer_entries)")
            start = data - _BLOCK - self._base
            header = bytes(self._block[start : start + _BLOCK]) if start >= 0 else self._slice(data - _BLOCK, data)
            kind = _PLAIN_KINDS.get(header[156]) if data - _BLOCK == self._expected else None
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
                digest = b""
                if size and hasher is not None:
                    start = data - self._base
                    if start >= 0 and data + size <= self._end:
                        digest = hasher.digest(self._block[start : start + size])
                    else:
                        digest = self._hash_pieces(data, size, hasher)
                self._data_end = data + size
                self._expected = data + (size + 511 & -512)
                yield name, FILE, attribute, size, time, 0, b"", _NO_XATTRS, digest, data
            elif kind == DIRECTORY:
                self._expected = self._data_end = data
                yield name, DIRECTORY, attribute, 0, time, 0, b"", _NO_XATTRS, b"", data
            else:
                target = self._link_target(kind, data)
                yield name, kind, attribute, 0, time, 0, target, _NO_XATTRS, b"", data

    def _decode_attributes(self, raw: bytes) -> tuple[int, int, int]:
        """Mode, uid and gid from the raw header: 8 bytes each. libarchive maps a uid of -2 to 0 (trap 17)."""
        if len(raw) < 24:
            return (0, 0, 0)
        result = (
            parse_number(raw[0:8]) & 0o7777,
            parse_number(raw[8:16]) & 0xFFFFFFFF,
            parse_number(raw[16:24]) & 0xFFFFFFFF,
        )
        if len(self._attributes) < 65536:  # distinct owners are few; an attack must not make this grow
            self._attributes[raw] = result
        return result

    def _decode_time(self, raw: bytes) -> int:
        seconds = parse_number(raw)
        if not -_INT64 <= seconds < _INT64:
            seconds = _INT64 - 1 if seconds > 0 else -_INT64
        if len(self._times) < 65536:
            self._times[raw] = seconds
        return seconds

    def _link_target(self, kind: int, data: int) -> bytes:
        """Target of a link, and what comes next: a link has no body (trap 4)."""
        self._expected = self._data_end = data
        if kind == SYMLINK:
            return self._lib.entry_symlink(self._entry.value) or b""
        target: bytes = self._lib.entry_hardlink(self._entry.value) or b""
        if self._lib.entry_size(self._entry.value) > 0:
            self._skip_claimed_body(data)
        return target

    def _skip_claimed_body(self, data: int) -> None:
        """A hard link claims a size, and libarchive would take the next blocks for its body.

        Where a header or the end mark stands there is no body (ustar allows the size): go on from there.
        Else the link has one, and every engine loses its place: the archive is corrupt.
        """
        while self._end < data + _BLOCK and self._peek():
            self._take_pending()
        following = self._slice(data, data + _BLOCK)
        if following.strip(b"\0") and not is_header(following):
            raise Malformed(f"tar stream at byte {data:,}: a hard link is followed by data")
        self._log.add("link-size", Severity.INFO, "a hard link's header has a size; it is ignored")
        self._reopen(data)

    def _skip_global_header(self) -> bool:
        """Go on behind a global PAX header: libarchive 3.8.10 ends the archive at one that sets more than a
        comment, and engines ignore them all (trap 15)."""
        header = self._slice(self._expected, self._expected + _BLOCK)
        if self._failure is not None or header[156:157] != b"g" or not is_header(header):
            return False
        size = max(parse_number(header[124:136]), 0)
        self._log.add("global-header", Severity.INFO, "a global PAX header is ignored, as engines do")
        self._reopen(self._expected + _BLOCK + (size + 511 & -512))
        return True

    # --- entries that are not plain ------------------------------------------------------------------------

    def _uncommon(self, data: int, name: bytes) -> TarEntry:
        """An entry with extended headers, of a rare type, or that is not where it was expected."""
        lib, entry = self._lib, self._entry.value
        position = self._origin + lib.read_header_position(self._archive)
        extended, header = read_extended_headers(self._slice(position, data))
        if header is None:  # the window no longer has it: a header of megabytes stood before it
            header = self._slice(data - _BLOCK, data)
            extended.oversized = True
        kind = self._kind(header, name)
        name = self._name(extended, name)
        mode, uid, gid = self._decode_attributes(header[100:124])
        uid = self._pax_id(extended, b"uid", uid)
        gid = self._pax_id(extended, b"gid", gid)
        seconds, nanos = self._pax_time(extended, header)
        self._report(extended, header, name)
        target, size, digest = b"", 0, b""
        if kind in (SYMLINK, HARDLINK):
            target = self._link_target(kind, data)
            target = extended.text(b"linkpath") or target
        elif kind == FILE:
            size, digest = self._content(extended, header, data)
        elif kind in (CHAR_DEVICE, BLOCK_DEVICE):
            target = b"%d,%d" % (lib.entry_rdevmajor(entry), lib.entry_rdevminor(entry))
            self._expected = self._data_end = data
        else:
            self._expected = self._data_end = data
        xattrs = extended.xattrs() if extended.records else _NO_XATTRS
        return name, kind, (mode, uid, gid), size, seconds, nanos, target, xattrs, digest, data

    def _kind(self, header: bytes, name: bytes) -> int:
        """The kind that libarchive says, with a notice for types that engines reject."""
        flag = header[156:157]
        if flag == b"1":
            return HARDLINK
        if flag in _ENGINES_REJECT and flag:
            text = flag.decode("latin-1")
            self._log.add(
                "odd-type", Severity.WARNING, f"entry of type {text!r}, which engines reject", path=name
            )
        mode: int = self._lib.entry_mode(self._entry.value)
        return _FILE_TYPES.get(mode & 0o170000, FILE)

    def _name(self, extended: ExtendedHeaders, name: bytes) -> bytes:
        """The name as it stands in the archive: libarchive normalizes PAX names to NFC (traps 1, 2)."""
        if not extended.malformed:  # else libarchive's, the header's own: a record before the fault is lost
            name = extended.text(b"GNU.sparse.name") or extended.text(b"path") or name
        if len(name) > self._limits.path_bytes:
            raise LimitExceeded(f"a path of {len(name):,} bytes (limit path_bytes)")
        return name

    def _pax_id(self, extended: ExtendedHeaders, key: bytes, value: int) -> int:
        """A PAX uid or gid, if it is one that fits; engines reject the others (trap 17)."""
        text = extended.records.get(key)
        if not text:
            return value
        if text.isdigit() and len(text) < 20 and int(text) <= 0xFFFFFFFF:
            return int(text)
        self._log.add("pax-value", Severity.WARNING, f"PAX {key.decode()} out of range; engines reject the layer")
        return value

    def _pax_time(self, extended: ExtendedHeaders, header: bytes) -> tuple[int, int]:
        text = extended.records.get(b"mtime")
        if text:
            parsed = parse_time(text)
            if parsed is not None and -_INT64 <= parsed[0] < _INT64:
                return parsed
            self._log.add("pax-value", Severity.WARNING, "PAX mtime is no time; engines reject the layer")
        return self._decode_time(header[136:148]), 0

    def _report(self, extended: ExtendedHeaders, header: bytes, name: bytes) -> None:
        """Turn what is odd about extended headers into notices (traps 15, 16, 18, 19, 20)."""
        for code, severity, message in extended.oddities():
            self._log.add(code, severity, message, path=name)
        if header[156:157] in (b"0", b"\0") and name.endswith(b"/"):
            self._log.add(
                "file-with-slash", Severity.INFO, "a file whose name ends in a slash is read as a directory", path=name
            )

    def _content(self, extended: ExtendedHeaders, header: bytes, data: int) -> tuple[int, bytes]:
        """Size and digest of a file with extended headers, sparse or not."""
        size: int = self._lib.entry_size(self._entry.value)
        stored = extended.size(parse_number(header[124:136]))
        if extended.claims_real_size and not extended.sparse:
            # libarchive takes the claim for the size (trap 6).
            self._log.add("real-size", Severity.WARNING, "a real size is claimed for a file that is not sparse")
            size = stored
        if extended.sparse or header[156:157] == b"S":
            self._expected = -1  # where a sparse file ends is libarchive's business
            digest = self._hash_sparse(size) if self._hasher else b""
            self._data_end = 0
            return size, digest
        digest = self._hash_pieces(data, size, self._hasher) if self._hasher and size else b""
        self._data_end = data + size
        self._expected = data + (size + 511 & -512)
        return size, digest

    # --- contents ---------------------------------------------------------------------------------------------

    def data(self) -> Iterator[Block]:
        """The content of the entry that was yielded last, in blocks that live until the next one."""
        address, length, offset = self._piece
        arguments = (byref(address), byref(length), byref(offset))
        while (status := self._lib.read_data_block(self._archive, *arguments)) == libarchive.OK:
            if length.value and address.value:
                yield ctypes.string_at(address.value, length.value)
        if status != libarchive.EOF:
            self._fail(status)

    def _hash_pieces(self, data: int, size: int, hasher: ContentHash) -> bytes:
        """Hash a file that does not lie in one block."""
        running = hasher.new()
        seen = 0
        address, length, offset = self._piece
        arguments = (byref(address), byref(length), byref(offset))
        while seen < size:
            status = self._lib.read_data_block(self._archive, *arguments)
            if status == libarchive.EOF:
                break
            if status != libarchive.OK:
                self._fail(status)
            start = data + seen - self._base
            count = min(length.value, size - seen)
            if start >= 0 and start + count <= len(self._block):
                running.update(self._block[start : start + count])
            elif address.value:
                running.update(ctypes.string_at(address.value, count))
            seen += count
        digest: bytes = running.digest()
        return digest

    def _hash_sparse(self, size: int) -> bytes:
        """Hash a sparse file as what it reads like, its holes as zeros, without allocating them (trap 13).

        Holes past a gigabyte are hashed by their length: such a file then differs from one that stores the
        same zeros, which matters to nobody, and a claimed terabyte costs nothing.
        """
        assert self._hasher is not None
        running = self._hasher.new()
        position = zeros = 0

        def hole(length: int) -> None:
            nonlocal zeros
            zeros += length
            if zeros > _SPARSE_HASH_BYTES:
                running.update(b"hole %d" % length)
                return
            for start in range(0, length, len(_ZEROS)):
                running.update(_ZEROS[: length - start])

        address, length, offset = self._piece
        arguments = (byref(address), byref(length), byref(offset))
        while (status := self._lib.read_data_block(self._archive, *arguments)) == libarchive.OK:
            if offset.value > position:
                hole(offset.value - position)
            if address.value:
                running.update(ctypes.string_at(address.value, length.value))
            position = max(position, offset.value) + length.value
        if status != libarchive.EOF:
            self._fail(status)
        if size > position:
            hole(size - position)
        digest: bytes = running.digest()
        return digest

    # --- the end ---------------------------------------------------------------------------------------------

    def _only_padding_is_missing(self, status: int) -> bool:
        """Whether all of the last file is there and only its padding is not: Go accepts that (trap 8)."""
        if status != libarchive.FATAL or self._failure is not None or not self._exhausted:
            return False
        if not self._data_end <= self._end < self._expected:
            return False
        self._log.add("missing-padding", Severity.INFO, "the archive ends without padding and end mark")
        return True

    def _check_rest(self) -> None:
        """Read what follows the end mark; note it when it is more than padding (trap 9)."""
        odd = bool(bytes(self._block[max(self._end_mark - self._base, 0) :]).strip(b"\0"))
        for block in self._remaining():
            odd = odd or bool(bytes(block).strip(b"\0"))
        if odd:
            self._log.add(
                "data-after-end",
                Severity.INFO,
                "data follow the end of the tar; they are no part of the layer, but of its diff ID",
            )

    def _remaining(self) -> Iterator[Block]:
        yield from self._pending
        yield from self._source

    def _fail(self, status: int) -> None:
        """Raise what went wrong: the stream's own exception, or libarchive's message with its offset."""
        if self._failure is not None:
            raise self._failure
        text: bytes = self._lib.error_string(self._archive) or b"damaged"
        message = text.decode("ascii", "replace").lower()
        where = max(self._expected, self._data_end, 0)
        kind: type[InvalidImage] = Malformed
        if self._exhausted and ("truncated" in message or status == libarchive.FATAL):
            kind = Truncated
        if "unrecognized archive format" in message:
            kind, message, where = Malformed, "not a tar archive", self._origin
        raise kind(f"tar stream at byte {where:,}: {message}")
