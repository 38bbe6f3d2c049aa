"""The documents of package managers as they stand after each layer, and reading of those that are JSON.

When a document went is known from its inode, so that a whiteout of it, of a directory above it, an opaque
directory and a path that became something else all count, exactly as they do for its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from layerscope.rootfs.inode import InodeTable

__all__ = ["DocumentChanges", "document_changes", "json_object", "json_value"]

_LARGEST_JSON = 32 << 20
"""Some twenty times what real ones have; decoded, a document may be twenty times as large."""
_LONGEST_PATH = 4096
"""PATH_MAX of Linux: no package manager opens what has a longer path."""


@dataclass(slots=True)
class DocumentChanges:
    """What one layer did to documents. What went and came again in the same layer is in both."""

    gone: list[bytes] = field(default_factory=list)
    come: dict[bytes, bytes] = field(default_factory=dict)
    """Path to content."""


def document_changes(inodes: InodeTable) -> Iterator[tuple[int, DocumentChanges]]:
    """The layers that change any document, base first, and what they change."""
    paths: dict[int, bytes] = {}
    contents: dict[int, bytes] = {}
    for changeset, base in zip(inodes.changesets, inodes.bases, strict=True):
        for index, content in changeset.documents.items():
            path = changeset.path(index)
            if len(path) <= _LONGEST_PATH:
                paths[base + index], contents[base + index] = path, content
    if not paths:
        return
    hidden = inodes.hidden_in(paths)
    changes: dict[int, DocumentChanges] = {}
    for inode, path in paths.items():
        layer, end = inodes.locate(inode)[2], hidden.get(inode)
        if end == layer:
            continue  # written twice in one layer
        changes.setdefault(layer, DocumentChanges()).come[path] = contents[inode]
        if end is not None:
            changes.setdefault(end, DocumentChanges()).gone.append(path)
    yield from sorted(changes.items())


def json_value(content: bytes) -> Any:
    """The value of a JSON document; None if it is none, is nested too deep or too large."""
    if len(content) > _LARGEST_JSON:
        return None
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def json_object(content: bytes) -> dict[str, Any] | None:
    """The object that a JSON document is; None if it is anything else."""
    value = json_value(content)
    return value if isinstance(value, dict) else None
