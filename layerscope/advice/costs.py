"""What carrying an element out costs: seconds, and where they come from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from layerscope.advice.elements import Element
from layerscope.image.image import Image

__all__ = ["Cost", "CostOrigin", "costs_of", "log_key", "seconds_by_line", "seconds_in_log"]


class CostOrigin(StrEnum):
    """Where seconds come from, the best first."""

    LOG = "log"  #: the log of a build
    HISTORY = "history"  #: times of the image's history
    GUESS = "guess"  #: the kind of the instruction


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one element."""

    seconds: float
    origin: CostOrigin


_LONGEST = 7200.0
_BYTES_PER_SECOND = 200e6
_GUESSES = (
    (
        re.compile(r"\b(?:make|cmake|ninja|mvn|gradle|gradlew|cargo|msbuild|bazel)\b|\b(?:build|compile)\b"),
        60.0,
    ),
    (re.compile(r"\b(?:apt-get|apt|dnf|yum|microdnf|zypper)\b.*\b(?:install|upgrade)\b", re.DOTALL), 30.0),
    (re.compile(r"\b(?:npm|yarn|pnpm|pip3?|poetry|uv|bundle|composer|conda|mamba|go|dotnet|gem)\b"), 30.0),
    (re.compile(r"\bapk\b|\bcurl\b|\bwget\b|\bgit\b"), 5.0),
    (re.compile(r"\bch(?:own|mod)\b.*-R", re.DOTALL), 3.0),
)
_STEP = re.compile(r"\[(?P<stage>[^\]]*?)\s*\d+/\d+\]\s+(?P<text>.*)", re.DOTALL)
_PLAIN_NAME = re.compile(r"^#(\d+) (\[[^\]]*\d+/\d+\] .*)$")
_PLAIN_DONE = re.compile(r"^#(\d+) DONE (\d+(?:\.\d+)?)s$")


def costs_of(
    elements: Sequence[Element], log: Mapping[str, float], history: Mapping[int, float]
) -> list[Cost]:
    """Seconds of each element: from a log by its text, from history by its line, else by its kind."""
    return [_cost(element, log, history) for element in elements]


def _cost(element: Element, log: Mapping[str, float], history: Mapping[int, float]) -> Cost:
    if element.role != "step":
        return Cost(0.0, CostOrigin.GUESS)
    logged = log.get(log_key(f"{element.keyword} {element.text}"))
    if logged is not None:
        return Cost(logged, CostOrigin.LOG)
    if element.keyword in ("COPY", "ADD", "WORKDIR"):
        stored = element.facts.tar_bytes if element.facts else 0
        usual = 0.05 if element.keyword == "WORKDIR" else 0.1 + stored / _BYTES_PER_SECOND
        if element.line in history and history[element.line] <= 10 * usual + 1:
            return Cost(history[element.line], CostOrigin.HISTORY)
        return Cost(usual, CostOrigin.GUESS)  # a longer gap was spent waiting
    if element.line in history:
        return Cost(history[element.line], CostOrigin.HISTORY)
    for pattern, seconds in _GUESSES:
        if pattern.search(element.text):
            return Cost(seconds, CostOrigin.GUESS)
    return Cost(0.5, CostOrigin.GUESS)


def seconds_by_line(image: Image) -> dict[int, float]:
    """First line of an instruction to the seconds between its history entry and the layer below it.

    A gap is what the step took if both were made in one build. A step that was cached keeps its old time, so
    that the next one seems to have taken long: gaps above two hours say nothing, nor does the one above the
    base image, nor do times that are all equal, which builders write on demand.
    """
    times = [_time(entry.created) for entry in image.history]
    if len({time for time in times if time}) < 3:
        return {}
    found: dict[int, float] = {}
    previous: float | None = None
    for entry, time in zip(image.history, times, strict=True):
        if entry.empty_layer:
            continue
        gap = None if previous is None or time is None else time - previous
        if entry.lines is not None and gap is not None and 0 <= gap <= _LONGEST:
            found[entry.lines.first] = gap
        previous = time if entry.lines is not None else None  # the base may be years older
    return found


def _time(text: str | None) -> float | None:
    if not text:
        return None
    shortened = re.sub(r"(\.\d{6})\d+", r"\1", text.replace("Z", "+00:00"))
    try:
        return datetime.fromisoformat(shortened).timestamp()
    except ValueError:
        return None


def seconds_in_log(text: str) -> dict[str, float]:
    """Instruction to seconds, from BuildKit's `--progress=rawjson` or `--progress=plain`; the longest of
    several runs of one, cached ones left out."""
    return _rawjson(text) if text.lstrip().startswith("{") else _plain(text)


def _plain(text: str) -> dict[str, float]:
    names: dict[str, str] = {}
    found: dict[str, float] = {}
    for line in text.splitlines():
        named = _PLAIN_NAME.match(line.rstrip())
        if named:
            names[named[1]] = named[2]
        done = _PLAIN_DONE.match(line.rstrip())
        if done and done[1] in names:
            _keep(found, names[done[1]], float(done[2]))
    return found


def _rawjson(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in text.splitlines():
        try:
            record: Any = json.loads(line)
        except ValueError:
            continue
        vertexes = record.get("vertexes") if isinstance(record, dict) else None
        for vertex in vertexes if isinstance(vertexes, list) else ():
            if not isinstance(vertex, dict) or vertex.get("cached"):
                continue
            started, completed = _time(vertex.get("started")), _time(vertex.get("completed"))
            if started is not None and completed is not None and isinstance(vertex.get("name"), str):
                _keep(found, vertex["name"], completed - started)
    return found


def _keep(found: dict[str, float], name: str, seconds: float) -> None:
    step = _STEP.match(name)
    if step and seconds >= 0:
        key = log_key(step["text"])
        found[key] = max(seconds, found.get(key, 0.0))


def log_key(text: str) -> str:
    """How an instruction is called in a log: blanks do not count."""
    return " ".join(text.split())
