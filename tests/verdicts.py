"""Verdicts made by hand, for tests of what is shown of them."""

from __future__ import annotations

from typing import Any

from layerscope.gate.verdict import CheckedImage, Outcome, Result, Unit, Verdict
from layerscope.rules.finding import Fix, Severity
from tests.findings import LINES, location

__all__ = ["budget", "finding_result", "verdict"]


def budget(
    measured: int | float = 150_000_000,
    allowed: int | float = 120_000_000,
    *,
    outcome: Outcome = Outcome.FAILED,
    **fields: Any,
) -> Result:
    """A budget that was checked: the image's size, unless told otherwise."""
    given = {
        "rule_id": "LS302",
        "name": "image-size",
        "severity": Severity.ERROR,
        "message": "the image is larger than allowed",
        "unit": Unit.BYTES,
        "freed_bytes": int(max(0, measured - allowed)),
        "origin": "layerscope.toml: budgets.image-size",
        **fields,
    }
    return Result(outcome=outcome, measured=measured, allowed=allowed, **given)


def finding_result(outcome: Outcome = Outcome.FAILED, **fields: Any) -> Result:
    """A finding of LS110 on lines of a Dockerfile."""
    given = {
        "rule_id": "LS110",
        "name": "apt-caches",
        "severity": Severity.WARNING,
        "message": "package lists of apt are stored",
        "freed_bytes": 20_000_000,
        "locations": (location((b"var/lib/apt/lists/x", 20_000_000), lines=LINES),),
        "fix": Fix("remove them in the same RUN", "RUN apt-get update && rm -rf /var/lib/apt/lists/*"),
        **fields,
    }
    return Result(outcome=outcome, **given)


def verdict(*results: Result, **fields: Any) -> Verdict:
    """The verdict of these results."""
    image = CheckedImage("app.tar", platform="linux/amd64", tags=("registry.example/app:1",))
    return Verdict(**{"image": image, "results": results, **fields})
