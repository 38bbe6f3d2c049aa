"""Waivers: what is excused, by whom, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["Waiver", "WaiverState", "WaiverUse"]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One excuse for results of one rule.

    It covers a result that fits all of `path`, `instruction`, `subject` and `image` that are not empty. The
    last day that it holds is `expires`.
    """

    rule_id: str
    """`LS110`: one rule, never all of them."""
    owner: str
    reason: str
    expires: date
    path: str = ""
    """A file, a directory or a glob (as for LS313) that all paths of the result are within."""
    instruction: str = ""
    """A pattern of all instructions that the result names: `COPY * /app`."""
    subject: str = ""
    """The pattern of the budget that the result is of."""
    image: str = ""
    """A pattern of the image's name: a tag, with or without its version, or the reference."""
    at_most: int | float | None = None
    """It excuses a measured value, or a finding's bytes, up to this one and no higher; None: any."""
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
