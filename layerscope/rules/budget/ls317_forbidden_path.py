"""Paths that may not be in any layer.

## What it finds

Something is stored at a path that the configuration forbids, be it a file, a directory or a link, in
whatever layer: what a later layer removes is still in the image. The paths are given as for LS313:
`**/.git`, `**/*.pem`, `root/.ssh`.

## Why it matters

Sources, histories, credentials and test data must not be shipped, whatever they weigh.

## How to fix it

Keep it out of the layer that stores it: name it in `.dockerignore`, copy only what is needed, use
`RUN --mount=type=secret` for credentials. Removing it later removes nothing.
"""

from __future__ import annotations

from layerscope.rules.finding import Fix
from layerscope.rules.measuring import Budget, Measured, Measurement, Patterns, Unit, expression

__all__ = ["ForbiddenPath"]


class ForbiddenPath(Budget):
    """Paths that may not be in any layer."""

    id = "LS317"
    name = "forbidden-path"
    units = (Unit.COUNT,)
    patterns = Patterns.REQUIRED
    measures = "entries at forbidden paths"
    exceeds = "there is something at a path that is forbidden"
    fix = Fix("keep it out of the layer that stores it: by .dockerignore, or by copying only what is needed")

    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement:  # noqa: ARG002
        """Entries of all layers that match."""
        matches = expression(pattern).fullmatch
        found = [
            (path, changeset.sizes[index], layer)
            for layer, changeset in enumerate(image.evidence.inodes.changesets)
            for index in range(len(changeset))
            if matches(path := changeset.path(index))
        ]
        below = image.analysis.base.layers
        return Measurement(
            len(found),
            image.file_places(found),
            in_base=bool(found) and all(layer < below for _, _, layer in found),
        )
