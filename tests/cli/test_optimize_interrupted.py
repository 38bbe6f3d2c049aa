"""However `layerscope optimize` ends, the target is whole or what it was before, the image untouched."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import layerscope as api
from tests.builders import directory, file, image, layer, whiteout
from tests.cli.running import COMMAND, environment, layerscope
from tests.media import write_medium

OLD = b"what was there before"
STAGED_AT = (0, 400_000, 1_500_000, 2_600_000, 3_050_000)
"""Bytes beside the target after which the program is ended: while it reads, writes, reads back."""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image whose contents take a while to compress, of which a third is waste."""
    noise = random.Random(0)
    layers = [
        layer(
            directory("srv"),
            *(file(f"srv/{number}-{each}", noise.randbytes(250_000)) for each in range(6)),
        )
        for number in range(2)
    ]
    gone = layer(directory("srv"), *(whiteout(f"srv/1-{each}") for each in range(2)), file("end", b"end"))
    return write_medium("docker-archive", image(*layers, gone), tmp_path_factory.mktemp("saved") / "app.tar")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def whole(saved: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the archive that is written when nothing happens."""
    out = tmp_path_factory.mktemp("whole") / "slim.tar"
    api.optimize(str(saved), out, recompress="gzip")
    return digest(out)


def staged_bytes(directory: Path) -> int:
    """What lies beside the target so far; -1 while there is nothing, or it has taken its place."""
    sizes = []
    for path in directory.glob(".*"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # it has just taken its place
            continue
    return max(sizes, default=-1)


def ended(command: list[str], out: Path, number: signal.Signals, after: int, times: int) -> int:
    """Run the program, and signal it when there are `after` bytes; its exit code."""
    process = subprocess.Popen(
        [*COMMAND, *command],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and staged_bytes(out.parent) < after:
        threading.Event().wait(0.001)
    for _ in range(times):
        if process.poll() is None:
            process.send_signal(number)
    code = process.wait(60)
    assert is_gone(process.pid)
    return code


def is_gone(group: int) -> bool:
    """Whether none of the workers is left, or will be in a moment."""
    for _ in range(500):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        threading.Event().wait(0.01)
    return False


@pytest.mark.parametrize("after", STAGED_AT)
@pytest.mark.parametrize(
    ("number", "times"),
    [(signal.SIGTERM, 1), (signal.SIGINT, 3), (signal.SIGHUP, 1), (signal.SIGKILL, 1)],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_signal_leaves_the_target_whole_or_as_it_was(
    number: signal.Signals, times: int, after: int, saved: Path, whole: str, tmp_path: Path
) -> None:
    before = digest(saved)
    out = tmp_path / "slim.tar"
    out.write_bytes(OLD)
    command = ["optimize", str(saved), "-o", str(out), "--recompress", "gzip", "--jobs", "2"]
    code = ended(command, out, number, after, times)
    assert code in {0, 130, -signal.SIGKILL if number is signal.SIGKILL else 130}
    assert digest(saved) == before
    assert digest(out) == whole or (code != 0 and out.read_bytes() == OLD)
    beside = {path.name for path in tmp_path.iterdir()} - {out.name}
    if number is signal.SIGKILL:  # nobody can tidy up; what is left has the target's name in it
        assert all(name.startswith(".slim.tar.") for name in beside)
    else:
        assert beside == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_layout_is_whole_or_absent(number: signal.Signals, saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "slim"
    code = ended(["optimize", str(saved), "-o", f"oci:{out}", "--recompress", "gzip"], out, number, 1, 1)
    if out.exists():
        assert api.inspect(str(out)).complete
    beside = {path.name for path in tmp_path.iterdir()} - {out.name}
    assert all(name.startswith(".slim.") for name in beside)
    assert number is signal.SIGKILL or beside == set()
    assert code in {0, 130, -number}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "small", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here: that needs root")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("more", [[], ["--reproducible"], ["--recompress", "zstd"]], ids=" ".join)
@pytest.mark.parametrize("transport", ["docker-archive:", "oci-archive:", "oci:"])
@pytest.mark.parametrize("stdin", [False, True], ids=["file", "stdin"])
def test_a_full_disk_is_said_and_left_empty(
    stdin: bool, transport: str, more: list[str], saved: Path, small_disk: Path
) -> None:
    """Whatever is written there: the image, a copy of standard input, records that wait to be sorted."""
    options = {"input": saved.read_bytes()} if stdin else {}
    source = "-" if stdin else saved
    done = layerscope("optimize", source, "-o", f"{transport}{small_disk}/slim", *more, **options)
    assert done.code == 8
    assert "no space left on device" in done.err.lower()
    assert str(small_disk) in done.err
    assert list(small_disk.iterdir()) == []


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    ("opened", "code"),
    [(closed_pipe, 141), (lambda: os.open("/dev/full", os.O_WRONLY), 8)],
    ids=["closed-pipe", "full-device"],
)
def test_nothing_is_written_if_the_plan_cannot_be_shown(
    opened: Callable[[], int], code: int, saved: Path, tmp_path: Path
) -> None:
    stdout = opened()
    try:
        done = layerscope("optimize", saved, "-o", tmp_path / "slim.tar", stdout=stdout)
    finally:
        os.close(stdout)
    assert done.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 700, 100_000, 2_000_000])
def test_a_source_that_breaks_off_leaves_nothing(length: int, saved: Path, tmp_path: Path) -> None:
    """As if `docker save` had died on the other side of the pipe."""
    done = layerscope("optimize", "-", "-o", tmp_path / "slim.tar", input=saved.read_bytes()[:length])
    assert done.code == 4
    assert "standard input" in done.err
    assert ".layerscope." not in done.err
    assert list(tmp_path.iterdir()) == []


def test_the_whole_group_may_be_interrupted_as_a_terminal_does(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "slim.tar"
    process = subprocess.Popen(
        [*COMMAND, "optimize", saved, "-o", out, "--recompress", "gzip:9", "--jobs", "2"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while process.poll() is None and staged_bytes(tmp_path) <= 0:
        threading.Event().wait(0.001)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    said = process.communicate()[1]
    assert (process.returncode, said) in {(130, b"layerscope: interrupted\n"), (0, b"")}
    assert [path.name for path in tmp_path.iterdir()] == ([out.name] if process.returncode == 0 else [])
