"""Layer readings as bytes, to travel from one process to another.

Columns travel as they lie in memory, so both sides must be the same machine; names and paths are joined by
NUL, which no tar reader lets into a name.
"""

from __future__ import annotations

from array import array

import msgspec

from layerscope import errors
from layerscope.blobs.compression import Compression
from layerscope.errors import LayerscopeError
from layerscope.image.changeset import Changeset
from layerscope.image.entry import Entry, root_entry
from layerscope.image.layer import LayerReading
from layerscope.notices import Notice, Severity
from layerscope.oci.digest import DiffID, Digest

__all__ = ["decode_reading", "encode_reading"]

_COLUMNS = (
    ("parents", "I"),
    ("sizes", "q"),
    ("attribute_ids", "I"),
    ("mtimes", "q"),
    ("mtime_nanos", "I"),
    ("whiteout_positions", "I"),
    ("opaque_positions", "I"),
)
_PATHS = ("directories", "names", "whiteouts", "opaques")
_Xattrs = tuple[tuple[bytes, bytes], ...]


class _Wire(msgspec.Struct, array_like=True):
    """A LayerReading in types that MessagePack has."""

    columns: list[bytes]
    paths: list[bytes | None]
    kinds: bytes
    digests: bytes
    content_hash: str
    digest_size: int
    attributes: list[tuple[int, int, int]]
    link_targets: dict[int, bytes]
    devices: dict[int, tuple[int, int]]
    xattrs: dict[int, _Xattrs]
    documents: dict[int, bytes]
    secrets: dict[int, tuple[str, ...]]
    debug_bytes: dict[int, int]
    root: tuple[int, int, int, str, _Xattrs] | None
    tar_bytes: int
    compression: str
    compressed_bytes: int
    digest: str | None
    diff_id: str | None
    fingerprint: str | None
    notices: list[tuple[str, str, str, bytes | None, int]]
    error: tuple[str, str] | None


def encode_reading(reading: LayerReading) -> bytes:
    """Encode a reading; `decode_reading` gives an equal one back."""
    changeset, root = reading.changeset, reading.changeset.root_entry
    return msgspec.msgpack.encode(
        _Wire(
            columns=[getattr(changeset, name).tobytes() for name, _ in _COLUMNS],
            paths=[b"\0".join(paths) if (paths := getattr(changeset, name)) else None for name in _PATHS],
            kinds=bytes(changeset.kinds),
            digests=bytes(changeset.content_digests),
            content_hash=changeset.content_hash,
            digest_size=changeset.digest_size,
            attributes=changeset.attributes,
            link_targets=changeset.link_targets,
            devices=changeset.devices,
            xattrs=changeset.xattrs,
            documents=changeset.documents,
            secrets=changeset.secrets,
            debug_bytes=changeset.debug_bytes,
            root=(root.mode, root.uid, root.gid, str(root.mtime_ns), root.xattrs) if root else None,
            tar_bytes=changeset.tar_bytes,
            compression=reading.compression.value,
            compressed_bytes=reading.compressed_bytes,
            digest=reading.digest,
            diff_id=reading.diff_id,
            fingerprint=reading.fingerprint,
            notices=[(n.code, n.severity.value, n.message, n.path, n.count) for n in reading.notices],
            error=(type(reading.error).__name__, str(reading.error)) if reading.error else None,
        )
    )


def decode_reading(data: bytes) -> LayerReading:
    """Decode what `encode_reading` made."""
    wire = msgspec.msgpack.decode(data, type=_Wire)
    changeset = Changeset(
        kinds=bytearray(wire.kinds),
        attributes=wire.attributes,
        content_digests=bytearray(wire.digests),
        content_hash=wire.content_hash,
        digest_size=wire.digest_size,
        link_targets=wire.link_targets,
        devices=wire.devices,
        xattrs=wire.xattrs,
        documents=wire.documents,
        secrets=wire.secrets,
        debug_bytes=wire.debug_bytes,
        root_entry=_root(wire),
        tar_bytes=wire.tar_bytes,
    )
    for (name, code), raw in zip(_COLUMNS, wire.columns, strict=True):
        setattr(changeset, name, array(code, raw))
    for name, joined in zip(_PATHS, wire.paths, strict=True):
        setattr(changeset, name, [] if joined is None else joined.split(b"\0"))
    return LayerReading(
        changeset=changeset,
        compression=Compression(wire.compression),
        compressed_bytes=wire.compressed_bytes,
        digest=Digest(wire.digest) if wire.digest else None,
        diff_id=DiffID(wire.diff_id) if wire.diff_id else None,
        fingerprint=wire.fingerprint,
        notices=tuple(
            Notice(code, Severity(severity), message, path=path, count=count)
            for code, severity, message, path, count in wire.notices
        ),
        error=_error(*wire.error) if wire.error else None,
    )


def _root(wire: _Wire) -> Entry | None:
    if wire.root is None:
        return None
    mode, uid, gid, mtime_ns, xattrs = wire.root
    return root_entry((mode, uid, gid), int(mtime_ns), xattrs)


def _error(name: str, message: str) -> LayerscopeError:
    kind = getattr(errors, name, LayerscopeError)
    return kind(message) if issubclass(kind, LayerscopeError) else LayerscopeError(message)
