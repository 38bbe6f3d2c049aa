"""Runs one command and says what it took: wall time, CPU time, and the peak memory of its processes.

Memory is the proportional set size (PSS) summed over all processes of the command, read from
`/proc/PID/smaps_rollup` every 20 ms. A page that several processes map counts once in all; a page of a
mapped file counts as well, so a tool that maps its input does not look smaller than one that reads it.
Reading it slows the command down, so memory is watched in a run of its own and that run's time is not used.
Needs Linux.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Command", "Memory", "Run", "run"]

_POLL_SECONDS = 0.02
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, and where."""

    arguments: tuple[str, ...]
    directory: Path
    environment: dict[str, str]
    timeout: float
    """Seconds after which all its processes are killed."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Peaks of sums over all processes of a command, in bytes, each taken at its own moment."""

    pss: int = 0
    anonymous: int = 0
    """The part of PSS that no file backs: it cannot be dropped when memory is short."""

    def raised_to(self, other: Memory) -> Memory:
        """Return the larger of each."""
        return Memory(max(self.pss, other.pss), max(self.anonymous, other.anonymous))


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took and gave."""

    seconds: float
    cpu_seconds: float
    """User and system time of all its processes that were waited for."""
    exit_code: int
    timed_out: bool
    memory: Memory | None
    """None if memory was not watched."""
    output: bytes
    """Standard output, if it was asked for."""
    errors: str
    """The last line of standard error."""


def run(command: Command, *, watch_memory: bool = False, keep_output: bool = False) -> Run:
    """Run the command to its end or to its timeout; its standard input is empty."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            cwd=command.directory,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=out if keep_output else subprocess.DEVNULL,
            stderr=err,
            start_new_session=True,
        )
        watcher = _MemoryWatcher(process.pid) if watch_memory else None
        seconds, cpu_seconds, timed_out = _wait(process, command.timeout, started)
        memory = watcher.stop() if watcher else None
        out.seek(0)
        err.seek(0)
        last = (err.read().decode(errors="replace").strip().splitlines() or [""])[-1]
        code = process.returncode
        return Run(seconds, cpu_seconds, code, timed_out, memory, out.read(), last)


def _wait(process: subprocess.Popen[bytes], timeout: float, started: float) -> tuple[float, float, bool]:
    """Wait without polling: `Popen.wait(timeout)` looks only every 50 ms, longer than some runs take."""
    expired = threading.Event()

    def kill() -> None:
        expired.set()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(timeout, kill)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        kill()
        raise
    finally:
        timer.cancel()
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return seconds, usage.ru_utime + usage.ru_stime, expired.is_set()


class _MemoryWatcher:
    """A thread that keeps the peak memory of all processes of one session."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._peak = Memory()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> Memory:
        """End the watch and return the peaks."""
        self._stopped.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._stopped.is_set():
            self._peak = self._peak.raised_to(_session_memory(self._session))
            self._stopped.wait(_POLL_SECONDS)


def _session_memory(session: int) -> Memory:
    pss = anonymous = 0
    for process in _PROC.iterdir():
        if process.name.isdigit() and _session_of(process) == session:
            fields = _rollup(process)
            pss += fields.get("Pss:", 0)
            anonymous += fields.get("Pss_Anon:", 0)
    return Memory(pss, anonymous)


def _session_of(process: Path) -> int:
    try:
        stat = (process / "stat").read_bytes()
    except OSError:  # it has ended meanwhile
        return -1
    return int(stat.rpartition(b")")[2].split()[3])


def _rollup(process: Path) -> dict[str, int]:
    """Return the fields of smaps_rollup in bytes; nothing for a process that has ended."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        return {}
    rows = (line.split() for line in lines[1:])
    return {row[0]: int(row[1]) * 1024 for row in rows if len(row) == 3}
