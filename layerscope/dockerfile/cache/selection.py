"""Which files a COPY takes, and by what a builder knows that they are the same."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from layerscope.blobs.hashing import wide_hash
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.context import ContextFile, FileKind

__all__ = ["IMPLIED", "Selection", "is_glob", "select"]

_GLOB = re.compile(r"[*?\[]")
_PART = re.compile(r"\\(.)|(\*+)|(\?)|(\[\^?(?:\\?[^\]])+\])|(.)", re.DOTALL)

IMPLIED = "implied"
"""Content of a directory that only what is in it tells of."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The files that an instruction takes."""

    identity: str
    """Equal where a builder sees no difference."""
    files: Mapping[str, str]
    """Each path, with what it is known by: for saying what changed."""


def is_glob(source: str) -> bool:
    """Whether a source is a pattern and no name."""
    return _GLOB.search(source) is not None


def select(files: Mapping[str, ContextFile], sources: Sequence[str], builder: Builder) -> Selection:
    """The files that `sources` take out of `files`, which has every directory, too."""
    identities: list[str] = []
    taken: dict[str, str] = {}
    for source in sources:
        name = posixpath.normpath("/" + source).lstrip("/")
        matches = _matching(files, name) if is_glob(name) else [name]
        for match in matches:
            known = {
                path: _known_by(file, builder)
                for path, file in _inside(files, match, builder)
                if builder is not Builder.BUILDAH or file.content != IMPLIED
            }
            taken |= known
            shown = _names(known, match, builder, named=is_glob(name))
            identities.append(repr(sorted(shown.items())))
        if builder is not Builder.BUILDAH:  # it packs what it finds, whatever it was asked for by
            identities.append(f"/{len(matches)}")
    return Selection(wide_hash("\n".join(identities).encode("utf-8", "surrogateescape")).hex(), taken)


def _inside(
    files: Mapping[str, ContextFile], name: str, builder: Builder
) -> Iterable[tuple[str, ContextFile]]:
    """A file; or a directory and all that is in it. buildah does not look at the directory itself."""
    own = files.get(name)
    if own is not None and (own.kind is not FileKind.DIRECTORY or builder is not Builder.BUILDAH):
        yield name, own
    prefix = f"{name}/" if name else ""
    if not name or (own is not None and own.kind is FileKind.DIRECTORY):
        yield from ((path, file) for path, file in files.items() if path.startswith(prefix))


def _names(known: Mapping[str, str], match: str, builder: Builder, *, named: bool) -> dict[str, str]:
    """The names that count: the classic builder's are those of the context, others' begin at the source."""
    if builder is Builder.CLASSIC:
        return dict(known)
    base = posixpath.basename(match)
    if builder is Builder.BUILDAH:
        return {path[len(match) :] or base: value for path, value in known.items()}
    within = {path: path[len(match) :] for path in known}
    return {(base if named else "") + within[path]: value for path, value in known.items()} or {base: ""}


def _known_by(file: ContextFile, builder: Builder) -> str:
    owner = file.owner if builder is Builder.BUILDAH else ""
    return f"{file.kind} {file.mode:o} {file.size} {file.content} {owner}"


def _matching(files: Mapping[str, ContextFile], pattern: str) -> list[str]:
    """Paths that a pattern of Go's `filepath.Match` takes, sorted."""
    parts: list[str] = []
    for escaped, star, mark, group, plain in _PART.findall(pattern):
        if star:
            parts.append("[^/]*")
        elif mark:
            parts.append("[^/]")
        elif group:
            parts.append(group.replace("[", r"\[").replace(r"\[", "[", 1))
        else:
            parts.append(re.escape(escaped or plain))
    try:
        compiled = re.compile("".join(parts))
    except re.error:
        return []
    return sorted(path for path in files if compiled.fullmatch(path))
