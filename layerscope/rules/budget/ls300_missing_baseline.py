"""A baseline that was asked for and could not be used.

## What it finds

The baseline that the configuration or `--baseline` names is not there, cannot be read, or was written by a
newer layerscope. What depends on it (LS320 to LS323) is then skipped.

## Why it matters

A gate that compares with nothing lets everything pass. So it never happens without a word: it is a warning,
or, with `missing-baseline = "fail"`, a failure.

## How to fix it

Write one from a build that is as it should be, and commit it or let the CI service keep it:
`layerscope check IMAGE --write-baseline FILE`.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Unit

__all__ = ["MissingBaseline"]


class MissingBaseline(Budget):
    """Measures nothing: the gate asks for it by what became of the baseline."""

    id = "LS300"
    name = "missing-baseline"
    units = (Unit.COUNT,)
    settable = False
    measures = "the baseline was read"
    exceeds = "the baseline could not be used"
    fix = Fix("write one from a build that is as it should be: layerscope check IMAGE --write-baseline FILE")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """1 without a baseline."""
        return Measurement(int(image.growth is None))
