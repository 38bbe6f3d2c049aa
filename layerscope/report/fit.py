"""Text in the width that a terminal has, counted in cells: a CJK character takes two, a combining one none."""

from __future__ import annotations

from rich.cells import cell_len

__all__ = ["cut_middle"]


def cut_middle(text: str, width: int, mark: str = "...") -> str:
    """Shorten `text` to `width` terminal cells by leaving out its middle.

    The ends of a path or of a command say more than its middle. Two thirds of what is kept stand in front.
    """
    if cell_len(text) <= width:
        return text
    room = width - cell_len(mark)
    if room <= 0:
        return mark[: max(width, 0)]
    head_room = (room * 2 + 2) // 3
    head = _fit(text, head_room)
    tail = _fit(text[::-1], room - cell_len(head))[::-1]
    return head + mark + tail


def _fit(text: str, width: int) -> str:
    """The longest beginning of `text` that takes at most `width` cells."""
    used = 0
    for index, character in enumerate(text[: width + 1]):
        used += cell_len(character)
        if used > width:
            return text[:index]
    return text[:width]
