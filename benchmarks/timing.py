"""Times all contenders on one image: alternating runs, medians, and one run of each to watch its memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.contenders import CONTENDERS, Contender, environment
from benchmarks.measure import Command, Memory, Run, run

__all__ = ["Measurement", "Pace", "time_command", "time_image", "warm_up"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long. Short commands are repeated more: until `seconds` have gone into an image."""

    runs: int = 3
    most_runs: int = 15
    seconds: float = 12.0
    timeout: float = 150.0
    slow_seconds: float = 45.0
    """A command whose first run took longer is timed once."""


@dataclass(slots=True)
class Measurement:
    """What was measured of one command. Exactly one of `seconds` and `failure` holds something."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    memory: Memory | None = None
    wasted_bytes: int | None = None
    failure: str = ""
    """Why there is no time: not finished, not installed, or how it failed."""
    timed_out: bool = False

    @property
    def median(self) -> float:
        """Median wall time in seconds."""
        return statistics.median(self.seconds)


def time_image(
    image: Path, pace: Pace, say: Callable[[str], None], asked: Collection[str] = ()
) -> dict[str, Measurement]:
    """Measure the contenders (all, or those that are `asked` for) on the image.

    It is read once before, so that it is in the page cache.
    """
    warm_up(image)
    results: dict[str, Measurement] = {}
    commands: dict[str, tuple[Contender, Command, float]] = {}
    for contender in CONTENDERS:
        if asked and contender.name not in asked:
            results[contender.name] = Measurement(failure="not asked for")
            continue
        arguments = contender.command(image)
        if arguments is None:
            results[contender.name] = Measurement(failure="not installed")
            continue
        command = Command(arguments, image.parent, environment(), pace.timeout)
        first = run(command, watch_memory=True, keep_output=True)
        results[contender.name] = _from_first_run(contender, first, pace)
        say(f"  {contender.name}: {results[contender.name].failure or f'{first.seconds:.2f} s, watched'}")
        commands[contender.name] = (contender, command, first.seconds)
    _alternate(commands, results, pace)
    return results


def time_command(arguments: tuple[str, ...], directory: Path, pace: Pace) -> Measurement:
    """Measure one command that reads no image, `most_runs` times."""
    result = Measurement()
    for _ in range(pace.most_runs):
        done = run(Command(arguments, directory, environment(), pace.timeout))
        if done.timed_out or done.exit_code:
            return Measurement(failure=_describe_failure(done, pace))
        result.seconds.append(done.seconds)
        result.cpu_seconds.append(done.cpu_seconds)
    return result


def warm_up(image: Path) -> None:
    """Read a file once, so that it is in the page cache."""
    with image.open("rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


def _describe_failure(done: Run, pace: Pace) -> str:
    if done.timed_out:
        return f"not finished after {pace.timeout:.0f} s"
    return f"exit code {done.exit_code}: {done.errors}"


def _from_first_run(contender: Contender, first: Run, pace: Pace) -> Measurement:
    result = Measurement(memory=first.memory, timed_out=first.timed_out)
    if first.timed_out or first.exit_code not in contender.accepted_exit_codes:
        result.failure = _describe_failure(first, pace)
    else:
        result.wasted_bytes = contender.wasted_bytes(first.output)
    return result


def _alternate(
    commands: dict[str, tuple[Contender, Command, float]], results: dict[str, Measurement], pace: Pace
) -> None:
    """Run the commands in turn, so that a slow minute of the machine falls on all of them."""
    started = time.monotonic()
    for round_number in range(pace.most_runs):
        if round_number >= pace.runs and time.monotonic() - started > pace.seconds:
            return
        for name, (contender, command, first_seconds) in commands.items():
            result = results[name]
            if result.failure or (round_number and first_seconds > pace.slow_seconds):
                continue
            done = run(command)
            if done.timed_out or done.exit_code not in contender.accepted_exit_codes:
                result.failure = _describe_failure(done, pace)
                result.timed_out = done.timed_out
                continue
            result.seconds.append(done.seconds)
            result.cpu_seconds.append(done.cpu_seconds)
