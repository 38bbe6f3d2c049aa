"""The builders whose caches are known."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Builder"]


class Builder(StrEnum):
    """Who builds, and so what a step depends on."""

    BUILDKIT = "buildkit"  #: docker build since Docker 23, buildx; `DOCKER_BUILDKIT=1` before
    CLASSIC = "classic"  #: `DOCKER_BUILDKIT=0`
    BUILDAH = "buildah"  #: `buildah build --layers`, `podman build`
