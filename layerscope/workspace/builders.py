"""Programs that build images: buildah, podman, docker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from layerscope.errors import MissingDependency, UsageError
from layerscope.rules.spoken_secrets import names_secret, spoken_secrets

__all__ = ["BUILDERS", "REPLAY_MARK", "Build", "BuildFailed", "Builder", "find_builder"]

BUILDERS = ("buildah", "podman", "docker")
"""In the order in which they are looked for."""

REPLAY_MARK = "ENV LAYERSCOPE_REPLAY="
"""Begins an instruction that keeps the caches of two files apart; it does not count as a step."""

_SECONDS = 3600
_STEP = re.compile(r"^(?:\[\d+/\d+\] )?STEP \d+/\d+: (?!FROM\b)", re.MULTILINE | re.IGNORECASE)
_MARK = re.compile(rf"^(?:\[\d+/\d+\] )?STEP \d+/\d+ ?: {REPLAY_MARK}", re.MULTILINE | re.IGNORECASE)
_CACHED = re.compile(r"^--> Using cache", re.MULTILINE)
_CLASSIC_STEP = re.compile(r"^Step \d+/\d+ : (?!FROM\b)", re.MULTILINE)
_CLASSIC_CACHED = re.compile(r"^ ---> Using cache", re.MULTILINE)
_VERTEX = re.compile(r"^#(\d+) \[[^\]]*?(\d+)/\d+\] (?!FROM\b)", re.MULTILINE)
_VERTEX_CACHED = re.compile(r"^#(\d+) CACHED", re.MULTILINE)
_VERTEX_FAILED = re.compile(r"#(\d+) ERROR")
_VERTEX_SAID = re.compile(r"#(\d+) \d+\.\d+ (.*)")
_SAYS_NO = re.compile(r"(?:error|unknown flag|the command '.*' returned a non-zero code)", re.IGNORECASE)
_STEP_BEGINS = re.compile(r"(?:\[\d+/\d+\] )?STEP \d+/\d+ ?:", re.IGNORECASE)
_OWN_WORDS = re.compile(r"-+> |Removing intermediate container |subprocess exited with status ")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_LINES_BEFORE = 3
_MOST_CHARACTERS = 300
_LEAST_SECRET = 4


class BuildFailed(Exception):  # an answer: the file does not build
    """The builder said no; the message is the line that says so, and the last lines of the step before it.

    It is free text of what was run: outputs mask and escape it.
    """


@dataclass(frozen=True, slots=True)
class Build:
    """One build that ended well."""

    tag: str
    seconds: float
    steps: int
    cached: int
    """Steps that the builder took from its cache."""


@dataclass(frozen=True, slots=True)
class Builder:
    """One of the programs."""

    name: str
    options: tuple[str, ...] = ()
    """Further options of every build."""

    def build(
        self,
        dockerfile: Path,
        context: Path,
        tag: str,
        *,
        build_args: Mapping[str, str],
        target: str = "",
        cache: bool = True,
    ) -> Build:
        """Build an image. Raises BuildFailed."""
        options = [*self.options, "--file", str(dockerfile), "--tag", tag]
        options += [part for name, value in build_args.items() for part in ("--build-arg", f"{name}={value}")]
        options += ["--target", target] if target else []
        options += [] if cache else ["--no-cache"]
        layers = [] if self.name == "docker" else ["--layers"]
        command = [self.name, "build", *layers, *options, str(context)]
        began = time.monotonic()
        try:
            log = _run(command)
        except BuildFailed as error:
            raise BuildFailed(_without_values(str(error), build_args)) from error
        seconds = time.monotonic() - began
        steps, cached = _counts(log)
        return Build(tag, seconds, steps, cached)

    def save(self, tag: str, path: Path) -> None:
        """Write an image as a docker-archive. Raises BuildFailed."""
        if self.name == "buildah":
            _run([self.name, "push", "--quiet", tag, f"docker-archive:{path}:{tag}"])
        else:
            _run([self.name, "save", "--output", str(path), tag])

    def remove(self, tags: Sequence[str]) -> None:
        """Remove images; what cannot be removed stays."""
        for tag in tags:
            command = [self.name, "rmi", tag]
            subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S603


def find_builder(name: str = "", options: Sequence[str] = ()) -> Builder:
    """The builder of this name, or the first that is there, which builds with these options.

    Raises UsageError, MissingDependency.
    """
    if name and name not in BUILDERS:
        raise UsageError(f"builder program {name}: not one of {', '.join(BUILDERS)}")
    for candidate in (name,) if name else BUILDERS:
        if shutil.which(candidate):
            return Builder(candidate, tuple(options))
    raise MissingDependency(f"{name or ' or '.join(BUILDERS)} is not installed; verifying needs a builder")


def _run(command: Sequence[str]) -> str:
    """Output and messages of a program. Raises BuildFailed."""
    try:
        done = subprocess.run(  # noqa: S603  # arguments are a list, and no shell is in between
            command,
            env={**os.environ, "BUILDKIT_PROGRESS": "plain"},  # the classic builder has no option --progress
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildFailed(f"{command[0]}: {error}") from error
    log = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        raise BuildFailed(f"{command[0]}: {_reason(log) or f'exit code {done.returncode}'}")
    return log


def _reason(log: str) -> str:
    """Why a build ended: the last line that calls itself an error, before any advice; else the last one. In
    front of it what the step itself said last, which names the cause where the builder knows an exit code
    only."""
    plain = (_COLORS.sub("", line).strip() for line in log.splitlines())  # the classic builder's are its own
    lines = [line for line in plain if line]
    says_no = [number for number, line in enumerate(lines) if _SAYS_NO.match(line)]
    last = (says_no or [len(lines) - 1])[-1]
    if last < 0:
        return ""
    said = [_cut(line) for line in _said_by_step(lines[:last])]
    return f"{_cut(lines[last])}{'; its last words: ' if said else ''}{' / '.join(said)}"


def _said_by_step(lines: Sequence[str]) -> list[str]:
    """The last lines of the output of the step that failed; none where no step was begun."""
    failed = [no[1] for line in lines if (no := _VERTEX_FAILED.match(line))]
    if failed:
        spoken = [said for line in lines if (said := _VERTEX_SAID.match(line)) and said[1] == failed[-1]]
        return [said[2].strip() for said in spoken if said[2].strip()][-_LINES_BEFORE:]
    begun = [number for number, line in enumerate(lines) if _STEP_BEGINS.match(line)]
    if not begun:
        return []
    return [line for line in lines[begun[-1] + 1 :] if not _OWN_WORDS.match(line)][-_LINES_BEFORE:]


def _cut(line: str) -> str:
    """The beginning of a long line, but never that of a secret: the rest of one would not be known for what
    it is, and not be masked."""
    if len(line) <= _MOST_CHARACTERS:
        return line
    end = _MOST_CHARACTERS
    for secret in spoken_secrets(line):
        if secret.start < end < secret.end:
            end = secret.start
    return f"{line[:end]}..."


def _without_values(text: str, build_args: Mapping[str, str]) -> str:
    """A text of the builder with the names of secret build arguments for their values."""
    for name, value in build_args.items():
        if len(value) >= _LEAST_SECRET and names_secret(name):
            text = text.replace(value, f"${name}")
    return text


def _counts(log: str) -> tuple[int, int]:
    """Steps, and those of them from the cache, in the log of any of the builders."""
    vertices = {found[1] for found in _VERTEX.finditer(log)}
    if vertices:
        return len(vertices), len(vertices & {found[1] for found in _VERTEX_CACHED.finditer(log)})
    marks = len(_MARK.findall(log))
    classic = len(_CLASSIC_STEP.findall(log))
    if classic:
        return classic - marks, max(0, len(_CLASSIC_CACHED.findall(log)) - marks)
    return len(_STEP.findall(log)) - marks, max(0, len(_CACHED.findall(log)) - marks)
