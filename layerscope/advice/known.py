"""Everything that advice may rest on, besides the Dockerfile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from layerscope.advice.context import ContextFiles
from layerscope.advice.history import History
from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.ignore import Inheritance, read_ignore_rules
from layerscope.image.image import Image
from layerscope.image.layer import LayerReading

__all__ = ["Known", "ignoring"]


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
    """How patches call the ignore file that counts, or would be made."""
    ignore_name: str = ""
    """Path of the one that counts in the context; empty if there is none."""
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


def ignoring(known: Known, lines: Sequence[str]) -> Known:
    """The same with more lines in the ignore file."""
    if not lines:
        return known
    inheritance = Inheritance.SAME_DEPTH if known.profile is Builder.BUILDAH else Inheritance.ALL
    text = "\n".join((known.ignore_text, *lines))
    rules = read_ignore_rules(text.encode("utf-8", "surrogateescape"), "ignore file", inheritance)

    def ignored(path: str) -> bool:
        return known.ignored(path) or rules.ignores(path)

    context = known.context
    if context is not None:
        gone = frozenset(path for path in context.paths if rules.ignores(path))
        context = replace(context, paths=context.paths - gone, ignored=context.ignored | gone)
    sent = known.repository_in_context and not rules.ignores(".git/HEAD")
    return replace(
        known,
        context=context,
        ignored=ignored,
        repository_in_context=sent,
        repository_bytes=known.repository_bytes if sent else None,
    )
