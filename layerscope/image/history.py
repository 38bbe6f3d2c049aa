"""History entries as readable instructions, and which of them made which layer."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Instruction"]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One history entry, made readable.

    `text` is what a person would have written (`RUN apt-get update`, `COPY dir:… in /app`), without the
    builder's shell prefix and comments; `created_by` is the entry as it stands. `keyword` is the Dockerfile
    keyword in capitals, or empty if the builder is none of those known. `builder` is `docker`, `buildkit`,
    `buildah`, `kaniko`, `jib`, `ko`, `bazel`, `nix`, `buildpacks`, `apko` or empty.
    """

    text: str
    created_by: str
    keyword: str
    builder: str
    created: str | None
    comment: str
    empty_layer: bool
