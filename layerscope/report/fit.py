"""Text in the width of a terminal, counted in cells: a CJK character takes two, a combining one none."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

__all__ = ["MiddleCut", "Uncut", "cut_middle"]

_MARK = "..."


def cut_middle(text: str, width: int) -> str:
    """Shorten `text` to `width` terminal cells by leaving out its middle.

    The ends of a path or of a command say more than its middle. Two thirds of what is kept stand in front.
    """
    if cell_len(text) <= width:
        return text
    room = width - len(_MARK)
    if room <= 0:
        return _MARK[: max(width, 0)]
    head = _fit(text, (room * 2 + 2) // 3)
    tail = _fit(text[::-1], room - cell_len(head))[::-1]
    return head + _MARK + tail


def _fit(text: str, width: int) -> str:
    """The longest beginning of `text` that takes at most `width` cells."""
    used = 0
    for index, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:index]
    return text


class Uncut(Text):
    """A line that may be longer than the width: a terminal goes on in the next row, and who copies it copies
    one line. A command that is wrapped with line ends is another command."""


class MiddleCut:
    """A line that takes the width it gets, cut in the middle: a cell of a table, or a line behind a lead."""

    def __init__(self, text: str, *, style: str = "", lead: str = "") -> None:
        self.text = text
        self.style = style
        self.lead = lead

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lead as it is and the text in what is left of the line."""
        room = options.max_width - cell_len(self.lead)
        line = Text(no_wrap=True)
        line.append(self.lead, style="dim")
        line.append(cut_middle(self.text, max(room, 12)), style=self.style)
        yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """At least some 20 cells, at most everything."""
        full = cell_len(self.lead) + cell_len(self.text)
        return Measurement(min(full, 20), full)
