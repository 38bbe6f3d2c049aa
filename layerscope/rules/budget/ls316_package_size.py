"""How large a single package may be.

## What it finds

The live files of a package are larger than the configuration allows; the largest package is measured, the
next ones are named. With a pattern only those that match: `pypi:torch`, `deb:*-dev`. A bound of 0 forbids
the package.

## Why it matters

A dependency that weighs more than the program itself deserves a decision.

## How to fix it

The message names the package and the instruction that installed it. Many have a smaller variant: a build
without GPU support, `-slim`, `-minimal`; or only the part that is needed can be installed.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import (
    PLACES_SHOWN,
    Budget,
    Measured,
    Measurement,
    NotMeasured,
    Patterns,
    Unit,
)
from layerscope.rules.package_names import matching_packages, package_places

__all__ = ["PackageSize"]


class PackageSize(Budget):
    """How large a single package may be."""

    id = "LS316"
    name = "package-size"
    patterns = Patterns.OPTIONAL
    measures = "the largest package"
    exceeds = "a package is larger than allowed"
    fix = Fix("install a smaller variant of the package, or do without it")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:  # noqa: ARG002
        """The largest package, of those that match."""
        if not image.analysis.packages.looked_for:
            return NotMeasured("installed packages were not looked for")
        found = matching_packages(image, pattern)[:PLACES_SHOWN]
        if not found:
            return Measurement(0)
        largest = found[0]
        in_base = largest.added_in < image.analysis.base.layers
        return Measurement(largest.content_bytes, package_places(image, found), in_base=in_base)
