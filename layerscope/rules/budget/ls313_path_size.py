"""How much a directory may hold.

## What it finds

The live files at some paths hold more contents than the configuration allows. The paths are a directory
(`usr/share/doc`), a file, or a pattern in which `*` stands for anything within one component and `**` for
any number of components: `**/__pycache__/**`. What later layers hide is not counted here: it is not at
the path any more.

## Why it matters

A budget for a directory says whose part of the image is growing: models, translations, the program
itself.

## How to fix it

The message names the layers and the largest files. `layerscope files` lists all.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Patterns, Unit, expression

__all__ = ["PathSize"]


class PathSize(Budget):
    """How much a directory may hold."""

    id = "LS313"
    name = "path-size"
    patterns = Patterns.REQUIRED
    measures = "live files there"
    exceeds = "there is more at a path than allowed"
    fix = Fix("leave out what the program does not need of it")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """Live bytes of the files that match."""
        matches = expression(pattern).fullmatch
        found = [each for each in image.files if matches(each[0])]
        below = image.analysis.base.layers
        return Measurement(
            sum(size for _, size, _ in found),
            image.file_places(found),
            in_base=bool(found) and all(layer < below for _, _, layer in found),
        )
