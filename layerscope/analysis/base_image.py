"""Where the base image ends and one's own layers begin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["NO_BASE", "BaseImage", "BaseOrigin"]


class BaseOrigin(StrEnum):
    """How the boundary is known, best first."""

    GIVEN = "given"  #: the user named the base, and its layers are the lowest ones
    ANNOTATION = "annotation"  #: `org.opencontainers.image.base.*`, confirmed by layers or history
    DOCKERFILE = "dockerfile"  #: what stands below the first instruction of the final stage
    HISTORY = "history"  #: a guess from the history: the base's last CMD, a gap in time
    NONE = "none"  #: unknown: every layer counts as one's own


@dataclass(frozen=True, slots=True)
class BaseImage:
    """The lowest `layers` layers are the base image's; 0 if there is none, or none is known."""

    layers: int
    origin: BaseOrigin
    name: str = ""
    """As given, or as the annotation names it."""
    digest: str = ""
    """Of the base's manifest, if an annotation or the user says it."""


NO_BASE = BaseImage(0, BaseOrigin.NONE)
