"""How many packages may be installed.

## What it finds

More packages are installed than the configuration allows. With a pattern only those that match: `npm:*`,
`deb:python3-*`; the part before the colon is the type of the package URL.

## Why it matters

Each package is something to update, and to answer for when it is vulnerable. A number that jumps tells of
a new dependency that brought many others.

## How to fix it

Install only what is needed to run: `--no-install-recommends`, `npm ci --omit=dev`, a virtual environment
made in another stage. `layerscope inspect` lists the packages.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, NotMeasured, Patterns, Unit
from layerscope.rules.package_names import matching_packages

__all__ = ["PackageCount"]


class PackageCount(Budget):
    """How many packages may be installed."""

    id = "LS315"
    name = "package-count"
    units = (Unit.COUNT,)
    patterns = Patterns.OPTIONAL
    measures = "installed packages"
    exceeds = "more packages are installed than allowed"
    fix = Fix("install only what the program needs to run")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:  # noqa: ARG002
        """All packages, or those that match."""
        if not image.analysis.packages.looked_for:
            return NotMeasured("installed packages were not looked for")
        return Measurement(len(matching_packages(image, pattern)))
