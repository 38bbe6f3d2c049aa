"""Files are cut where zstd:chunked, eStargz and Nydus cut them, however the bytes come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layerscope
from layerscope.analysis.sharing_types import ChunkScheme
from layerscope.errors import Unsupported
from layerscope.fleet.cuts import Cutter, EvenCutter, RollingCutter
from tests.builders import file, image, layer
from tests.media import write_medium


def chunks(cutter: Cutter, pieces: Iterable[bytes]) -> list[tuple[bytes, bool]]:
    """Each chunk, and whether it is a hole."""
    made: list[tuple[bytes, bool]] = []
    begun = b""
    for piece, last in [*((piece, False) for piece in pieces), (b"", True)]:
        for segment, is_hole, ends in cutter.segments(piece, last=last):
            begun += segment
            if ends:
                made.append((begun, is_hole))
                begun = b""
    assert begun == b""
    return made


def naively(content: bytes) -> list[tuple[bytes, bool]]:
    """The same, byte by byte, as the checksum is defined."""
    window: deque[int] = deque([0] * 64)
    low, high = 64 * 31, 64 * 63 * 31
    made: list[tuple[bytes, bool]] = []
    start = at = 0
    while at < len(content):
        zeros = 0
        while at + zeros < len(content) and content[at + zeros] == 0:
            zeros += 1
        hole = zeros if zeros >= 1024 else 0
        for byte in content[at : at + (hole or 1)]:
            dropped = window.popleft()
            window.append(byte)
            low = (low + byte - dropped) % 2**32
            high = (high + low - 64 * (dropped + 31)) % 2**32
        if hole:
            made += [(content[start:at], False)] if start < at else []
            made.append((content[at : at + hole], True))
            start = at = at + hole
            continue
        at += 1
        if high % 2**16 == 2**16 - 1:
            made.append((content[start:at], False))
            start = at
    return [*made, (content[start:], False)] if start < len(content) else made


def in_pieces(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def content_of(parts: list[tuple[int, int, int]]) -> bytes:
    """Runs of one byte, and runs that a generator of random numbers makes."""
    made = b""
    for kind, seed, length in parts:
        made += bytes(length) if kind == 0 else bytes((seed * k * k + k) % 251 for k in range(length))
    return made


RUNS = st.tuples(
    st.integers(0, 1), st.integers(1, 1000), st.sampled_from([1, 63, 64, 1023, 1024, 1025, 3000])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RUNS, max_size=5).map(content_of), st.sampled_from([1, 7, 1000, 1024, 5000, 1 << 20]))
def test_all_at_once_is_what_byte_by_byte_is(content: bytes, size: int) -> None:
    assert chunks(RollingCutter(), in_pieces(content, size)) == naively(content)


def test_contents_are_cut_64_kib_apart_and_alike_wherever_they_stand() -> None:
    noise = content_of([(1, 77, 400_000)])
    bits = bytes(a ^ b for a, b in zip(noise, (n * n // 7 % 256 for n in range(len(noise))), strict=True))
    alone = chunks(RollingCutter(), [bits])
    assert alone == naively(bits)
    assert 2 <= len(alone) <= 20
    shifted = chunks(RollingCutter(), [b"something in front", bits])
    assert shifted[1:] == alone[1:]


@pytest.mark.parametrize("size", [1, 3, 10, 25])
def test_even_cuts(size: int) -> None:
    content = bytes(range(25))
    expected = [(content[start : start + 10], False) for start in (0, 10, 20)]
    assert chunks(EvenCutter(10), in_pieces(content, size)) == expected
    assert chunks(EvenCutter(25), in_pieces(content, size)) == [(content, False)]


def test_chunks_that_images_have_in_common_count_once(tmp_path: Path) -> None:
    head, tail = content_of([(1, 3, 1 << 20)]), content_of([(1, 5, 70_000)])
    one = write_medium("docker-archive", image(layer(file("a", head + tail))), tmp_path / "one")
    two = write_medium("oci-gzip", image(layer(file("b", head), file("c", head + tail))), tmp_path / "two")
    found = layerscope.share([str(one), str(two)], chunks=True)
    by_scheme = {each.scheme: (each.chunks, each.chunk_bytes) for each in found.chunks}
    assert by_scheme[ChunkScheme.NYDUS] == (2, len(head + tail))
    assert by_scheme[ChunkScheme.ESTARGZ] == (2, len(head) + len(head + tail))
    expected = {chunk for content in (head, head + tail) for chunk, _ in naively(content)}
    assert by_scheme[ChunkScheme.ZSTD_CHUNKED] == (len(expected), sum(map(len, expected)))
    assert found.files.layer_bytes == 2 * len(head + tail) + len(head)


def test_nothing_is_cut_unless_that_is_asked_for(tmp_path: Path) -> None:
    path = write_medium("docker-archive", image(layer(file("a", b"a"))), tmp_path / "image")
    assert layerscope.share([str(path)]).chunks == ()


def test_layers_that_pass_once_are_refused(tmp_path: Path) -> None:
    path = write_medium("docker-archive-gzip-outside", image(layer(file("a", b"a"))), tmp_path / "image")
    with pytest.raises(Unsupported, match="cannot be read again"):
        layerscope.share([str(path)], chunks=True)
