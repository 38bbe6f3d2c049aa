"""How much an instruction may store.

## What it finds

The layer of an instruction stores more contents than the configuration allows for it. The instruction is
named by a pattern in which `*` stands for any characters: `COPY *`, `RUN pip install *`. It is compared
with the instruction as the history has it, and, where a Dockerfile is given, as it stands there. Of
several that match the largest is measured.

## Why it matters

A `COPY . .` that takes in a directory too many is seen at once, whatever the image weighs as a whole.

## How to fix it

For `COPY`, name what is not needed in `.dockerignore`, or copy what is needed by its name. For `RUN`,
remove what only the instruction itself needs, before it ends.
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
    layer_place,
    spellings,
    wildcard,
)

__all__ = ["InstructionSize"]


class InstructionSize(Budget):
    """How much an instruction may store."""

    id = "LS312"
    name = "instruction-size"
    patterns = Patterns.REQUIRED
    measures = "contents of the largest layer of such an instruction"
    exceeds = "an instruction stores more than allowed"
    fix = Fix(
        "copy only what is needed (.dockerignore keeps the rest out); remove in a RUN what only it needs"
    )

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:  # noqa: ARG002
        """The largest layer of the instructions that match."""
        matches = wildcard(pattern).fullmatch
        found = [layer for layer in image.layers if any(map(matches, spellings(layer)))]
        if not found:
            return NotMeasured("no instruction of a layer matches the pattern")
        found.sort(key=lambda layer: (-layer.reading.changeset.content_bytes, layer.layer.index))
        places = tuple(
            layer_place(layer, layer.reading.changeset.content_bytes) for layer in found[:PLACES_SHOWN]
        )
        in_base = places[0].is_below(image.analysis.base.layers)
        return Measurement(places[0].freed_bytes, places, in_base=in_base)
