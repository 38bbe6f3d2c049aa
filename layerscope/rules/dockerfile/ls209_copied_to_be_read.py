"""Files are copied for a RUN that could mount them.

## What it finds

A COPY of manifests whose one reader is the install below it, in front of a COPY that brings the same files;
and sources that a stage only compiles, of which nothing but the result leaves it. The RUN could mount them.

## Why it matters

The COPY is a step and a layer of its own, for files that are in the image anyway, or need not be there at
all.

## How to fix it

    RUN --mount=type=bind,source=package.json,target=package.json \\
        --mount=type=bind,source=package-lock.json,target=package-lock.json \\
        npm ci

BuildKit compares what is mounted, and buildah does from 1.39 on; older ones would take an old layer from
the cache. `layerscope advise --only bind-mount` writes it as a patch.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.finding import Severity
from layerscope.rules.suggested import SuggestionRule

__all__ = ["CopiedToBeRead"]


class CopiedToBeRead(SuggestionRule):
    """Files that could be mounted."""

    id: ClassVar[str] = "LS209"
    name: ClassVar[str] = "copied-to-be-read"
    severity: ClassVar[Severity] = Severity.INFO
    kinds: ClassVar[tuple[str, ...]] = ("bind-mount",)
    message: ClassVar[str] = "files are copied for a RUN that could mount them"
