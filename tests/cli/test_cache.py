"""The cache as whoever runs `layerscope` meets it: many runs at once, killed ones, full disks, the verb."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from layerscope.cache.record import is_record
from tests.builders import file, layer
from tests.cli.conftest import saved
from tests.cli.running import COMMAND, environment, layerscope

ROOMY = {"LAYERSCOPE_CACHE_SIZE": "50MB"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layers that are worth keeping: 64 KiB and more each."""
    layers = [layer(*(file(f"d{number}/{i}", b"%d" % i * 50) for i in range(400))) for number in range(6)]
    return saved(tmp_path_factory.mktemp("images") / "large.tar", *layers)


def using(directory: Path, **variables: str) -> dict[str, str]:
    return environment(LAYERSCOPE_CACHE_DIR=str(directory), **(ROOMY | variables))


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*-*-*") if path.is_file())


def beside(directory: Path) -> list[Path]:
    return list(directory.rglob("beside-*"))


@pytest.mark.parametrize("arguments", [["inspect", "-f", "json"], ["files"], ["files", "--digest"]])
def test_the_output_is_the_same_to_the_byte(arguments: list[str], directory: Path, large: Path) -> None:
    fresh = layerscope(*arguments, "--no-cache", large, env=using(directory))
    assert fresh.code == 0
    assert not directory.exists()
    for _ in range(2):
        ended = layerscope(*arguments, large, env=using(directory))
        assert (ended.code, ended.out, ended.err) == (0, fresh.out, fresh.err)
        assert len(files(directory)) == 6


def test_two_images_are_compared_from_the_cache(directory: Path, large: Path, archive: Path) -> None:
    arguments = ["diff", "-f", "json", large, archive]
    fresh = layerscope(*arguments, "--no-cache", env=using(directory))
    assert not directory.exists()
    outputs = {layerscope(*arguments, env=using(directory)).out for _ in range(2)}
    assert outputs == {fresh.out}
    assert files(directory)


def started(path: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [*COMMAND, "inspect", "-f", "json", str(path)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE)


def test_runs_at_the_same_time_do_not_disturb_each_other(
    directory: Path, large: Path, tmp_path: Path
) -> None:
    """The bound is so small that each run deletes what another has just written."""
    others = []
    for n in range(3):
        layers = [layer(*(file(f"{n}/{k}/{i}", b"x" * 60) for i in range(400))) for k in range(4)]
        others.append(saved(tmp_path / f"{n}.tar", *layers))
    images = [large, *others]
    env = using(directory, LAYERSCOPE_CACHE_SIZE="150000")
    fresh = {path: layerscope("inspect", "-f", "json", "--no-cache", path, env=env).out for path in images}
    for _ in range(2):
        running = [(path, started(path, env)) for path in images * 2]
        for path, process in running:
            out, _ = process.communicate(timeout=120)
            assert (process.returncode, out) == (0, fresh[path])
    assert files(directory)
    assert all(is_record(path.read_bytes()) for path in files(directory))
    assert beside(directory) == []


KILLED = """
import os, signal, sys
from layerscope.cache import files
original = os.fdopen
def half(handle, *rest, **named):
    opened = original(handle, *rest, **named)
    if "b" in (rest[0] if rest else "") and "w" in rest[0]:
        class Dying:
            def __enter__(self): return self
            def __exit__(self, *_): pass
            def write(self, data):
                opened.write(bytes(data[: len(data) // 2]))
                os.kill(os.getpid(), signal.SIGKILL)
        return Dying()
    return opened
files.os.fdopen = half
from layerscope.cli.main import main
main()
"""


def test_a_run_killed_while_it_writes_leaves_nothing_that_is_believed(directory: Path, large: Path) -> None:
    env = using(directory)
    fresh = layerscope("inspect", "-f", "json", "--no-cache", large, env=env).out
    killed = subprocess.run([sys.executable, "-c", KILLED, "inspect", str(large)], env=env, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = beside(directory)
    assert left.stat().st_size > 1000
    assert files(directory) == []
    assert layerscope("inspect", "-f", "json", large, env=env).out == fresh
    assert len(files(directory)) == 6
    assert layerscope("cache", "prune", env=env).code == 0
    assert beside(directory) == [left]  # another run may be writing it
    os.utime(left, (0, 0))
    assert layerscope("cache", "prune", env=env).code == 0
    assert beside(directory) == []


FULL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
from layerscope.cli.main import main
main()
"""


def test_a_full_disk_changes_nothing_but_the_cache(directory: Path, large: Path) -> None:
    """Past a limit of the file's size a write fails as on a full disk: after a part."""
    env = using(directory)
    fresh = layerscope("inspect", "-f", "json", "--no-cache", large, env=env)
    full = subprocess.run(
        [sys.executable, "-c", FULL, "inspect", "-f", "json", str(large)],
        env=env,
        capture_output=True,
        check=False,
    )
    assert (full.returncode, full.stdout, full.stderr) == (0, fresh.out, b"")
    assert files(directory) == beside(directory) == []


@pytest.mark.parametrize("place", ["/proc/1/cache", "below a file"])
def test_where_nothing_can_be_written_there_is_no_cache_and_no_word(
    place: str, large: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    where = Path(place) if place.startswith("/") else tmp_path / "file" / "cache"
    ended = layerscope("inspect", large, env=using(where))
    assert (ended.code, ended.err) == (0, "")


def test_a_read_only_cache_is_read(directory: Path, large: Path) -> None:
    env = using(directory)
    fresh = layerscope("inspect", "-f", "json", large, env=env).out
    kept = files(directory)
    for path in [*directory.rglob("*"), directory]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    assert layerscope("inspect", "-f", "json", large, env=env).out == fresh
    assert files(directory) == kept
    for path in [directory, *directory.rglob("*")]:
        path.chmod(0o700)


# The verb


def test_it_shows_where_and_how_much(directory: Path, large: Path) -> None:
    env = using(directory)
    empty = json.loads(layerscope("cache", "--format", "json", env=env).out)
    assert empty == {
        "directory": str(directory),
        "max_bytes": 50_000_000,
        "readings": 0,
        "disk_bytes": 0,
        "used": True,
        "problem": None,
    }
    layerscope("inspect", large, env=env)
    held = sum(-(-path.stat().st_size // 4096) * 4096 for path in files(directory))
    shown = json.loads(layerscope("cache", "show", "--format", "json", env=env).out)
    assert (shown["readings"], shown["disk_bytes"]) == (6, held)
    text = layerscope("cache", env=env).text
    assert f"directory  {directory}" in text
    assert "holds      6 layers, " in text
    assert "at most    50.0 MB" in text


def test_clear_deletes_the_readings_and_nothing_else(directory: Path, large: Path) -> None:
    env = using(directory)
    layerscope("inspect", large, env=env)
    (folder,) = files(directory)[0].parent.parent.parent.glob("readings-*")
    strangers = [directory / "notes.txt", folder / "notes.txt", files(directory)[0].parent / "a-b-c"]
    for stranger in strangers:
        stranger.write_bytes(b"mine")
    ended = layerscope("cache", "clear", env=env)
    assert (ended.code, ended.text) == (0, "removed 6 layers\n")
    assert sorted(
        path for path in directory.rglob("*") if path.is_file() and path.name != "CACHEDIR.TAG"
    ) == sorted(strangers)
    for stranger in strangers:
        stranger.unlink()
    assert layerscope("cache", "clear", env=env).text == "removed 0 layers\n"
    assert not directory.exists()


def test_prune_deletes_what_is_damaged_and_what_is_too_much(directory: Path, large: Path) -> None:
    env = using(directory)
    layerscope("inspect", large, env=env)
    damaged, *sound = files(directory)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    found = json.loads(layerscope("cache", "prune", "-f", "json", env=env).out)
    assert (found["removed"], found["damaged"], found["readings"]) == (1, 1, 5)
    assert files(directory) == sound
    bound = str(sum(path.stat().st_size for path in sound) // 2)
    found = json.loads(
        layerscope("cache", "prune", "-f", "json", env=env | {"LAYERSCOPE_CACHE_SIZE": bound}).out
    )
    assert 0 < found["disk_bytes"] <= int(bound)
    assert found["damaged"] == 0


def test_a_size_that_is_none_is_said(directory: Path, archive: Path) -> None:
    env = using(directory, LAYERSCOPE_CACHE_SIZE="much")
    for arguments in (["inspect", archive], ["cache"]):
        ended = layerscope(*arguments, env=env)
        assert ended.code == 2
        assert ended.err.startswith("layerscope: error: LAYERSCOPE_CACHE_SIZE: 'much' is not a size")
    assert (
        layerscope("inspect", "--no-cache", archive, env=using(directory, LAYERSCOPE_CACHE_SIZE="much")).code
        == 0
    )


def test_a_cache_that_is_not_used_says_why(directory: Path, large: Path) -> None:
    layerscope("inspect", large, env=using(directory))
    (folder,) = directory.glob("readings-*")
    folder.chmod(0o777)
    ended = layerscope("cache", env=using(directory))
    assert ended.text.endswith("not used   other users can write into it\n")
    cleared = layerscope("cache", "clear", env=using(directory))
    assert cleared.code == 8
    assert "other users can write into it" in cleared.err
    assert len(files(directory)) == 6
    off = layerscope("cache", env=using(directory.parent / "other", LAYERSCOPE_CACHE_SIZE="0"))
    assert off.text.endswith("not used   its size is 0\n")
