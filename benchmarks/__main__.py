"""`python -m benchmarks`: make what is missing, time everything, write the results."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection
from pathlib import Path

from benchmarks.contenders import CONTENDERS
from benchmarks.images.catalog import CATALOG, prepare
from benchmarks.images.debian import UnavailableError
from benchmarks.machine import describe_machine
from benchmarks.results import BUSY_LOAD, write_results
from benchmarks.targets import ImageResult, RunResults
from benchmarks.timing import Measurement, Pace, time_command, time_image

_HERE = Path(__file__).resolve().parent
_CONTENDERS = tuple(contender.name for contender in CONTENDERS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add, pace = parser.add_argument, Pace()
    add("--data", type=Path, default=_HERE / "data", help="where the images lie (default: %(default)s)")
    add("--only", default="", metavar="NAMES", help=f"some of: {', '.join(CATALOG)} (separated by commas)")
    add("--contenders", default="", metavar="NAMES", help=f"some of: {', '.join(_CONTENDERS)}")
    add("--runs", type=int, default=pace.runs, help="timed runs of each command, at least (%(default)s)")
    add("--timeout", type=float, default=pace.timeout, help="seconds for one command (%(default)s)")
    add("--generate-only", action="store_true", help="make the images and time nothing")
    add("--output", type=Path, help="default: RESULTS.md; of a choice data/RESULTS-partial.md")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _chosen(names: str, known: Collection[str], what: str) -> list[str]:
    """The names in a list separated by commas; all that are known, if it is empty."""
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise SystemExit(f"no such {what}: {', '.join(unknown)}; there are {', '.join(known)}")
    return chosen or list(known)


def _prepare_all(names: list[str], data: Path) -> dict[str, ImageResult]:
    """Make all images before anything is timed: writing gigabytes disturbs what runs beside it."""
    images = {}
    for name in names:
        try:
            facts = prepare(CATALOG[name], data, _say)
            images[name] = ImageResult(CATALOG[name].about, facts, {})
        except UnavailableError as reason:
            _say(f"{name}: skipped: {reason}")
            images[name] = ImageResult(CATALOG[name].about, None, {}, skipped=str(reason))
    return images


def _time_all(
    images: dict[str, ImageResult], data: Path, pace: Pace, contenders: Collection[str]
) -> dict[str, ImageResult]:
    timed = {}
    for name, image in images.items():
        timed[name] = image
        if image.facts is not None:
            _say(f"timing {name}")
            measurements = time_image(CATALOG[name].path(data), pace, _say, contenders)
            timed[name] = ImageResult(image.about, image.facts, measurements)
    return timed


def _start_up(data: Path, pace: Pace) -> dict[str, Measurement]:
    _say("timing the start")
    commands = {
        "python -c pass": (sys.executable, "-c", "pass"),
        "layerscope --version": (sys.executable, "-m", "layerscope", "--version"),
        "layerscope --help": (sys.executable, "-m", "layerscope", "--help"),
    }
    return {name: time_command(command, data, pace) for name, command in commands.items()}


def main() -> None:
    """Run the benchmark as the command line asks."""
    arguments = _arguments()
    names = _chosen(arguments.only, CATALOG, "image")
    contenders = _chosen(arguments.contenders, _CONTENDERS, "contender")
    data = arguments.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    images = _prepare_all(names, data)
    if arguments.generate_only:
        return
    pace = Pace(runs=arguments.runs, timeout=arguments.timeout)
    load = os.getloadavg()[0]
    if load > BUSY_LOAD:
        _say(f"the machine is busy (load average {load:.2f}): the figures will not be worth much")
    start_up = _start_up(data, pace)
    results = RunResults(_time_all(images, data, pace, contenders), start_up, pace.timeout, load)
    default = data / "RESULTS-partial.md" if arguments.only or arguments.contenders else _HERE / "RESULTS.md"
    output = arguments.output or default
    output.write_text(write_results(results, describe_machine()))
    _say(f"wrote {output}")


if __name__ == "__main__":
    main()
