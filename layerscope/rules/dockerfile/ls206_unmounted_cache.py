"""What package managers download is not kept from build to build.

## What it finds

A RUN that installs packages without a cache mount, where every RUN of the stage that calls the package
manager could have one, and nothing reads its cache later. Where the image holds the cache now, its files
would go; the finding names the paths.

## Why it matters

When the step is carried out again, for one changed line of a manifest, everything is downloaded again. A
cache that stays in the image is counted by the rules LS110 to LS131; removing it in the same RUN keeps the
image small and the builds slow.

## How to fix it

    RUN --mount=type=cache,target=/root/.npm npm ci

BuildKit knows it, and so do buildah and podman. The cache belongs to the builder's machine and does not
reach the image. `layerscope advise --only cache-mount` writes it as a patch.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.finding import Severity
from layerscope.rules.suggested import SuggestionRule

__all__ = ["UnmountedCache"]


class UnmountedCache(SuggestionRule):
    """A package manager without a cache mount."""

    id: ClassVar[str] = "LS206"
    name: ClassVar[str] = "unmounted-cache"
    severity: ClassVar[Severity] = Severity.INFO
    kinds: ClassVar[tuple[str, ...]] = ("cache-mount",)
    message: ClassVar[str] = "packages are downloaded again whenever this is carried out: no cache is mounted"
