"""`python -m benchmarks.second_run`: what the cache of layers is worth; writes RESULTS-cache.md.

Two questions. An image is inspected, its top layer is built anew, and the new image is inspected: how much of
the first time does the second take? A hundred images of 10,000 files are compared (`share`) with an empty
cache, and once more: how long do both take, and in how much memory?
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.contenders import environment
from benchmarks.images.plans import PY2G
from benchmarks.images.recompress import recompress
from benchmarks.images.synthetic import FileSizes, ImagePlan, LayerPlan, write_image
from benchmarks.machine import describe_machine
from benchmarks.measure import Command, Run, run
from benchmarks.timing import warm_up

__all__ = ["main", "rebuilt", "related"]

_HERE = Path(__file__).resolve().parent
_IMAGES = 100
_SMALL_FILES = FileSizes(median=1_000)
_HALF = replace(
    PY2G,
    layers=tuple(
        replace(
            layer,
            **{
                name: getattr(layer, name) // 2
                for name in ("new", "rewritten", "chowned", "removed_files", "removed_directories")
            },
        )
        for layer in PY2G.layers
    ),
)
"""1 GB unpacked."""


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    about: str
    plan: ImagePlan
    compression: str


_CASES = (
    _Case("gb", "1 GB, layers uncompressed", _HALF, "none"),
    _Case("gb-gzip", "the same 1 GB, gzip layers", _HALF, "gzip"),
    _Case("gb2-gzip", "2 GB unpacked, 0.93 GB as gzip layers", PY2G, "gzip"),
)


def rebuilt(plan: ImagePlan) -> ImagePlan:
    """The same image, with another top layer."""
    top = plan.layers[-1]
    return replace(plan, layers=(*plan.layers[:-1], replace(top, new=top.new + 5)))


def _make(case: _Case, plan: ImagePlan, path: Path) -> Path:
    if path.exists():
        return path
    if case.compression == "none":
        write_image(plan, path, "")
        return path
    plain = path.with_suffix(".plain.tar")
    facts = write_image(plan, plain, "")
    recompress(plain, facts, path, case.compression, "")
    plain.unlink()
    return path


def _fleet(directory: Path, plan_of: Callable[[int], ImagePlan]) -> Path:
    if not directory.exists():
        beside = directory.with_suffix(".part")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for number in range(_IMAGES):
            write_image(plan_of(number), beside / f"{number}.tar", "")
        beside.rename(directory)
    return directory


def related(number: int) -> ImagePlan:
    """A base of 6,000 files for all, 2,500 for each ten of them, 1,500 of its own."""
    layers = (
        LayerPlan("usr/lib", new=6_000),
        LayerPlan(f"opt/stack{number // 10}", new=2_500),
        LayerPlan(f"srv/app{number}", new=1_500),
    )
    return ImagePlan(layers=layers, sizes=_SMALL_FILES)


def _unrelated(number: int) -> ImagePlan:
    """No layer and no content that another has: the worst that a hundred images can be."""
    roots = ("usr/lib", "opt/stack", "srv/app")
    layers = tuple(LayerPlan(root, new=new) for root, new in zip(roots, (6_000, 2_500, 1_500), strict=True))
    return ImagePlan(layers=layers, sizes=_SMALL_FILES, seed=number + 2)


class _Bench:
    def __init__(self, data: Path, runs: int) -> None:
        self.data, self.runs = data, runs
        self._cache = data / "cache"
        self.rows: list[tuple[str, ...]] = []
        self.load = os.getloadavg()[0]

    def measure(self, arguments: tuple[str, ...], *, watch: bool = False) -> Run:
        command = (sys.executable, "-m", "layerscope", *arguments, "--quiet")
        variables = {"LAYERSCOPE_CACHE_DIR": str(self._cache), "LAYERSCOPE_CACHE_SIZE": "1GB"}
        done = run(Command(command, self.data, environment() | variables, 600.0), watch_memory=watch)
        if done.exit_code:
            raise SystemExit(f"{' '.join(arguments)}: exit code {done.exit_code}: {done.errors}")
        return done

    def compare(self, name: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        """Time `before` without a cache and with an empty one, then `after` without and with what is kept."""
        for path in map(Path, {*before, *after}):
            for image in (path, *path.rglob("*.tar")):
                if image.is_file():
                    warm_up(image)
        seconds: dict[str, list[Run]] = {"none": [], "first": [], "second": []}
        for _ in range(self.runs):
            shutil.rmtree(self._cache, ignore_errors=True)
            seconds["none"].append(self.measure((*before, "--no-cache")))
            seconds["first"].append(self.measure(before))
            seconds["second"].append(self.measure(after))
        shutil.rmtree(self._cache, ignore_errors=True)
        memory = [self.measure(arguments, watch=True).memory for arguments in (before, after)]
        kept = sum(path.stat().st_size for path in self._cache.rglob("*") if path.is_file())
        wall = {key: statistics.median(done.seconds for done in runs) for key, runs in seconds.items()}
        cpu = {key: statistics.median(done.cpu_seconds for done in runs) for key, runs in seconds.items()}
        self.rows.append(
            (
                name,
                *(f"{wall[key]:.2f} s ({cpu[key]:.2f})" for key in seconds),
                f"{wall['second'] / wall['first']:.1%} ({cpu['second'] / cpu['first']:.1%})",
                " / ".join(f"{each.pss / 1e6:.0f}" for each in memory if each),
                f"{kept / 1e6:.1f} MB",
            )
        )
        print(self.rows[-1], file=sys.stderr, flush=True)


_HEAD = """\
# What the cache of layers is worth

Written by `python -m benchmarks.second_run`; do not edit. Wall time, and in parentheses processor time,
medians of {runs} runs; every image is in the page cache. `none`: with `--no-cache`. `first`: with an empty
cache, which is filled. `second`: for an image, of the image whose top layer was built anew (another archive,
all of it hashed); for a hundred images, of the same ones. Memory is the peak (PSS of all processes), first /
second, in MB. Targets: the second `inspect` of 1 GB under 15 % of the first; a hundred images under 60 s,
then under 10 s.

Load average before the runs: {load:.2f}. Above 0.7 something else ran beside them: wall times are too long.
"""


def _text(bench: _Bench) -> str:
    head = ("what", "none", "first", "second", "second ÷ first", "memory", "kept")
    lines = [head, ("---",) * len(head), *bench.rows]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    machine = "".join(f"| {name} | {value} |\n" for name, value in describe_machine())
    return f"{_HEAD.format(runs=bench.runs, load=bench.load)}\n{table}\n|  |  |\n| --- | --- |\n{machine}"


def main() -> None:
    """Make what is missing, time, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.second_run", description=__doc__)
    parser.add_argument("--data", type=Path, default=_HERE / "data", help="where the images lie")
    parser.add_argument("--runs", type=int, default=3, help="timed runs of each command")
    parser.add_argument("--output", type=Path, default=_HERE / "RESULTS-cache.md")
    arguments = parser.parse_args()
    bench = _Bench(arguments.data.resolve(), arguments.runs)
    bench.data.mkdir(parents=True, exist_ok=True)
    made = []
    for case in _CASES:
        pair = [bench.data / f"{case.name}-{age}.tar" for age in ("old", "new")]
        _make(case, case.plan, pair[0])
        _make(case, rebuilt(case.plan), pair[1])
        made.append((case, pair))
    one_base = _fleet(bench.data / "related", related)
    nothing = _fleet(bench.data / "unrelated", _unrelated)
    for case, (old, new) in made:
        bench.compare(f"inspect: {case.about}", ("inspect", str(old)), ("inspect", str(new)))
    for directory, about in ((one_base, "on one base"), (nothing, "with nothing in common")):
        command = ("share", str(directory), "--format", "json")
        bench.compare(f"share: {_IMAGES} images of 10,000 files {about}", command, command)
    arguments.output.write_text(_text(bench), encoding="utf-8")


if __name__ == "__main__":
    main()
