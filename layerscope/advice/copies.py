"""COPY and ADD: where they take from, and which paths they write."""

from __future__ import annotations

import re
from dataclasses import dataclass

from layerscope.advice.context import ContextFiles, source_pattern
from layerscope.advice.paths import ANYTHING, Paths, resolve
from layerscope.dockerfile.scope import Scope
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["Copy", "read_copy"]

_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|tzst|tar\.(?:gz|bz2|xz|zst|Z))$", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?|ftp|git)://|git@")


@dataclass(frozen=True, slots=True)
class Copy:
    """One COPY or ADD."""

    sources: tuple[str, ...]
    """As written, variables expanded."""
    destination: str
    """Absolute and normalized; empty if it is not known."""
    into_directory: bool
    """Whether the destination is a directory for sure: a slash at its end, or several sources."""
    takes_directory: bool
    """Whether a source is a directory for sure: then the destination is one, too."""
    relative: bool
    """Whether the destination counts from the working directory."""
    stage: str
    """Of `--from`; empty if the files come from the context."""
    flags: tuple[str, ...]
    """Flags as written, without `--from`."""
    unpacks: bool
    """Whether ADD may unpack an archive."""
    remote: bool
    inline: bool
    """Whether a heredoc is among the sources."""
    writes: Paths

    @property
    def from_context(self) -> bool:
        """Whether it takes files of the build context."""
        return not self.stage and not self.remote and not self.inline

    @property
    def sets_owner(self) -> bool:
        """Whether it gives directories that it makes another owner or mode than a builder's own."""
        return any(flag.startswith(("--chown", "--chmod")) for flag in self.flags)

    @property
    def is_broad(self) -> bool:
        """Whether it takes all of the context, or all of a directory of it."""
        plain = not any(flag.startswith(("--parents", "--exclude")) for flag in self.flags)
        return len(self.sources) == 1 and self.from_context and not self.unpacks and plain


def read_copy(instruction: SourceInstruction, scope: Scope, context: ContextFiles | None) -> Copy | None:
    """What a COPY or ADD says; None if it says nothing."""
    words = [word.text for word in instruction.words]
    if len(words) < 2:
        return None
    expanded = [scope.expanded(word, scope.plain) for word in words]
    sources = tuple(word or "" for word in expanded[:-1])
    text = expanded[-1]
    relative = text is None or not text.startswith("/")
    destination = "" if not text else resolve(text, scope.directories[0])
    into = len(sources) > 1 or (text or "").endswith(("/", "/."))
    remote = instruction.keyword == "ADD" and any(_REMOTE.match(source) for source in sources)
    unpacks = instruction.keyword == "ADD" and any(_may_unpack(source) for source in sources)
    stage = instruction.flag("from") or ""
    inline = bool(instruction.heredocs)
    named = context if not (stage or remote or inline or instruction.flag("parents") is not None) else None
    return Copy(
        sources=sources,
        destination=destination,
        into_directory=into,
        takes_directory=_takes_directory(sources, context) and not (stage or remote or inline or unpacks),
        relative=relative,
        stage=stage,
        flags=tuple(flag.text for flag in instruction.flags if flag.name != "from"),
        unpacks=unpacks,
        remote=remote,
        inline=inline,
        writes=_writes(sources, destination, named, unpacks, into=into),
    )


def _takes_directory(sources: tuple[str, ...], context: ContextFiles | None) -> bool:
    """Whether the one source is a directory: all of the context, or one that has files."""
    if len(sources) != 1:
        return False
    name = source_pattern(sources[0])
    if not name:
        return True
    if set("*?[") & set(name):
        return False  # it may match several, and a directory and files
    return context is not None and name not in context.paths and bool(context.below(name))


def _may_unpack(source: str) -> bool:
    """An archive is known by its content; these names are those of archives, and globs may name one."""
    return bool(_ARCHIVE.search(source)) or any(mark in source for mark in "*?[")


def _writes(
    sources: tuple[str, ...], destination: str, context: ContextFiles | None, unpacks: bool, *, into: bool
) -> Paths:
    """The destination; where all sources are files of the context, each by its name below it. `into` says
    that the destination is a directory for sure; else it may be the file."""
    if not destination:
        return ANYTHING
    whole = Paths(frozenset({destination}))
    if context is None or unpacks or not (into or destination == "/"):
        return whole
    names: list[str] = []
    for source in sources:
        found = _files_of(source_pattern(source), context)
        if not found:
            return whole
        names += found
    return Paths(frozenset(resolve(name.rpartition("/")[2], destination) for name in names))


def _files_of(name: str, context: ContextFiles) -> list[str]:
    """The files that a source is, or that a glob matches; none where it is, or may match, a directory. A link
    may lead to one, and then COPY takes what is in it."""
    found = frozenset({name}) & context.paths
    if not found and set("*?[") & set(name):
        found = context.below(name)
    plain = all(file.count("/") == name.count("/") and context.read(file) is not None for file in found)
    return sorted(found) if plain else []
