"""Verdicts made by hand, for tests of what is told of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from layerscope.analysis.growth import (
    Change,
    DirectoryGrowth,
    FileGrowth,
    Growth,
    GrowthTable,
    InstructionGrowth,
    PackageGrowth,
)
from layerscope.analysis.snapshot import SnapshotTotals
from layerscope.gate.verdict import Bound, CheckedImage, Outcome, Result, Unit, Verdict
from layerscope.gate.waivers import Waiver
from layerscope.rules.finding import Fix, Severity

__all__ = ["IMAGE", "WAIVER", "budget", "found", "growth", "verdict"]

IMAGE = CheckedImage("build/app.tar", platform="linux/amd64", tags=("registry.example:5000/team/app:1.2",))
WAIVER = Waiver("LS110", "ops", "next base has none", date(2027, 1, 31), origin="layerscope.toml: waivers[0]")


def budget(
    measured: float | None = 812_300_000,
    allowed: float | None = 800_000_000,
    *,
    outcome: Outcome = Outcome.FAILED,
    unit: Unit = Unit.BYTES,
    bound: Bound = Bound.AT_MOST,
    **fields: Any,
) -> Result:
    """A budget for the size of the image."""
    given = {
        "rule_id": "LS302",
        "name": "image-size",
        "severity": Severity.ERROR,
        "message": "the image is larger than allowed",
        "origin": "layerscope.toml: budgets.image-size",
        **fields,
    }
    return Result(outcome=outcome, measured=measured, allowed=allowed, unit=unit, bound=bound, **given)


def found(*locations: Any, outcome: Outcome = Outcome.FAILED, **fields: Any) -> Result:
    """A finding of LS110."""
    given = {
        "rule_id": "LS110",
        "name": "apt-caches",
        "severity": Severity.WARNING,
        "message": "package lists of apt are stored",
        "freed_bytes": sum(location.freed_bytes for location in locations),
        "fix": Fix("remove them where they are made", "RUN apt-get update && rm -rf /var/lib/apt/lists/*"),
        **fields,
    }
    return Result(outcome=outcome, locations=locations, **given)


def growth(**fields: Any) -> Growth:
    """Thirty megabytes more, by one package that one instruction brought."""
    before = SnapshotTotals(layers=3, stored_bytes=100_000_000, own_stored_bytes=20_000_000)
    after = SnapshotTotals(layers=3, stored_bytes=130_000_000, own_stored_bytes=50_000_000)
    pip = "RUN pip install torch"
    path = b"usr/lib/python3/site-packages/torch"
    given: dict[str, Any] = {
        "before_name": "app:main",
        "after_name": "app:1",
        "before": before,
        "after": after,
        "stored": Change(100_000_000, 130_000_000),
        "compressed": Change(40_000_000, 50_000_000),
        "live": Change(100_000_000, 130_000_000),
        "wasted": Change(0, 0),
        "own": Change(20_000_000, 50_000_000),
        "base": Change(80_000_000, 80_000_000),
        "base_apart": True,
        "instructions": GrowthTable(
            30_000_000, (InstructionGrowth(5_000_000, 35_000_000, "RUN pip install flask", pip, 2, 2),)
        ),
        "directories": GrowthTable(30_000_000, (DirectoryGrowth(0, 29_000_000, path),), 1_000_000, 4),
        "files": GrowthTable(
            30_000_000, (FileGrowth(0, 28_000_000, path + b"/lib.so", 2, pip),), 2_000_000, 9
        ),
        "packages": GrowthTable(
            30_000_000, (PackageGrowth(0, 30_000_000, "pypi", "torch", (), ("2.1",), 2, pip, in_base=False),)
        ),
        "base_packages": GrowthTable(0),
        **fields,
    }
    return Growth(**given)


def verdict(*results: Result, **fields: Any) -> Verdict:
    """A verdict about `IMAGE`."""
    return Verdict(**{"image": IMAGE, **fields}, results=results)
