"""The language that tests build images in.

    image(layer(file("a", b"x"), directory("d", mode=0o700)), layer(whiteout("a"), opaque("d")))

A layer is its tar as bytes. Ordinary layers are written with libarchive, in any of its tar formats; one of
`written_by="raw"` is written block by block (`rawtar.py`), and a test that needs odd bytes writes them with
`rawtar` itself: both are bytes, and go wherever a layer goes. Everything is deterministic.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.blobs.libarchive import library
from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.image.read import ReadOptions, read_blocks
from layerscope.oci.config import ImageConfig
from layerscope.rootfs.rootfs import Rootfs, RootfsEntry
from tests import rawtar

__all__ = [
    "ImageSpec",
    "Member",
    "analyzed",
    "block_device",
    "char_device",
    "directory",
    "fifo",
    "file",
    "hardlink",
    "image",
    "layer",
    "memory_image",
    "merged",
    "opaque",
    "read",
    "read_layer",
    "symlink",
    "whiteout",
]

_TYPEFLAGS = {
    EntryKind.FILE: b"0",
    EntryKind.HARDLINK: b"1",
    EntryKind.SYMLINK: b"2",
    EntryKind.CHAR_DEVICE: b"3",
    EntryKind.BLOCK_DEVICE: b"4",
    EntryKind.DIRECTORY: b"5",
    EntryKind.FIFO: b"6",
}
_FILE_TYPES = {  # the S_IFMT bits of each kind; a hard link is a regular file with a link target
    EntryKind.FILE: 0o100000,
    EntryKind.HARDLINK: 0o100000,
    EntryKind.SYMLINK: 0o120000,
    EntryKind.CHAR_DEVICE: 0o020000,
    EntryKind.BLOCK_DEVICE: 0o060000,
    EntryKind.DIRECTORY: 0o040000,
    EntryKind.FIFO: 0o010000,
}


@dataclass(frozen=True)
class Member:
    """One entry of a layer, before it is written."""

    path: bytes
    kind: EntryKind
    content: bytes = b""
    link_target: bytes = b""
    device: tuple[int, int] = (0, 0)
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime_ns: int = rawtar.MTIME * 1_000_000_000
    xattrs: tuple[tuple[bytes, bytes], ...] = ()
    pax: tuple[tuple[str, bytes], ...] = ()
    """Further PAX records (written by `raw` alone)."""


def file(path: str | bytes, content: bytes = b"", **metadata: Any) -> Member:
    """A regular file."""
    return _member(path, EntryKind.FILE, content=content, **metadata)


def directory(path: str | bytes, **metadata: Any) -> Member:
    """A directory entry, 0755 unless said otherwise."""
    return _member(path, EntryKind.DIRECTORY, **{"mode": 0o755, **metadata})


def symlink(path: str | bytes, to: str | bytes, **metadata: Any) -> Member:
    """A symbolic link."""
    return _member(path, EntryKind.SYMLINK, link_target=_bytes(to), **{"mode": 0o777, **metadata})


def hardlink(path: str | bytes, to: str | bytes, **metadata: Any) -> Member:
    """A hard link to another entry's path."""
    return _member(path, EntryKind.HARDLINK, link_target=_bytes(to), **metadata)


def char_device(path: str | bytes, major: int, minor: int, **metadata: Any) -> Member:
    """A character device."""
    return _member(path, EntryKind.CHAR_DEVICE, device=(major, minor), **metadata)


def block_device(path: str | bytes, major: int, minor: int, **metadata: Any) -> Member:
    """A block device."""
    return _member(path, EntryKind.BLOCK_DEVICE, device=(major, minor), **metadata)


def fifo(path: str | bytes, **metadata: Any) -> Member:
    """A named pipe."""
    return _member(path, EntryKind.FIFO, **metadata)


def whiteout(path: str | bytes, **metadata: Any) -> Member:
    """The marker that removes `path` of lower layers."""
    parent, slash, name = _bytes(path).rpartition(b"/")
    return file(parent + slash + b".wh." + name, **metadata)


def opaque(path: str | bytes, **metadata: Any) -> Member:
    """The marker that hides the lower children of the directory `path` (empty: of the root)."""
    parent = _bytes(path).rstrip(b"/")
    return file((parent + b"/" if parent else b"") + b".wh..wh..opq", **metadata)


def layer(*members: Member, written_by: str = "pax") -> bytes:
    """Write a layer's tar.

    `written_by` is one of libarchive's formats (`pax`, `pax_restricted`, `gnutar`, `ustar`) or `raw`. ustar
    and GNU tar know neither xattrs nor parts of a second, nor does `pax_restricted` write the latter.
    """
    if written_by == "raw":
        return rawtar.tar(*map(_raw_entry, members))
    return _written_by_libarchive(members, written_by)


@dataclass(frozen=True)
class ImageSpec:
    """An image before it is put in a medium: its layers as tars, base first, and what the metadata say."""

    layers: tuple[bytes, ...]
    tags: tuple[str, ...] = ("example.test/app:1",)
    architecture: str = "amd64"
    os: str = "linux"
    created: str | None = "2001-09-09T01:46:40Z"
    history: tuple[dict[str, Any], ...] | None = None
    """History entries; None makes one `RUN step N` for each layer."""
    execution: dict[str, Any] | None = None
    """`config` of the configuration: Env, Cmd, Labels."""
    compression: tuple[str, ...] | str = "none"
    """Of all layers, or of each one: a key of `compressing.COMPRESSIONS`."""

    def layer_compressions(self) -> tuple[str, ...]:
        """The compression of each layer."""
        if isinstance(self.compression, str):
            return (self.compression,) * len(self.layers)
        return self.compression

    def with_compression(self, compression: str) -> ImageSpec:
        """The same image with all its layers compressed in one way."""
        return replace(self, compression=compression)


def image(*layers: bytes, **metadata: Any) -> ImageSpec:
    """An image of these layers, base first; `metadata` are the fields of ImageSpec."""
    return ImageSpec(layers, **metadata)


def read(tar: bytes, *, block: int = 1 << 20, **options: Any) -> LayerReading:
    """Read a layer's blob from memory, in blocks of `block` bytes; `options` are those of ReadOptions."""
    blocks = (tar[start : start + block] for start in range(0, len(tar), block))
    return read_blocks(blocks, ReadOptions(**options))


def read_layer(tar: bytes, **options: Any) -> Changeset:
    """Read a layer that is expected to be sound."""
    reading = read(tar, **options)
    assert reading.error is None, reading.error
    return reading.changeset


def merged(*layers: bytes) -> dict[bytes, RootfsEntry]:
    """The root filesystem of these layers, by path."""
    rootfs = Rootfs()
    for tar in layers:
        rootfs.apply(read_layer(tar))
    return {entry.path: entry for entry in rootfs.entries()}


def memory_image(readings: Iterable[LayerReading]) -> Image:
    """An image whose layers have been read already and come from no source."""
    layers = tuple(
        Layer(index=i, digest=None, diff_id=None, media_type="", size=None, reading=reading)
        for i, reading in enumerate(readings)
    )
    return Image(
        reference="memory",
        format="docker-archive",
        image_id=None,
        digest=None,
        platform="linux/amd64",
        tags=(),
        created=None,
        config=ImageConfig(),
        layers=layers,
    )


def analyzed(*layers: bytes) -> Analysis:
    """Read, replay and account for these layers, sound or not."""
    readings = [read(tar) for tar in layers]
    return analyze(memory_image(readings), readings)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _member(path: str | bytes, kind: EntryKind, *, mtime: int | None = None, **fields: Any) -> Member:
    """`mtime` in seconds is a shorter way to say `mtime_ns`."""
    if mtime is not None:
        fields["mtime_ns"] = mtime * 1_000_000_000
    return Member(_bytes(path), kind, **fields)


def _raw_entry(member: Member) -> bytes:
    """Write one member block by block; names that do not fit, xattrs and nanoseconds become PAX records."""
    records = [(f"SCHILY.xattr.{name.decode()}", value) for name, value in member.xattrs]
    seconds, nanos = divmod(member.mtime_ns, 1_000_000_000)
    if nanos:
        records.append(("mtime", b"%d.%09d" % (seconds, nanos)))
    if len(member.path) > 100:
        records.append(("path", member.path))
    if len(member.link_target) > 100:
        records.append(("linkpath", member.link_target))
    records.extend(member.pax)
    trailing = b"/" if member.kind is EntryKind.DIRECTORY and len(member.path) < 100 else b""
    body = rawtar.entry(
        member.path[:100] + trailing,
        member.content,
        typeflag=_TYPEFLAGS[member.kind],
        mode=member.mode,
        uid=member.uid,
        gid=member.gid,
        mtime=seconds,
        linkname=member.link_target[:100],
        major=member.device[0],
        minor=member.device[1],
    )
    return (rawtar.pax_header(records) if records else b"") + body


def _written_by_libarchive(members: Iterable[Member], tar_format: str) -> bytes:
    """Write with libarchive-c's calls, into memory."""
    library()  # decides which libarchive libarchive-c loads
    from libarchive import ffi

    members = list(members)
    room = sum(len(m.content) + len(m.path) + len(m.link_target) + 8192 for m in members) + 20480
    buffer, used = ctypes.create_string_buffer(room), ctypes.c_size_t()
    archive = ffi.write_new()
    ffi.get_write_format_function(tar_format)(archive)
    if tar_format.startswith("pax"):
        # Without BINARY libarchive converts names by the locale; with it, every entry has an extended header.
        binary = not all((m.path + m.link_target).isascii() for m in members)
        options = b"xattrheader=SCHILY,hdrcharset=BINARY" if binary else b"xattrheader=SCHILY"
        ffi.write_set_options(archive, options)
    ffi.write_set_bytes_per_block(archive, rawtar.BLOCK)
    ffi.write_open_memory(archive, buffer, room, ctypes.byref(used))
    for member in members:
        _write_member(ffi, archive, member)
    ffi.write_close(archive)
    ffi.write_free(archive)
    return buffer.raw[: used.value]


def _write_member(ffi: Any, archive: Any, member: Member) -> None:
    assert not member.pax, "libarchive writes no PAX records of one's own: use written_by='raw'"
    entry = ffi.entry_new()
    try:
        ffi.entry_copy_pathname(entry, member.path)
        ffi.entry_set_filetype(entry, _FILE_TYPES[member.kind])
        ffi.entry_set_perm(entry, member.mode)
        ffi.entry_set_uid(entry, member.uid)
        ffi.entry_set_gid(entry, member.gid)
        ffi.entry_set_mtime(entry, *divmod(member.mtime_ns, 1_000_000_000))
        ffi.entry_set_size(entry, len(member.content))
        if member.kind is EntryKind.HARDLINK:
            _call(ffi, "archive_entry_copy_hardlink", entry, member.link_target)
        elif member.kind is EntryKind.SYMLINK:
            _call(ffi, "archive_entry_copy_symlink", entry, member.link_target)
        ffi.entry_set_rdevmajor(entry, member.device[0])
        ffi.entry_set_rdevminor(entry, member.device[1])
        for name, value in member.xattrs:
            _call(ffi, "archive_entry_xattr_add_entry", entry, name, value, len(value))
        ffi.write_header(archive, entry)
        if member.content:
            ffi.write_data(archive, member.content, len(member.content))
        ffi.write_finish_entry(archive)
    finally:
        ffi.entry_free(entry)


def _call(ffi: Any, name: str, entry: Any, *arguments: bytes | int) -> None:
    """Call a function that libarchive-c does not declare: (entry, texts and lengths), no result."""
    function = ffi.libarchive[name]
    function.restype = None
    types = [ctypes.c_size_t if isinstance(a, int) else ctypes.c_char_p for a in arguments]
    function.argtypes = [ctypes.c_void_p, *types]
    function(entry, *arguments)
