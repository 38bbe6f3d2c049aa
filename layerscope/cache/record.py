"""One kept reading as the bytes of a file, and back: believed only if every byte is as it was written.

A file is a mark, a checksum (xxh3-128) of all that follows, and one MessagePack array: the settings, the
diff ID, the fingerprint, the reading as it travels between processes (`image.wire`). The checksum tells of
accidents. It does not tell of people: who may write the file may write any reading into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sized

import msgspec

from layerscope.blobs.hashing import wide_hash
from layerscope.blobs.streams import Block
from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.image.layer import LayerReading
from layerscope.image.wire import decode_reading, encode_reading
from layerscope.oci.digest import DiffID

__all__ = ["DamagedRecord", "RecordKey", "decode_record", "encode_record", "is_record"]

_MARK = b"layerscope reading 2\n"
_CHECKSUM_BYTES = 16
_KINDS = frozenset(map(int, EntryKind))


class DamagedRecord(Exception):
    """The bytes are not what was written."""


class RecordKey(msgspec.Struct, array_like=True, frozen=True):
    """What a record is the answer to."""

    settings: str
    diff_id: str
    fingerprint: str


class _Record(msgspec.Struct, array_like=True):
    key: RecordKey
    reading: bytes


def encode_record(key: RecordKey, reading: LayerReading) -> bytes:
    """The bytes of a file."""
    body = msgspec.msgpack.encode(_Record(key, encode_reading(reading)))
    return b"".join((_MARK, wide_hash(body), body))


def is_record(data: Block) -> bool:
    """Whether every byte is as it was written."""
    head = len(_MARK) + _CHECKSUM_BYTES
    view = memoryview(data)
    return view[:head] == _MARK + wide_hash(view[head:])


def decode_record(data: bytes, key: RecordKey) -> LayerReading:
    """The reading in a file. Raises DamagedRecord for what was not written so, or answers another key.

    A reading that does not hold together is damaged, too: a file that someone made must not lead to errors
    far from here.
    """
    view = memoryview(data)
    if not is_record(view):
        raise DamagedRecord("checksum")
    try:
        record = msgspec.msgpack.decode(view[len(_MARK) + _CHECKSUM_BYTES :], type=_Record)
        if record.key != key:
            raise DamagedRecord("another layer's")
        reading = decode_reading(record.reading)
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
        raise DamagedRecord(str(error)) from error
    if not _holds_together(reading, key):
        raise DamagedRecord("contradicts itself")
    return reading


def _holds_together(reading: LayerReading, key: RecordKey) -> bool:
    changeset = reading.changeset
    count = len(changeset)
    return (
        reading.error is None
        and reading.diff_id == DiffID(key.diff_id)
        and reading.fingerprint == key.fingerprint
        and reading.digest is not None
        and reading.digest.startswith("sha256:")
        and all(len(column) == count for column in _columns(changeset))
        and len(changeset.content_digests) == count * changeset.digest_size
        and len(changeset.whiteouts) == len(changeset.whiteout_positions)
        and len(changeset.opaques) == len(changeset.opaque_positions)
        and max(changeset.parents, default=-1) < len(changeset.directories)
        and max(changeset.attribute_ids, default=-1) < len(changeset.attributes)
        and set(changeset.kinds) <= _KINDS
        and all(0 <= index < count for table in _tables(changeset) for index in table)
    )


def _columns(changeset: Changeset) -> tuple[Sized, ...]:
    return (
        changeset.parents,
        changeset.kinds,
        changeset.sizes,
        changeset.attribute_ids,
        changeset.mtimes,
        changeset.mtime_nanos,
    )


def _tables(changeset: Changeset) -> tuple[Iterable[int], ...]:
    return (
        changeset.link_targets,
        changeset.devices,
        changeset.xattrs,
        changeset.documents,
        changeset.secrets,
        changeset.debug_bytes,
    )
