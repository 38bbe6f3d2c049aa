"""The policy: what an image may be, what fails the gate, and where each of that was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from layerscope.gate.thresholds import Fails, MissingBaseline
from layerscope.gate.waivers import Waiver
from layerscope.rules.measuring import Unit
from layerscope.rules.registry import budget

__all__ = ["DEFAULT", "Limit", "Policy", "Setting", "Settings", "defaults", "merged"]

DEFAULT = "default"
"""Origin of what nobody wrote."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What one budget allows."""

    budget_id: str
    pattern: str
    allowed: int | float
    unit: Unit
    origin: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A word and where it was written."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What one place says: a file, a section of it for some images, the command line. Nothing of it is
    needed."""

    limits: Mapping[tuple[str, str], tuple[Limit, ...]] = field(default_factory=dict)
    """(budget id, pattern) to what is allowed; none: the budget is off."""
    fail_on: Setting | None = None
    """A `Fails`."""
    rules: Mapping[str, Setting] = field(default_factory=dict)
    """Rule id to a `Fails`."""
    waivers: tuple[Waiver, ...] = ()
    baseline: Setting | None = None
    """A file or an image; an empty one: none."""
    missing_baseline: Setting | None = None
    """A `MissingBaseline`."""
    base_layers: int | None = None
    """How many of the lowest layers are the base image's, whatever else is known."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one image, after everything that was written was put together."""

    limits: tuple[Limit, ...]
    """By budget, then by pattern; several units of one budget may be allowed at once."""
    fail_on: Setting
    rules: Mapping[str, Setting]
    waivers: tuple[Waiver, ...]
    baseline: Setting | None
    missing_baseline: Setting
    base_layers: int | None = None
    files: tuple[str, ...] = ()
    """The configuration files, as shown to the user."""

    def fails(self, rule_id: str) -> Setting:
        """From which severity on findings of a rule fail."""
        return self.rules.get(rule_id, self.fail_on)


def _limit(name: str, allowed: float, unit: Unit) -> tuple[tuple[str, str], tuple[Limit, ...]]:
    budget_id = budget(name).id
    return (budget_id, ""), (Limit(budget_id, "", allowed, unit, DEFAULT),)


@cache
def defaults() -> Settings:
    """Nothing that must not be shipped; a tenth of one's own layers may be waste; where there is a baseline,
    they may be a tenth larger."""
    return Settings(
        limits=dict((_limit("own-wasted-ratio", 0.1, Unit.RATIO), _limit("own-growth", 0.1, Unit.RATIO))),
        fail_on=Setting(Fails.ERROR, DEFAULT),
        missing_baseline=Setting(MissingBaseline.WARN, DEFAULT),
    )


def merged(places: Iterable[Settings], files: tuple[str, ...] = ()) -> Policy:
    """What holds where several places speak: the last one that says something is heard. Waivers add up."""
    limits: dict[tuple[str, str], tuple[Limit, ...]] = {}
    rules: dict[str, Setting] = {}
    waivers: list[Waiver] = []
    fail_on, missing = defaults().fail_on, defaults().missing_baseline
    baseline, base_layers = None, None
    for place in places:
        limits |= place.limits
        rules |= place.rules
        waivers += place.waivers
        fail_on = place.fail_on or fail_on
        missing = place.missing_baseline or missing
        baseline = place.baseline or baseline
        base_layers = base_layers if place.base_layers is None else place.base_layers
    assert fail_on is not None
    assert missing is not None
    return Policy(
        limits=tuple(limit for key in sorted(limits) for limit in limits[key]),
        fail_on=fail_on,
        rules=dict(sorted(rules.items())),
        waivers=tuple(waivers),
        baseline=baseline if baseline is not None and baseline.value else None,
        missing_baseline=missing,
        base_layers=base_layers,
        files=files,
    )
