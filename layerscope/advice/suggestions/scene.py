"""Everything that suggestions may rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.advice.context import ContextFiles
from layerscope.advice.elements import Element
from layerscope.advice.history import History
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.stages import Stage, Stages
from layerscope.dockerfile.syntax import Dockerfile
from layerscope.image.layer import LayerReading

__all__ = ["Scene", "StagePart"]


@dataclass(frozen=True, slots=True)
class StagePart:
    """One stage that the target needs."""

    stage: Stage
    elements: Sequence[Element]
    """Its instructions in the order of the file; `index` is the place in this list."""
    seconds: Sequence[float] = ()
    """What carrying each of them out costs."""
    missed: Sequence[float] = ()
    """For each the share of builds in which it is carried out."""
    own_missed: Sequence[float] = ()
    """The same if nothing stood in front of it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The Dockerfile, and what is known around it. Stages that are left alone are not in `parts`."""

    stages: Stages
    target: Stage
    parts: tuple[StagePart, ...]
    readings: Sequence[LayerReading] = ()
    """Of the image's layers, oldest first; none without an image."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links of the image."""
    context: ContextFiles | None = None
    history: History | None = None
    ignored: Callable[[str], bool] = lambda _: False
    ignore_text: str = ""
    """Of the ignore file that counts."""
    ignore_name: str = ""
    """Its path in the context; empty if there is none."""
    profile: Builder = Builder.BUILDKIT
    builder_version: tuple[int, ...] = ()
    """Of the buildah that made the image; empty if that is not known."""
    repository_bytes: int | None = None
    """Bytes of `.git` that are sent to the builder; None if it is not sent."""
    tools_for_building: Sequence[str] = ()
    """Packages for building that the image's own layers installed and that are still there."""
    tool_bytes: int = 0
    """Content bytes of these."""

    @property
    def dockerfile(self) -> Dockerfile:
        """The parsed file."""
        return self.stages.dockerfile
