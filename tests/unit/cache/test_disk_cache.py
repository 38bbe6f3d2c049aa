"""The cache on disk: what is found in it is the reading that the bytes would give, or nothing is found."""

from __future__ import annotations

import hashlib
import os
import random
import stat
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread, current_thread
from typing import Any

import pytest

from layerscope import api
from layerscope.analysis.analyze import Analysis
from layerscope.blobs import hashing
from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.cache import disk, settings
from layerscope.cache.disk import DiskCache
from layerscope.cache.location import CacheLocation
from layerscope.image import read_work
from layerscope.image.layer import LayerReading
from layerscope.image.read import ReadOptions, read_range
from layerscope.oci.digest import DiffID
from tests.builders import file, image, layer, read, symlink, whiteout
from tests.damage import specimen
from tests.media import docker_archive, write_medium, write_tar
from tests.unit.test_read_layers import seen

BASE = layer(file("bin/sh", b"#!" * 400), file("etc/passwd", b"root"), symlink("bin/bash", "sh"))
TOP = layer(file("app", b"a" * 99), whiteout("etc/passwd"))
MEDIA = ["docker-archive", "oci-archive-gzip", "oci", "oci-gzip", "oci-archive-zstd-frames", "dir"]


@pytest.fixture(autouse=True)
def no_layer_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "SMALLEST_BYTES", 1)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(params=["blake3", "sha256"])
def fingerprints(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the package blake3, and as on a machine without it."""
    if request.param == "sha256":
        monkeypatch.setattr(hashing, "blake3", None)
    elif hashing.blake3 is None:
        pytest.skip("blake3 is not installed")
    return str(request.param)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[FileRange]:
    """Every blob that is parsed, in order."""
    blobs: list[FileRange] = []

    def counted(where: FileRange, options: ReadOptions, progress: Any = None) -> LayerReading:
        blobs.append(where)
        return read_range(where, options, progress)

    monkeypatch.setattr(read_work, "read_range", counted)
    return blobs


def cache(directory: Path, max_bytes: int = 10**9) -> DiskCache:
    return DiskCache(CacheLocation(directory, max_bytes))


def inspected(path: Path, directory: Path, **options: Any) -> Analysis:
    """A run of its own: what it knows of the directory it has from the directory."""
    return api.inspect(str(path), cache=cache(directory), **options)


def everything(analysis: Analysis) -> tuple[object, ...]:
    """All that is told of an image. How its blobs are known again is not: it is a promise to nobody."""
    readings = [seen(replace(layer.reading, fingerprint=None)) for layer in analysis.layers]
    return readings, analysis.notices, list(analysis.rootfs.entries()), list(analysis.ledger.files())


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*-*-*") if path.is_file())


@pytest.mark.parametrize("medium", MEDIA)
def test_what_was_kept_is_what_reading_gives(medium: str, directory: Path, tmp_path: Path) -> None:
    path = write_medium(medium, specimen(), tmp_path / "image")
    fresh = everything(api.inspect(str(path)))
    assert everything(inspected(path, directory)) == fresh
    assert files(directory)
    assert everything(inspected(path, directory)) == fresh


@pytest.mark.parametrize("medium", MEDIA)
def test_what_was_kept_is_hashed_and_not_parsed(
    medium: str, directory: Path, tmp_path: Path, parsed: list[FileRange]
) -> None:
    path = write_medium(medium, image(BASE, TOP), tmp_path / "image")
    inspected(path, directory)
    assert len(parsed) == 2
    reports: list[tuple[int, int]] = []
    again = inspected(path, directory, progress=lambda done, total: reports.append((done, total)))
    assert len(parsed) == 2
    stored = sum(layer.reading.compressed_bytes for layer in again.layers)
    assert reports[-1] == (stored, stored)


def test_of_a_rebuilt_image_only_the_new_layer_is_parsed(
    directory: Path, tmp_path: Path, parsed: list[FileRange]
) -> None:
    inspected(write_medium("oci-archive-gzip", image(BASE, TOP), tmp_path / "1"), directory)
    new = layer(file("app", b"b" * 99))
    rebuilt = write_medium("oci-archive-gzip", image(BASE, new), tmp_path / "2")
    assert everything(inspected(rebuilt, directory)) == everything(api.inspect(str(rebuilt)))
    assert len(parsed) == 2 + 1 + 2


@pytest.mark.parametrize("medium", ["docker-archive", "oci-gzip"])
def test_blobs_are_known_again_by_a_hash_of_all_their_bytes(
    medium: str, directory: Path, tmp_path: Path, fingerprints: str, parsed: list[FileRange]
) -> None:
    path = write_medium(medium, image(BASE, TOP), tmp_path / "image")
    first = inspected(path, directory)
    computed = hashlib.sha256 if fingerprints == "sha256" else hashing.blake3.blake3
    for one, promised in zip(first.layers, first.image.layers, strict=True):
        where = promised.blob
        assert where is not None
        blob = where.path.read_bytes()[where.offset : where.offset + where.length]
        assert one.reading.fingerprint == f"{fingerprints}:{computed(blob).hexdigest()}"
        assert one.reading.digest == f"sha256:{hashlib.sha256(blob).hexdigest()}"
    assert everything(inspected(path, directory)) == everything(first)
    assert len(parsed) == 2


def test_what_one_hash_has_found_another_one_does_not(
    directory: Path, tmp_path: Path, parsed: list[FileRange], monkeypatch: pytest.MonkeyPatch
) -> None:
    if hashing.blake3 is None:
        pytest.skip("blake3 is not installed")
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    fresh = everything(inspected(path, directory))
    monkeypatch.setattr(hashing, "blake3", None)
    assert everything(inspected(path, directory)) == fresh
    assert everything(inspected(path, directory)) == fresh
    assert len(parsed) == 2


@pytest.mark.parametrize("jobs", [1, 3])
def test_helpers_recognize_layers_too(jobs: int, directory: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(read_work, "PARALLEL_BYTES", 0)
    path = write_medium("docker-archive", specimen(), tmp_path / "image")
    fresh = everything(api.inspect(str(path)))
    assert everything(inspected(path, directory, jobs=jobs)) == fresh
    assert everything(inspected(path, directory, jobs=jobs)) == fresh


def test_what_else_is_to_be_done_is_done_while_helpers_hash_and_not_while_they_read(
    directory: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(read_work, "PARALLEL_BYTES", 1)
    path = write_medium("docker-archive", specimen(), tmp_path / "image")
    called: list[tuple[str, Thread]] = []
    for run, jobs in (("reads", 2), ("hashes", 2), ("alone", 1)):
        meanwhile = partial(lambda run: called.append((run, current_thread())), run)
        inspected(path, directory, jobs=jobs, meanwhile=meanwhile)
    assert called == [("hashes", current_thread())]


def test_distinct_layers_come_from_the_cache(
    directory: Path, tmp_path: Path, parsed: list[FileRange]
) -> None:
    paths = [write_medium("docker-archive", image(BASE, TOP), tmp_path / name) for name in "12"]
    for _ in range(2):
        sources = [api.open_source(str(path)) for path in paths]
        images = [api.choose_image(source, "x") for source in sources]
        found = list(api.read_distinct(images, cache=cache(directory)))
        assert [len(each.uses) for each in found] == [2, 2]
        assert len(parsed) == 2


# What is not what it promises


def with_other_bytes(path: Path, content: bytes, other: bytes) -> Path:
    """An archive that promises `content` and holds `other`."""
    members = docker_archive(image(content))
    (name,) = [name for name, member in members.items() if member == content]
    write_tar(members | {name: other}, path)
    return path


@pytest.mark.usefixtures("fingerprints")
def test_a_promise_alone_finds_nothing(directory: Path, tmp_path: Path) -> None:
    """As many bytes, the diff ID of a layer that is known, and something else inside."""
    inspected(write_medium("docker-archive", image(BASE), tmp_path / "good"), directory)
    lying = with_other_bytes(tmp_path / "lying", BASE, BASE.replace(b"#!", b"#?"))
    found = inspected(lying, directory)
    assert everything(found) == everything(api.inspect(str(lying)))
    assert "diff-id-mismatch" in [notice.code for notice in found.notices]


@pytest.mark.usefixtures("fingerprints")
def test_a_flipped_bit_of_a_known_layer_is_seen(directory: Path, tmp_path: Path) -> None:
    path = write_medium("oci-gzip", image(BASE), tmp_path / "image")
    digest = inspected(path, directory).image.layers[0].digest
    assert digest is not None
    blob = path / "blobs" / digest.replace(":", "/")
    times = blob.stat()
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 1
    blob.write_bytes(content)
    os.utime(blob, ns=(times.st_atime_ns, times.st_mtime_ns))
    found = inspected(path, directory)
    assert found.damaged
    assert everything(found) == everything(api.inspect(str(path)))


@pytest.mark.parametrize("other", [TOP, BASE[:700]], ids=["another layer", "cut short"])
def test_what_is_kept_of_a_lying_layer_is_only_what_it_is(
    other: bytes, directory: Path, tmp_path: Path
) -> None:
    lying = with_other_bytes(tmp_path / "lying", BASE, other)
    inspected(lying, directory)
    good = write_medium("docker-archive", image(BASE), tmp_path / "good")
    assert everything(inspected(good, directory)) == everything(api.inspect(str(good)))
    assert everything(inspected(lying, directory)) == everything(api.inspect(str(lying)))


def test_a_damaged_layer_is_not_kept(directory: Path, tmp_path: Path) -> None:
    inspected(with_other_bytes(tmp_path / "image", BASE, BASE[:700]), directory)
    assert files(directory) == []


def test_without_verification_the_cache_is_not_used(
    directory: Path, tmp_path: Path, parsed: list[FileRange]
) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    inspected(path, directory)
    inspected(path, directory, verify=False)
    assert len(parsed) == 2


def test_a_stream_is_not_kept(directory: Path, tmp_path: Path) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    import gzip

    (tmp_path / "image.gz").write_bytes(gzip.compress(path.read_bytes()))
    inspected(tmp_path / "image.gz", directory)
    assert files(directory) == []


# What readings depend on


@pytest.mark.parametrize(
    "options", [{"content_hash": "sha256"}, {"content_hash": "none"}, {"limits": Limits(secret_file_bytes=9)}]
)
def test_what_was_read_in_another_way_is_not_taken(
    options: dict[str, Any], directory: Path, tmp_path: Path, parsed: list[FileRange]
) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    inspected(path, directory)
    assert everything(inspected(path, directory, **options)) == everything(api.inspect(str(path), **options))
    assert len(parsed) == 3


@pytest.fixture
def _forgotten() -> Iterator[None]:
    settings._program.cache_clear()
    yield
    settings._program.cache_clear()


@pytest.mark.usefixtures("_forgotten")
@pytest.mark.parametrize("what", ["version", "code", "libarchive"])
def test_another_program_does_not_believe_this_one(
    what: str, directory: Path, tmp_path: Path, parsed: list[FileRange], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    inspected(path, directory)
    settings._program.cache_clear()
    if what == "version":
        monkeypatch.setattr(settings, "__version__", "9")
    elif what == "code":
        monkeypatch.setattr(settings, "_code", lambda: "other")
    else:
        monkeypatch.setattr(settings, "version_text", lambda: "libarchive 9")
    inspected(path, directory)
    assert len(parsed) == 2


def test_every_limit_is_in_the_settings() -> None:
    text = settings.settings_text(ReadOptions())
    assert [name for name in Limits.__slots__ if f"{name}=" not in text] == []


# Damage


def damaged(data: bytes, how: random.Random) -> bytes:
    """One change of one file: a bit, a byte, a run of zeros, cut, longer, empty, a page of something else."""
    changed = bytearray(data)
    place = how.randrange(len(data))
    kind = how.randrange(6)
    if kind <= 1:
        changed[place] ^= 1 << how.randrange(8)
    elif kind == 2:
        changed[place : place + 64] = how.randbytes(len(changed[place : place + 64]))
    elif kind == 3:
        del changed[place:]
    elif kind == 4:
        changed[place:place] = how.randbytes(1 + how.randrange(9))
    else:
        changed[place : place + 512] = bytes(len(changed[place : place + 512]))
    return bytes(changed)


def test_damage_at_a_thousand_places_is_never_believed(directory: Path, tmp_path: Path) -> None:
    path = write_medium("docker-archive", specimen(), tmp_path / "image")
    analysis = inspected(path, directory)
    options, how, changes = ReadOptions(), random.Random(6), 0
    for reading in (each.reading for each in analysis.layers):
        (kept,) = directory.rglob(f"*-{(reading.fingerprint or '')[7:]}-*")
        original = kept.read_bytes()
        assert reading.diff_id
        assert reading.fingerprint
        assert cache(directory).load(options, reading.diff_id, reading.fingerprint) is not None
        one = cache(directory)
        for _ in range(1000 // len(analysis.layers)):
            other = damaged(original, how)
            kept.write_bytes(other)
            found = one.load(options, reading.diff_id, reading.fingerprint)
            assert (found is None) == (other != original)
            assert kept.exists() == (other == original)  # what is damaged is deleted
            changes += other != original
        kept.write_bytes(original)
    assert changes > 900


def test_a_damaged_file_is_written_anew_and_the_result_is_right(directory: Path, tmp_path: Path) -> None:
    path = write_medium("docker-archive", specimen(), tmp_path / "image")
    fresh = everything(api.inspect(str(path)))
    inspected(path, directory)
    sound = {kept: kept.read_bytes() for kept in files(directory)}
    how = random.Random(7)
    for _ in range(20):
        for kept, data in sound.items():
            kept.write_bytes(damaged(data, how))
        assert everything(inspected(path, directory)) == fresh
        assert {kept: kept.read_bytes() for kept in files(directory)} == sound


def test_a_file_under_the_name_of_another_is_not_believed(directory: Path, tmp_path: Path) -> None:
    path = write_medium("docker-archive", image(BASE, TOP), tmp_path / "image")
    fresh = everything(api.inspect(str(path)))
    inspected(path, directory)
    one, two = files(directory)
    one.write_bytes(two.read_bytes())
    assert everything(inspected(path, directory)) == fresh


def test_a_file_of_other_settings_is_not_believed(directory: Path, tmp_path: Path) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    inspected(path, directory, content_hash="none")
    (without,) = files(directory)
    inspected(path, directory)
    (hashed,) = set(files(directory)) - {without}
    hashed.write_bytes(without.read_bytes())
    assert everything(inspected(path, directory)) == everything(api.inspect(str(path)))


@pytest.mark.parametrize("what", ["directory", "pipe", "link", "gone"])
def test_something_else_in_the_place_of_a_file_is_no_reading(
    what: str, directory: Path, tmp_path: Path
) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    inspected(path, directory)
    (kept,) = files(directory)
    kept.rename(tmp_path / "moved")
    if what == "directory":
        kept.mkdir()
    elif what == "pipe":
        os.mkfifo(kept)
    elif what == "link":
        kept.symlink_to(tmp_path / "moved")
    assert everything(inspected(path, directory)) == everything(api.inspect(str(path)))


# Where it lies


@pytest.mark.parametrize("what", ["below a file", "no such device", "a link", "open to all"])
def test_a_directory_that_cannot_be_used_changes_nothing(what: str, tmp_path: Path) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    directory = tmp_path / "cache"
    if what == "below a file":
        directory.write_bytes(b"")
    elif what == "no such device":
        directory = Path("/proc/1/no/such")
    else:
        inspected(path, directory)
        (folder,) = directory.glob("readings-*")
        if what == "a link":
            folder.rename(tmp_path / "elsewhere")
            folder.symlink_to(tmp_path / "elsewhere")
        else:
            folder.chmod(0o777)
    assert everything(inspected(path, directory)) == everything(api.inspect(str(path)))
    assert disk.state(CacheLocation(directory, 10**9)).problem or what == "no such device"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_another_users_directory_is_not_believed(
    directory: Path, tmp_path: Path, parsed: list[FileRange]
) -> None:
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    inspected(path, directory)
    (folder,) = directory.glob("readings-*")
    os.chown(folder, 12345, 12345)
    inspected(path, directory)
    assert len(parsed) == 2
    assert disk.state(CacheLocation(directory, 10**9)).problem == "it belongs to another user"


def test_nobody_else_can_read_it(directory: Path, tmp_path: Path) -> None:
    inspected(write_medium("docker-archive", image(BASE), tmp_path / "image"), directory)
    modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files(directory)}
    (folder,) = directory.glob("readings-*")
    assert modes | {stat.S_IMODE(folder.stat().st_mode) & 0o077} == {0}


def test_small_layers_are_not_kept(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "SMALLEST_BYTES", len(BASE))
    larger = layer(file("a", b"x" * 100_000))
    inspected(write_medium("docker-archive", image(BASE[:-512], larger), tmp_path / "image"), directory)
    assert len(files(directory)) == 1


# How much it holds


def readings(count: int) -> Iterator[LayerReading]:
    """Readings of some 20 kB."""
    for number in range(count):
        tar = layer(*(file(f"d/{number}-{i}", b"%d" % i) for i in range(300)))
        yield read(tar, fingerprint_algorithm=hashing.fingerprint_algorithm())


def test_it_never_holds_more_than_its_size(directory: Path) -> None:
    bound = 300_000
    one = cache(directory, bound)
    for reading in readings(40):
        one.keep(ReadOptions(), reading)
        assert disk.state(CacheLocation(directory, bound)).disk_bytes <= bound
    assert disk.state(CacheLocation(directory, bound)).disk_bytes > bound // 2


def test_what_was_used_last_stays(directory: Path) -> None:
    one, options = cache(directory, 300_000), ReadOptions()
    kept = list(readings(30))
    first = kept[0]
    assert first.diff_id
    assert first.fingerprint
    for number, reading in enumerate(kept):
        one.keep(options, reading)
        for path in files(directory):  # the clock of a file system may be coarse
            if path.stat().st_mtime_ns > 10**18:
                os.utime(path, ns=(number, number))
        assert one.load(options, first.diff_id, first.fingerprint) is not None
    assert len(files(directory)) < 30
    second = kept[1]
    assert second.diff_id
    assert second.fingerprint
    assert one.load(options, second.diff_id, second.fingerprint) is None


def test_what_is_larger_than_half_of_it_is_not_kept(directory: Path) -> None:
    (reading,) = readings(1)
    cache(directory, 20_000).keep(ReadOptions(), reading)
    assert files(directory) == []


def test_many_small_files_are_bounded_too(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "MOST_FILES", 10)
    one = cache(directory)
    for reading in readings(25):
        one.keep(ReadOptions(), reading)
        assert len(files(directory)) <= 10


def test_a_cache_without_size_is_none(directory: Path, tmp_path: Path) -> None:
    assert api.open_cache(directory, max_bytes=0) is None
    path = write_medium("docker-archive", image(BASE), tmp_path / "image")
    api.inspect(str(path), cache=cache(directory, 0))
    assert not directory.exists()


def test_nothing_is_found_in_an_empty_cache(directory: Path) -> None:
    digest = "sha256:" + "0" * 64
    assert not cache(directory).expects(ReadOptions(), DiffID(digest), 10**6)
    assert cache(directory).load(ReadOptions(), DiffID(digest), digest) is None
    assert not directory.exists()
