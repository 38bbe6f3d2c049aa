"""Fuzz the readers for some minutes: `python -m tests.fuzz --minutes 10`.

Every failing input is written to `--save` (by default a new temporary directory), after it was made smaller
as long as it fails in the same way. To keep one as a test, move it to `tests/fuzz/regressions/<target>/`.
The exit code is 1 when anything failed.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from random import Random
from types import FrameType

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS, seeds

SECONDS_PER_INPUT = 20
MEMORY_BYTES = 4 << 30


class TooSlowError(Exception):
    """One small input took more processor time than any may."""


def main() -> int:
    """Fuzz until the time is up; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the readers.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", default="0", help="another seed, other inputs")
    parser.add_argument("--target", choices=[*TARGETS, "all"], default="all")
    parser.add_argument("--save", type=Path, help="where failing inputs are written")
    arguments = parser.parse_args()
    save = arguments.save or Path(tempfile.mkdtemp(prefix="fuzz-"))
    targets = list(TARGETS) if arguments.target == "all" else [arguments.target]
    _bound_memory()
    time_is_up: list[int] = []
    signal.signal(signal.SIGALRM, lambda number, _frame: time_is_up.append(number))
    signal.setitimer(signal.ITIMER_REAL, arguments.minutes * 60)
    signal.signal(signal.SIGVTALRM, _too_slow)
    found: dict[str, Path] = {}
    random, runs = Random(arguments.seed), 0
    while not time_is_up:
        target = random.choice(targets)
        data = mutated(random.choice(seeds(target)), seeds(target), random)
        runs += 1
        failure = fails(target, data)
        if failure and failure not in found:
            found[failure] = keep(target, shrunk(target, data, failure), save)
            print(f"{found[failure]}: {failure}", flush=True)  # noqa: T201
    print(f"{runs:,} inputs, {len(found)} failures")  # noqa: T201
    return 1 if found else 0


def fails(target: str, data: bytes) -> str:
    """In which way an input fails: the error and where it came from; empty if it does not."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_PER_INPUT, 1)  # again and again: one may be swallowed
    try:
        TARGETS[target](data)
    except Exception as error:  # noqa: BLE001  (any error that comes here is a finding)
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno} ({str(error)[:120]!r})"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return ""


def shrunk(target: str, data: bytes, failure: str) -> bytes:
    """The input with all blocks left out that the failure does not need."""
    kind = failure.partition(" (")[0]
    for size in (4096, 512, 64):
        start = 0
        while start < len(data) and len(data) > size:
            smaller = data[:start] + data[start + size :]
            if fails(target, smaller).partition(" (")[0] == kind:
                data = smaller
            else:
                start += size
    return data


def keep(target: str, data: bytes, folder: Path) -> Path:
    """Write a failing input under its own digest."""
    path = folder / target / hashlib.sha256(data).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _bound_memory() -> None:
    """Let an input that makes the reader allocate by a claimed size fail instead of filling the machine."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError(f"more than {SECONDS_PER_INPUT} s of processor time")


if __name__ == "__main__":
    sys.exit(main())
