"""Which builders know an option of an instruction, and whether the Dockerfile shows that its builder does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from layerscope.advice.suggestions.scene import Scene
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.syntax import Dockerfile, Trivia, TriviaKind

__all__ = ["BIND_MOUNT", "CACHE_MOUNT", "LINK", "Feature", "Support", "support_of"]

_SYNTAX = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::([^@]+))?(?:@.*)?")
_VERSION = re.compile(r"1(?:\.(\d+)(?:\.\d+)?)?(?:-labs)?")


class Feature(NamedTuple):
    """An option, and since when builders know it."""

    flag: str
    """`mount`: a file that has it somewhere is built by a builder that knows it."""
    frontend: int
    """The first docker/dockerfile:1.N that knows it."""
    buildkit: str
    buildah: tuple[int, int] | None
    """The first buildah; None where none does what is meant."""
    buildah_text: str = ""
    needs_version: bool = False
    """Whether an older buildah builds something wrong instead of refusing: then its version has to be
    known."""


CACHE_MOUNT = Feature(
    "mount", 2, "BuildKit, with Docker 23.0 or later", (1, 24), "buildah 1.24 or podman 4.0, or later"
)
BIND_MOUNT = Feature("mount", 2, "BuildKit, with Docker 23.0 or later", (1, 39), needs_version=True)
"""buildah before 1.39 does not compare what is mounted: it would serve an old layer from its cache."""
LINK = Feature("link", 4, "BuildKit 0.10, with Docker 23.0, or later", None)


class Support(NamedTuple):
    """Who builds a file with the option, and what has to be true that the file does not show."""

    builders: frozenset[Builder]
    requires: str


def support_of(scene: Scene, feature: Feature) -> Support | None:
    """Whether the builder whose cache counts knows an option; None if not."""
    if scene.profile is Builder.BUILDKIT:
        shown = _has_flag(scene.dockerfile, feature.flag) or _has_frontend(scene.dockerfile, feature.frontend)
        return Support(_BUILDERS[feature.buildah is not None], "" if shown else feature.buildkit)
    if scene.profile is Builder.CLASSIC or feature.buildah is None:
        return None
    if scene.builder_version:
        if scene.builder_version[:2] < feature.buildah:
            return None
        return Support(_BUILDERS[True], "")
    if feature.needs_version:
        return None
    shown = _has_flag(scene.dockerfile, feature.flag)
    return Support(_BUILDERS[True], "" if shown else feature.buildah_text)


_BUILDERS: Mapping[bool, frozenset[Builder]] = {
    True: frozenset({Builder.BUILDKIT, Builder.BUILDAH}),
    False: frozenset({Builder.BUILDKIT}),
}


def _has_flag(dockerfile: Dockerfile, name: str) -> bool:
    return any(each.flag(name) is not None for each in dockerfile.instructions)


def _has_frontend(dockerfile: Dockerfile, least: int) -> bool:
    """Whether `# syntax=docker/dockerfile:1.N` fetches a frontend that is new enough."""
    for piece in dockerfile.pieces:
        if isinstance(piece, Trivia) and piece.kind is TriviaKind.DIRECTIVE and piece.name == "syntax":
            found = _SYNTAX.fullmatch(piece.value.strip())
            tag = (found[1] or "latest") if found else ""
            version = _VERSION.fullmatch(tag)
            if version:
                return version[1] is None or int(version[1]) >= least
            return tag in ("latest", "labs")
    return False
