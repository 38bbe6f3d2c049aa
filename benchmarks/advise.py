"""How long advice takes, and what it saves when it is built: `python -m benchmarks.advise [--build SECONDS]`;
writes RESULTS-advise.md where it builds.

* a stage of twenty instructions, of which half change;
* a history of 500 commits, fifty files each, in a repository of 2,000 files;
* with `--build`, the toy repositories of the tests built commit by commit with buildah, as they are and as
  advised, where each call of a package manager takes that many seconds (root, buildah, busybox, git).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import describe_machine
from layerscope.advice.advise import Known, advise
from layerscope.advice.context import ContextFiles
from layerscope.dockerfile.read import read_dockerfile
from layerscope.workspace.git import find_repository
from tests.differential.advising import advise as advise_beside
from tests.differential.toys import TOYS, make_base, make_repository, storage

_HERE = Path(__file__).resolve().parent
_SAID: list[str] = []
_HEAD = """\
# What advice takes, and what it saves

Written by `python -m benchmarks.advise --build {delay}`; do not edit. The first lines: how long advice takes.
The others: the toy repositories of the tests (`tests/differential/toys.py`), ten commits each, built by
buildah one after the other as they are and as advised (`advise --verify`), wall time; each call of a package
manager takes {delay} s there. `safe` is what is in the patch, `further` has what a build has to verify, too.
Targets: twenty instructions in under 1 s, 500 commits in under 5 s, seconds of rebuilds cut by 70 % (by the
further proposal where there is one).

"""
_MACHINE = "\n|  |  |\n| --- | --- |\n"

COPIES = "".join(f"COPY part{number} /srv/part{number}\n" for number in range(10))
RUNS = "".join(f"RUN mkdir -p /data/place{number}\n" for number in range(10))
WIDE = f"FROM base\n{COPIES}{RUNS}"
"""Nothing depends on anything: the worst case of a stage of twenty."""

USUAL = """\
FROM python:3.12
ARG GIT_SHA
LABEL revision=$GIT_SHA
ENV LANG=C.UTF-8
WORKDIR /app
COPY . /app
RUN apt-get update && apt-get install -y gcc
RUN pip install -r requirements.txt
RUN mkdir -p /data
RUN useradd app
COPY conf /etc/app
COPY start.sh /usr/local/bin/
RUN ln -s /usr/local/bin/start.sh /start.sh
RUN python -m compileall .
EXPOSE 80
EXPOSE 443
VOLUME /data
USER app
HEALTHCHECK CMD true
ENTRYPOINT ["/start.sh"]
CMD ["serve"]
"""
FILES = {"requirements.txt": b"flask\n", "conf/a": b"", "start.sh": b"", "main.py": b""}


def advised(text: str) -> None:
    """Time advice on a Dockerfile without a history."""
    began = time.perf_counter()
    context = ContextFiles(frozenset(FILES), FILES.get)
    found = advise(read_dockerfile(text.encode(), "Dockerfile"), Known(context=context))
    seconds = time.perf_counter() - began
    (stage,) = found.stages
    plan = stage.further or stage.safe
    assert plan is not None
    count = len(plan.problem.elements)
    _say(
        f"{count} instructions: {seconds:.2f} s, optimum exact: {plan.exact}, saves {plan.gain:.1f} s a build"
    )


def history(commits: int, files: int, changed: int) -> None:
    """Time advice with the history of a repository made for it."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        subprocess.run(["git", "init", "-q", "-b", "main", "."], cwd=directory, check=True)
        lines = []
        for number in range(commits + 1):
            lines.append(
                f"commit refs/heads/main\ncommitter a <a@example.test> {1_700_000_000 + number} +0000\n"
            )
            lines.append("data 1\nx\n")
            touched = range(files) if not number else range(number % 7, files, files // changed)
            lines += [f"M 100644 inline src/{n % 40}/{n}.py\ndata <<E\n{number}\nE\n" for n in touched]
            if not number % 50:
                lines.append(f"M 100644 inline requirements.txt\ndata <<E\nflask=={number}\nE\n")
        stream = "".join(lines).encode()
        subprocess.run(["git", "fast-import", "--quiet"], cwd=directory, input=stream, check=True)
        subprocess.run(["git", "reset", "-q", "--hard"], cwd=directory, check=True)
        (directory / "Dockerfile").write_text(USUAL)
        began = time.perf_counter()
        found = find_repository(directory).history(commits)
        read = time.perf_counter() - began
        command = [
            sys.executable,
            "-m",
            "layerscope",
            "advise",
            "--dockerfile",
            str(directory),
            "--commits",
            str(commits),
        ]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - began
        _say(f"{len(found.commits) - 1} commits: git {read:.2f} s, the whole command {seconds:.2f} s")


def built(delay: str) -> None:
    """Build the toys as they are and as advised, and compare seconds."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        environment = storage(root / "storage")
        make_base(root, environment, delay)
        for toy in TOYS:
            repository = root / toy.name
            make_repository(toy, repository)
            name, archive = f"localhost/{toy.name}", root / f"{toy.name}.tar"
            for command in (
                ["build", "--layers", "-q", "-t", name, str(repository)],
                ["push", "-q", name, f"docker-archive:{archive}:{toy.name}:1"],
            ):
                subprocess.run(["buildah", *command], env=environment, check=True, capture_output=True)
            found = advise_beside(
                environment,
                *(archive, "--dockerfile", repository),
                *("--verify", "--verify-with", "buildah", "--verify-commits", 10),
            )
            for verdict in found["verification"]:
                if not verdict["builds"]:
                    continue  # a suggestion that stands apart: its image was compared, and no history built
                before, after = verdict["seconds_before"], verdict["seconds_after"]
                cached = [
                    verdict[f"{key}_{when}"] for when in ("before", "after") for key in ("cached", "steps")
                ]
                _say(
                    f"{toy.name} ({verdict['proposal']}): {verdict['builds']} rebuilds, "
                    f"{before:.1f} s -> {after:.1f} s ({100 * (after - before) / before:+.0f} %), cached "
                    "{} of {} -> {} of {}, ".format(*cached)
                    + f"the same image: {verdict['equal']}"
                )
        subprocess.run(["umount", root / "storage" / "graph" / "overlay"], check=False, capture_output=True)


def _say(line: str) -> None:
    _SAID.append(line)
    print(line, flush=True)


def _results(delay: str) -> str:
    machine = "".join(f"| {name} | {value} |\n" for name, value in describe_machine())
    return _HEAD.format(delay=delay) + "".join(f"* {line}\n" for line in _SAID) + _MACHINE + machine


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", metavar="SECONDS", help="build the toys; package managers take so long")
    parser.add_argument("--output", type=Path, default=_HERE / "RESULTS-advise.md")
    options = parser.parse_args()
    advised(WIDE)
    advised(USUAL)
    history(500, 2000, 50)
    if options.build:
        built(options.build)
        options.output.write_text(_results(options.build), encoding="utf-8")


if __name__ == "__main__":
    main()
