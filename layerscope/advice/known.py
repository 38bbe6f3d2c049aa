"""Everything that advice may rest on, besides the Dockerfile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.advice.context import ContextFiles
from layerscope.advice.history import History
from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.builders import Builder
from layerscope.image.image import Image
from layerscope.image.layer import LayerReading

__all__ = ["Known"]


def _nothing_ignored(_path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that advice may rest on, besides the Dockerfile. All of it may be missing."""

    image: Image | None = None
    """With the lines of the Dockerfile on its layers and history."""
    readings: Sequence[LayerReading] = ()
    context: ContextFiles | None = None
    history: History | None = None
    ignored: Callable[[str], bool] = _nothing_ignored
    """Whether .dockerignore leaves a file of the context out."""
    volatility: Volatility = field(default_factory=Volatility)
    log: Mapping[str, float] = field(default_factory=dict)
    """Seconds of instructions, from the log of a build."""
    build_args: Mapping[str, str] = field(default_factory=dict)
    profile: Builder = Builder.BUILDKIT
    repository_in_context: bool = False
    """Whether `.git` is sent to the builder: then all of the context is another one with every commit."""
    repository_bytes: int | None = None
    """Bytes of `.git`, where it is sent."""
    ignore_file: str = ""
    """Path of the ignore file that counts, relative to the context; empty if there is none."""
    ignore_text: str = ""
    kinds: frozenset[str] = frozenset()
    """Kinds of suggestions that are wanted in the proposals, although they change the image, or need a
    verifying build, or a newer builder."""
    only: bool = False
    """Whether nothing but these is wanted, no order either."""
    builder_version: tuple[int, ...] = ()
    """Of the buildah that made the image; empty if that is not known."""
    tools_for_building: Sequence[str] = ()
    """Packages for building that the image has."""
    tool_bytes: int = 0
