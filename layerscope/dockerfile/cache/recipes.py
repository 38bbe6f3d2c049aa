"""What a step is made of, for the cache: ingredients, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from layerscope.blobs.hashing import wide_hash
from layerscope.dockerfile.cache.seen import Slot
from layerscope.dockerfile.cache.selection import Selection
from layerscope.dockerfile.cache.settings import Settings
from layerscope.dockerfile.cache.states import CauseKind
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = [
    "Ingredient",
    "Recipe",
    "Surroundings",
    "copy_words",
    "is_remote",
    "mounts_of",
    "recipe_key",
]

_GIVEN = frozenset(
    {CauseKind.ARGUMENT, CauseKind.VARIABLE, CauseKind.USER, CauseKind.DIRECTORY, CauseKind.SHELL}
)
"""What a step gets of the settings in front of it, and does not say itself."""

_REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@|[^/ ]*\.git(?:#|$)")
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)


class Ingredient(NamedTuple):
    """One thing that a step depends on."""

    kind: CauseKind
    """What it is to people; builders do not see it."""
    name: str
    value: str
    files: Mapping[str, str] | None = None
    """What the value was made from, where it was made from files."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a step is made of."""

    ingredients: tuple[Ingredient, ...]
    own_key: bool = False
    """COPY --link: what is in front of it counts for what follows, and not for itself."""

    @property
    def own(self) -> str:
        """A name for what the step says itself, equal where a builder sees no difference."""
        return recipe_key(each for each in self.ingredients if each.kind not in _GIVEN)

    @property
    def given(self) -> dict[Slot, str]:
        """What the step gets of the settings in front of it."""
        return {(_slot(each.kind), each.name): each.value for each in self.ingredients if each.kind in _GIVEN}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a step can take files from."""

    from_context: Callable[[tuple[str, ...]], Selection]
    from_stage: Callable[[str, tuple[str, ...]], Selection]


def recipe_key(ingredients: Iterable[Ingredient]) -> str:
    """A name that is equal where a builder sees no difference."""
    text = repr([(_slot(kind), name, value) for kind, name, value, _ in ingredients])
    return wide_hash(text.encode("utf-8", "surrogatepass")).hex()


def _slot(kind: CauseKind) -> str:
    return CauseKind.VARIABLE if kind is CauseKind.ARGUMENT else kind


def is_remote(source: str) -> bool:
    """Whether ADD fetches a source from elsewhere."""
    return _REMOTE.match(source) is not None


def copy_words(instruction: SourceInstruction, settings: Settings) -> tuple[list[str], str, str]:
    """Sources and destination of a COPY or ADD, variables put in, and its inline documents."""
    words = [word.text for word in instruction.words]
    documents = {heredoc.name: heredoc for heredoc in instruction.heredocs}
    sources = [settings.expanded(word) for word in words[:-1] if not word.startswith("<<")]
    bodies = []
    for heredoc in documents.values():
        body = _LEADING_TABS.sub("", heredoc.content) if heredoc.strip_tabs else heredoc.content
        bodies.append((heredoc.name, settings.expanded(body) if heredoc.expand else body))
    return sources, settings.expanded(words[-1]) if words else "", repr(bodies) if bodies else ""


def mounts_of(instruction: SourceInstruction) -> Iterator[dict[str, str]]:
    """The mounts of a RUN, each as its options; an option without a value has an empty one."""
    for flag in instruction.flags:
        if flag.name == "mount":
            found: dict[str, str] = {}
            for part in (flag.value or "").split(","):
                name, _, value = part.partition("=")
                name = name.strip().lower()
                found[_ALIASES.get(name, name)] = value.strip()
            found.setdefault("type", "bind")
            yield found


_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
