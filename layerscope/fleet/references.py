"""From what the user typed to references of single files: directories and globs are looked into."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from layerscope.errors import SourceError, SourceNotFound

__all__ = ["Reference", "expanded"]

_ROOT_DOCUMENTS = ("index.json", "manifest.json", "oci-layout", "repositories")
"""A directory with one of them is an image of its own (a layout, a `dir:`), and is not looked into."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as `open_source` takes it. With `found` it was met in a directory: it may be no image."""

    text: str
    found: bool = False


def expanded(references: Iterable[str]) -> list[Reference]:
    """The references in their order, directories and globs replaced by what is in them, sorted; each once.

    A path that exists is what it says, whatever characters it has. Raises SourceNotFound for a glob that
    nothing matches and for a directory with nothing in it, SourceError for one that cannot be read.
    """
    found: dict[str, Reference] = {}
    for text in references:
        for reference in _expanded(text):
            found.setdefault(reference.text, reference)
    return list(found.values())


def _expanded(text: str) -> Iterator[Reference]:
    path = Path(text)
    if _exists(path):
        if path.is_dir() and not _is_layout(path):
            yield from _within(path)
        else:
            yield Reference(text)
        return
    if any(mark in text for mark in "*?["):
        matches = sorted(glob.glob(text))  # noqa: PTH207  (Path.glob takes no absolute pattern)
        if matches:
            for match in matches:
                yield from _expanded(match)
            return
        if ":" not in text:
            raise SourceNotFound(f"{text}: no file matches")
    yield Reference(text)


def _within(directory: Path) -> list[Reference]:
    """Files and layouts in a directory; what is below other directories is not looked for."""
    try:
        children = sorted(directory.iterdir())
    except OSError as error:
        raise SourceError(f"{directory}: {(error.strerror or str(error)).lower()}") from error
    found = [
        Reference(str(child), found=True)
        for child in children
        if not child.name.startswith(".") and (child.is_file() or (child.is_dir() and _is_layout(child)))
    ]
    if not found:
        raise SourceNotFound(f"{directory}: neither an image nor a directory with images in it")
    return found


def _is_layout(directory: Path) -> bool:
    return any((directory / name).is_file() for name in _ROOT_DOCUMENTS)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long a name, a NUL
        return False
