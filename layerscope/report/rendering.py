"""From parts that rich understands to text: one console for all reports, which knows no terminal and no
environment."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator

from rich.console import Console, RenderableType
from rich.text import Text

from layerscope.report.fit import Uncut

__all__ = ["rendered", "section"]

_LINE_END = re.compile(r"(?: |\x1b\[[\d;]*m)+$")


def rendered(parts: Iterable[RenderableType], *, width: int, color: bool) -> str:
    """The parts one below the other; lines end in a line feed, without blanks before it."""
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Uncut))
    lines = captured.get().rstrip("\n").split("\n")
    return "".join(_without_blanks(line) + "\n" for line in lines)


def section(title: str, legend: str = "") -> Iterator[RenderableType]:
    """A heading with an empty line before it."""
    yield Text()
    yield Text(title, style="bold").append(f" {legend}" if legend else "", style="not bold dim")


def _without_blanks(line: str) -> str:
    """The line without blanks at its end; those before or within the last color codes go, the codes stay."""
    end = _LINE_END.search(line)
    return line if end is None else line[: end.start()] + end[0].replace(" ", "")
