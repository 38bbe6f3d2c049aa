"""An archive cut anywhere, or with bits flipped, is refused or read in part; it ends in no traceback."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from layerscope.analysis.analyze import Analysis
from layerscope.rootfs.rootfs import RootfsEntry
from tests.damage import Outcome, inspected, specimen
from tests.media import MEDIA, write_medium

ARCHIVES = (
    "docker-archive",
    "docker-archive-documents-first",
    "docker-archive-gzip-layers",
    "docker-archive-gzip-outside",
    "docker-archive-zstd-outside",
    "docker-archive-hybrid",
    "docker-archive-v1",
    "oci-archive-gzip",
    "oci-archive-zstd",
)
assert set(ARCHIVES) <= set(MEDIA)

CUTS = 200
FLIPS = 100


def tree(analysis: Analysis) -> list[RootfsEntry]:
    return list(analysis.rootfs.entries())


def said_nothing_and_differs(outcome: Outcome, intact: Analysis) -> bool:
    """Whether damage passed for a sound image: no error, no notice, and another root filesystem."""
    return isinstance(outcome, Analysis) and not outcome.notices and tree(outcome) != tree(intact)


@pytest.fixture(params=ARCHIVES)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_medium(request.param, specimen(), tmp_path / "archive")


def intact_analysis(archive: Path) -> Analysis:
    outcome = inspected(archive)
    assert isinstance(outcome, Analysis), outcome
    assert not outcome.notices
    return outcome


def test_an_archive_cut_anywhere_is_refused_or_read_in_part(archive: Path, tmp_path: Path) -> None:
    intact, whole = intact_analysis(archive), archive.read_bytes()
    generator, cut = random.Random("cuts"), tmp_path / "cut"
    silent = []
    for length in [0, 1, *(generator.randrange(len(whole)) for _ in range(CUTS))]:
        cut.unlink(missing_ok=True)
        cut.write_bytes(whole[:length])
        if said_nothing_and_differs(inspected(cut), intact):
            silent.append(length)
    assert silent == []


def test_a_flipped_bit_anywhere_is_noticed_or_harmless(archive: Path, tmp_path: Path) -> None:
    """Digests cover every layer, but in an archive without manifest.json there are none."""
    intact, whole = intact_analysis(archive), archive.read_bytes()
    generator, flipped = random.Random("flips"), tmp_path / "flipped"
    silent = []
    for place in [generator.randrange(len(whole)) for _ in range(FLIPS)]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << generator.randrange(8)
        flipped.unlink(missing_ok=True)
        flipped.write_bytes(damaged)
        if said_nothing_and_differs(inspected(flipped), intact):
            silent.append(place)
    assert silent == [] or intact.image.format == "docker-archive (v1)"


def test_a_block_lost_or_doubled_is_refused_or_noticed(archive: Path, tmp_path: Path) -> None:
    """What a broken transfer does to an archive."""
    intact, whole = intact_analysis(archive), archive.read_bytes()
    generator, broken = random.Random("blocks"), tmp_path / "broken"
    silent = []
    for _ in range(50):
        start = generator.randrange(0, len(whole), 512)
        part = whole[start : start + 512] * generator.choice((0, 2))
        broken.unlink(missing_ok=True)
        broken.write_bytes(whole[:start] + part + whole[start + 512 :])
        if said_nothing_and_differs(inspected(broken), intact):
            silent.append(start)
    assert silent == [] or intact.image.format == "docker-archive (v1)"


@pytest.mark.parametrize("medium", ["docker-archive-gzip-layers", "docker-archive-gzip-outside"])
def test_nothing_reads_on_after_a_damaged_archive(medium: str, tmp_path: Path) -> None:
    """A thread that went on would read a file that the caller may have replaced by then."""
    whole = write_medium(medium, specimen(), tmp_path / "archive").read_bytes()
    before = set(threading.enumerate())
    generator = random.Random("threads")
    for number in range(30):
        damaged = bytearray(whole)
        damaged[generator.randrange(len(whole))] ^= 255
        path = tmp_path / str(number)
        path.write_bytes(damaged)
        inspected(path)
        assert set(threading.enumerate()) <= before
