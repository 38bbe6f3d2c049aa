"""Waivers: what is excused, by whom, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["Waiver", "WaiverState", "WaiverUse"]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One excuse for results of one rule.

    It covers a result that fits all of `path`, `instruction`, `package` and `image` that are not empty. All
    four are patterns in which `*` stands for any characters. The last day that it holds is `expires`.
    """

    rule_id: str
    """`LS110`: one rule, never all of them."""
    owner: str
    reason: str
    expires: date
    path: str = ""
    """Of what the result is about: a path or a directory that it names."""
    instruction: str = ""
    """Of the instruction of a layer that the result names: `COPY * /app`."""
    package: str = ""
    """Of a package that the result names: `pypi:torch`."""
    image: str = ""
    """Of the image's name: a tag or the reference."""
    at_most: int | float | None = None
    """It excuses a measured value up to this one and no higher; None: any. In the unit of the rule."""
    origin: str = ""
    """Where it is written: `layerscope.toml: waivers[0]`."""


class WaiverState(StrEnum):
    """What became of a waiver in one run."""

    USED = "used"  #: it excused something
    UNUSED = "unused"  #: nothing that it covers is there any more: it can go
    EXPIRED = "expired"  #: what it covers is there, and its last day is over: that fails
    LAPSED = "lapsed"  #: its last day is over, and nothing that it covers is there: it can go
    EXCEEDED = "exceeded"  #: what it covers is there and measures more than it allows: that fails


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """A waiver, what became of it, and how many results it covered."""

    waiver: Waiver
    state: WaiverState
    results: int = 0
