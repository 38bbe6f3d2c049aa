"""Inputs that would cost unbounded time or memory end at a limit that the error names."""

from __future__ import annotations

import bz2
import itertools
import lzma
from collections.abc import Iterator
from dataclasses import replace

import pytest

from layerscope.blobs.limits import DEFAULT_LIMITS
from layerscope.errors import LimitExceeded
from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions, read_blocks
from layerscope.rootfs.rootfs import Rootfs
from tests import rawtar
from tests.builders import directory, file, layer, read_layer, symlink
from tests.compressing import gzip_member, zstd_frame

MIB = 1 << 20
SMALL = replace(
    DEFAULT_LIMITS,
    layer_tar_bytes=64 * MIB,
    ratio=100,
    ratio_floor_bytes=8 * MIB,
    layer_entries=1000,
    path_bytes=4096,
)
ZEROS = bytes(16 * MIB)


def read_within(blob: Iterator[bytes]) -> LayerReading:
    return read_blocks(blob, ReadOptions(limits=SMALL))


def endless(*start: bytes, then: bytes) -> Iterator[bytes]:
    """A stream that never ends: a reader that has no limit never comes back from it."""
    return itertools.chain(start, itertools.repeat(then))


@pytest.mark.parametrize("compress", [gzip_member, zstd_frame, lzma.compress, bz2.compress])
def test_a_stream_of_members_that_expand_without_end_passes_the_ratio(compress: object) -> None:
    """Each member is harmless by itself: 16 MiB of zeros. The ratio is passed long before the size is."""
    header = rawtar.header(b"zeros", size=1 << 40)
    limits = replace(SMALL, layer_tar_bytes=1 << 50)
    blob = endless(compress(header), then=compress(ZEROS))  # type: ignore[operator]
    reading = read_blocks(blob, ReadOptions(limits=limits))
    assert reading.error is not None
    assert reading.error.exit_code == 6
    assert "limit ratio" in str(reading.error)


@pytest.mark.parametrize("compress", [gzip_member, zstd_frame, lzma.compress, bz2.compress])
def test_a_stream_of_members_that_expand_without_end_passes_the_size_of_a_layer(compress: object) -> None:
    limits = replace(SMALL, ratio=1 << 50)
    blob = endless(compress(rawtar.header(b"zeros", size=1 << 40)), then=compress(ZEROS))  # type: ignore[operator]
    reading = read_blocks(blob, ReadOptions(limits=limits))
    assert reading.error is not None
    assert "limit layer_tar_bytes" in str(reading.error)


def test_contents_that_do_not_compress_pass_the_size_of_a_layer() -> None:
    """The ratio says nothing about a layer that is merely too large."""
    noise = bytes(range(256)) * 256
    block = gzip_member(noise, level=0)
    reading = read_within(endless(gzip_member(rawtar.header(b"big", size=1 << 40)), then=block))
    assert reading.error is not None
    assert reading.error.exit_code == 6
    assert "limit layer_tar_bytes" in str(reading.error)


def test_an_image_may_hold_a_disk_of_zeros() -> None:
    """Below the floor the ratio is not looked at."""
    reading = read_within(iter([gzip_member(layer(file("disk", bytes(7 * MIB))))]))
    assert reading.error is None


def test_entries_without_end_pass_the_number_of_entries() -> None:
    reading = read_within(endless(then=rawtar.entry(b"a", b"1")))
    assert reading.error is not None
    assert reading.error.exit_code == 6
    assert "limit layer_entries" in str(reading.error)
    assert len(reading.changeset) <= SMALL.layer_entries


@pytest.mark.parametrize("header", [rawtar.pax_header({"path": b"n/" * 3000}), rawtar.gnu_long(b"n/" * 3000)])
def test_a_path_without_end_passes_the_length_of_a_path(header: bytes) -> None:
    reading = read_within(iter([rawtar.tar(header, rawtar.entry(b"a", b"1"))]))
    assert reading.error is not None
    assert reading.error.exit_code == 6
    assert "limit path_bytes" in str(reading.error)


def test_a_size_is_never_believed_before_the_bytes_are_there() -> None:
    """A header claims an exabyte; what is allocated depends on the bytes that come."""
    reading = read_within(iter([rawtar.header(b"a", size=1 << 60) + bytes(1000)]))
    assert reading.error is not None
    assert reading.error.exit_code in (4, 6)


def test_what_came_before_a_limit_is_kept() -> None:
    before = rawtar.entry(b"before", b"1")
    reading = read_within(
        endless(gzip_member(before + rawtar.header(b"z", size=1 << 40)), then=gzip_member(ZEROS))
    )
    assert [entry.path for entry in reading.changeset.entries()][:1] == [b"before"]
    assert reading.error is not None


def test_directories_without_entries_pass_their_number() -> None:
    """Each path of two kilobytes asks for a thousand directories."""
    rootfs = Rootfs(replace(SMALL, implied_directories=5000))
    deep = [file(f"{n}/" + "d/" * 500 + "f") for n in range(20)]
    with pytest.raises(LimitExceeded, match="limit implied_directories"):
        rootfs.apply(read_layer(layer(*deep)))


def test_links_that_lead_through_long_links_pass_their_number() -> None:
    """l0 leads to l1 by a long way round, l1 to l2 and so on: each path below l0 walks all of them."""
    around = "x/../" * 400
    links = [symlink(f"l{n}", f"{around}l{n + 1}") for n in range(100)]
    members = [directory("x"), *links, directory("l100")]
    below = [file(f"l0/d{n}/f") for n in range(50)]
    rootfs = Rootfs(replace(SMALL, link_components=1_000_000))
    with pytest.raises(LimitExceeded, match="limit link_components"):
        rootfs.apply(read_layer(layer(*members, *below)))
