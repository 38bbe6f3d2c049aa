"""How large a single file may be.

## What it finds

A live file is larger than the configuration allows; the largest is measured, the next ones are named.
With a pattern (as for LS313) only files that match it.

## Why it matters

Large files are mostly there by mistake: a core dump, a data set, an archive that was unpacked, a program
with debug symbols.

## How to fix it

The message names the file, its layer and the instruction. Files that only a test or the build needs
belong into another stage.
"""

from __future__ import annotations

from heapq import nsmallest

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import PLACES_SHOWN, Budget, Measured, Measurement, Patterns, Unit, expression

__all__ = ["FileSize"]


class FileSize(Budget):
    """How large a single file may be."""

    id = "LS314"
    name = "file-size"
    patterns = Patterns.OPTIONAL
    measures = "the largest live file"
    exceeds = "a file is larger than allowed"
    fix = Fix("leave it out, or bring it into the container when it runs")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """The largest live file, of those that match."""
        files = image.files
        if pattern:
            matches = expression(pattern).fullmatch
            files = tuple(each for each in files if matches(each[0]))
        largest = nsmallest(PLACES_SHOWN, files, key=lambda each: (-each[1], each[0]))
        if not largest:
            return Measurement(0)
        in_base = largest[0][2] < image.analysis.base.layers
        return Measurement(largest[0][1], image.file_places(largest), in_base=in_base)
