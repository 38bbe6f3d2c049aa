"""Reads the marked Dockerfile: its wasteful form, and what it is without some of the plants."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

__all__ = ["layers_of", "layers_until", "plants", "render"]

_DOCKERFILE = Path(__file__).with_name("Dockerfile")
_LINES = tuple(_DOCKERFILE.read_text().splitlines())
_MARK = re.compile(r"#(?P<sign>[-+.=]) ?(?P<plant>[a-z-]*) ?(?P<text>.*)")


def plants() -> tuple[str, ...]:
    """The names of all plants, in the order in which they stand."""
    marks = map(_MARK.fullmatch, _LINES)
    return tuple(dict.fromkeys(mark["plant"] for mark in marks if mark and mark["plant"]))


def render(without: Collection[str] = (), *, about: str = "") -> str:
    """The Dockerfile with all plants but some; of one that is about a plant, what follows it is cut off.

    What stands above `#=` is never cut: installing one package changes what installing another one brings.
    """
    lines: list[str] = []
    left_out = False
    for line in _LINES[: _end(about) if about else None]:
        mark = _MARK.fullmatch(line)
        if mark is None:
            if not left_out:
                lines.append(line)
        elif mark["sign"] == "+":
            if mark["plant"] in without:
                lines.append(mark["text"])
        else:
            left_out = mark["sign"] == "-" and mark["plant"] in without
    return "\n".join(lines) + "\n"


def _end(plant: str) -> int:
    """The number of lines up to `#=`, or to the end of what is marked for a plant, if that is lower."""
    marks = list(map(_MARK.fullmatch, _LINES))
    last = max(number for number, mark in enumerate(marks) if mark and mark["plant"] == plant)
    if _LINES[last].startswith("#-"):
        last = _LINES.index("#.", last)
    return max(last + 1, _LINES.index("#="))


def layers_of(plant: str) -> set[int]:
    """The layers of the wasteful image that a plant's instructions make, or that its remedy mends."""
    return {layer for layer, _, planted in _layers() if plant in planted}


def layers_until(plant: str) -> int:
    """How many layers `render(about=plant)` makes of what the wasteful image has."""
    end = _end(plant)
    return 1 + max(layer for layer, number, _ in _layers() if number < end)


def _layers() -> Iterator[tuple[int, int, set[str]]]:
    """(layer, number of a line, plants that it is there for), of each line of the last stage that makes one.

    The base image has one layer; of the others each RUN, COPY and ADD of the last stage makes one.
    """
    begin = max(number for number, line in enumerate(_LINES) if line.startswith("FROM "))
    layer, block, continued = 0, "", False
    for number, line in enumerate(_LINES[begin + 1 :], begin + 1):
        mark = _MARK.fullmatch(line)
        if mark is None and line and not line.startswith("#"):
            layer += not continued and line.startswith(("RUN ", "COPY ", "ADD "))
            continued = line.endswith("\\")
            yield layer, number, {block}
        elif mark and mark["sign"] in "-.":
            block = mark["plant"]
        elif mark and continued:
            yield layer, number, {mark["plant"]}
