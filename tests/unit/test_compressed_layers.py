"""One layer in every compressed form that tools write, cut or spoil."""

from __future__ import annotations

import bz2
import hashlib
import lzma
import zlib

import pytest
import xxhash

from layerscope.blobs.compression import Compression
from layerscope.image.layer import LayerReading
from tests import rawtar
from tests.builders import read
from tests.compressing import gzip_member, halves, skippable_frame, zstd_frame

A = b"1" * 2000
LAYER = rawtar.tar(rawtar.entry(b"a", A))
OTHER = rawtar.tar(rawtar.entry(b"b", b"2"))
FIRST, SECOND = halves(LAYER)
GZIP, ZSTD, XZ, BZIP2 = gzip_member(LAYER), zstd_frame(LAYER), lzma.compress(LAYER), bz2.compress(LAYER)

BLOCK_SIZES = (1, 7, 1 << 20)


def gzip_with_header(flags: int, extra: bytes) -> bytes:
    """A member with optional header fields. Spec: RFC 1952 §2.3."""
    deflate = zlib.compressobj(wbits=-15)
    trailer = zlib.crc32(LAYER).to_bytes(4, "little") + len(LAYER).to_bytes(4, "little")
    header = b"\x1f\x8b\x08" + bytes([flags]) + bytes(4) + b"\x00\xff" + extra
    return header + deflate.compress(LAYER) + deflate.flush() + trailer


def lz4_frame(data: bytes) -> bytes:
    """A frame of one stored block. Source: LZ4 frame format 1.6.4."""
    descriptor = b"\x60\x40"
    checksum = bytes([xxhash.xxh32_intdigest(descriptor) >> 8 & 0xFF])
    block = (len(data) | 0x80000000).to_bytes(4, "little") + data
    return b"\x04\x22\x4d\x18" + descriptor + checksum + block + bytes(4)


SOUND = {
    "gzip": (GZIP, LAYER),
    "zstd": (ZSTD, LAYER),
    "bzip2": (BZIP2, LAYER),
    "xz": (XZ, LAYER),
    "gzip_two_members_split": (gzip_member(FIRST) + gzip_member(SECOND), LAYER),
    "zstd_two_frames": (zstd_frame(FIRST) + zstd_frame(SECOND), LAYER),
    "bzip2_two_streams": (bz2.compress(FIRST) + bz2.compress(SECOND), LAYER),
    "xz_two": (lzma.compress(FIRST) + lzma.compress(SECOND), LAYER),
    "gzip_member_+_empty_member": (GZIP + gzip_member(b""), LAYER),
    "gzip_two_tars_(each_EOF)": (GZIP + gzip_member(OTHER), LAYER + OTHER),
    "gzip_FEXTRA_(bgzf)": (gzip_with_header(0x04, b"\x06\x00BC\x02\x00\x1b\x00"), LAYER),
    "gzip_FNAME+FCOMMENT": (gzip_with_header(0x18, b"layer.tar\x00by hand\x00"), LAYER),
    "gzip_trailing_zeros": (GZIP + bytes(512), LAYER),
    "gzip_trailing_garbage": (GZIP + b"GARBAGE!" * 8, LAYER),
    "zstd_skippable_first": (skippable_frame() + ZSTD, LAYER),
    "zstd_skippable_last": (ZSTD + skippable_frame(), LAYER),
    "zstd_skippable_mid": (zstd_frame(FIRST) + skippable_frame(b"xx") + zstd_frame(SECOND), LAYER),
    "zstd_checksum": (zstd_frame(LAYER, checksum=True), LAYER),
    "zstd_--long=27": (zstd_frame(LAYER, window_log=27), LAYER),
    "xz+pad4": (XZ + bytes(4), LAYER),
}
"""Stored bytes, and the uncompressed stream that the diff ID covers."""

NOTED = {
    "bzip2": {"not-portable"},
    "bzip2_two_streams": {"not-portable"},
    "xz": {"not-portable"},
    "xz_two": {"not-portable"},
    "xz+pad4": {"not-portable", "trailing-data"},
    "gzip_trailing_zeros": {"trailing-data"},
    "gzip_trailing_garbage": {"trailing-data"},
    "gzip_two_tars_(each_EOF)": {"data-after-end"},
}
"""What engines disagree about; every other form gives no notice."""

BROKEN = {
    "gzip_truncated(-8)": GZIP[:-8],
    "gzip_truncated_mid": GZIP[: len(GZIP) // 2],
    "gzip_bad_crc": GZIP[:-8] + bytes(4) + GZIP[-4:],
    "gzip_bad_isize": GZIP[:-4] + (0x04030201).to_bytes(4, "little"),
    "gzip_twice": gzip_member(GZIP),
    "zstd_trailing_garbage": ZSTD + b"GARBAGE!" * 4,
    "zstd_truncated": ZSTD[:-6],
    "zstd_bad_checksum": zstd_frame(LAYER, checksum=True)[:-4] + bytes(4),
    "zstd_no_magic": ZSTD[4:],
    "bzip2_truncated": BZIP2[:-6],
    "xz_truncated": XZ[:-6],
    "lzma_alone": lzma.compress(LAYER, format=lzma.FORMAT_ALONE),
    "lz4": lz4_frame(LAYER),
}

UNDECIDED = {"bz2_trailing": BZIP2 + b"garbage", "xz_trailing": XZ + b"garbage"}


def contents(reading: LayerReading) -> dict[bytes, int]:
    return {entry.path: entry.size for entry in reading.changeset.entries()}


@pytest.mark.parametrize("block", BLOCK_SIZES)
@pytest.mark.parametrize("form", SOUND)
def test_a_sound_form_gives_the_layer(form: str, block: int) -> None:
    stored, stream = SOUND[form]
    reading = read(stored, block=block)
    assert reading.error is None
    assert contents(reading) == {b"a": 2000}
    assert reading.diff_id == f"sha256:{hashlib.sha256(stream).hexdigest()}"
    assert reading.digest == f"sha256:{hashlib.sha256(stored).hexdigest()}"
    assert reading.compressed_bytes == len(stored)
    assert reading.changeset.tar_bytes == len(stream)


@pytest.mark.parametrize("block", BLOCK_SIZES)
@pytest.mark.parametrize("form", SOUND)
def test_what_engines_disagree_about_is_noted(form: str, block: int) -> None:
    assert {notice.code for notice in read(SOUND[form][0], block=block).notices} == NOTED.get(form, set())


@pytest.mark.parametrize("block", BLOCK_SIZES)
@pytest.mark.parametrize("form", BROKEN)
def test_a_broken_form_is_an_error_and_keeps_what_came_before(form: str, block: int) -> None:
    reading = read(BROKEN[form], block=block)
    assert reading.error is not None
    assert reading.error.exit_code == 4
    assert set(contents(reading)) <= {b"a"}
    assert reading.diff_id is None


@pytest.mark.parametrize("form", UNDECIDED)
def test_garbage_behind_bzip2_and_xz_costs_no_entry(form: str) -> None:
    reading = read(UNDECIDED[form])
    assert contents(reading) == {b"a": 2000}
    assert reading.error is not None or reading.notices


@pytest.mark.parametrize("stored", [b"", gzip_member(b""), zstd_frame(b""), gzip_member(bytes(1024))])
def test_an_empty_layer_has_no_entries_and_no_error(stored: bytes) -> None:
    """conformance 6.1: nothing, nothing compressed, and an end mark alone."""
    reading = read(stored)
    assert reading.error is None
    assert len(reading.changeset) == 0


def test_the_known_diff_ids_of_empty_layers() -> None:
    """The two digests that every registry holds: 1024 zero bytes, and their gzip by Go."""
    reading = read(bytes(1024))
    assert reading.diff_id is not None
    assert reading.diff_id.startswith("sha256:5f70bf18a0860070")
    gzipped = bytes.fromhex("1f8b080000096e8800ff621805a360148c5800080000ffff2eafb5ef00040000")
    reading = read(gzipped)
    assert reading.digest is not None
    assert reading.digest.startswith("sha256:a3ed95caeb02ffe6")
    assert reading.diff_id is not None
    assert reading.diff_id.startswith("sha256:5f70bf18a0860070")


@pytest.mark.parametrize(
    ("stored", "compression"),
    [
        (LAYER, Compression.NONE),
        (GZIP, Compression.GZIP),
        (skippable_frame() + ZSTD, Compression.ZSTD),
        (XZ, Compression.XZ),
        (BZIP2, Compression.BZIP2),
    ],
)
def test_the_compression_is_told_from_the_bytes(stored: bytes, compression: Compression) -> None:
    assert read(stored).compression is compression
