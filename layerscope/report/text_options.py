"""How a text for people looks: a module of its own, since rich, which draws it, takes 40 ms to load."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TextOptions"]


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How the text looks: `width` in columns, `unicode` if the output takes more than ASCII, at most `top`
    findings, notes and paths each.

    With `fold` a directory's files of one fate share a row.
    """

    width: int = 80
    color: bool = False
    unicode: bool = True
    top: int = 10
    fold: bool = True
