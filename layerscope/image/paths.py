"""Paths of entries: cleaning, and what the names of markers mean.

Spec: image-spec v1.1.1, layer.md#whiteouts. Where it is silent, what the default engines do (conformance is
argued in docs/decisions/0011-layer-semantics.md).
"""

from __future__ import annotations

from enum import Enum, auto

__all__ = ["MARKER_PREFIX", "OPAQUE_MARKER", "Marker", "classify_marker", "is_aufs_path", "normalize"]

MARKER_PREFIX = b".wh."
OPAQUE_MARKER = b".wh..wh..opq"
_RESERVED_PREFIX = b".wh..wh."
_AUFS_ROOT_NAMES = frozenset({b".wh..wh.aufs", b".wh..wh.orph", b".wh..wh.plnk"})
PLNK_PREFIX = b".wh..wh.plnk/"
"""AUFS keeps the inodes of hard links here, at the root of a layer."""


class Marker(Enum):
    """What a name that begins with `.wh.` says."""

    WHITEOUT = auto()
    OPAQUE = auto()
    RESERVED = auto()
    """`.wh..wh.*` other than the opaque marker: AUFS metadata and unknown names, never content."""
    INVALID = auto()
    """`.wh.`, `.wh..`, `.wh...`: they name nothing, the directory itself or its parent. Taken at its word,
    such a marker would delete the directory that it stands in, as some engines do."""


def classify_marker(name: bytes) -> Marker:
    """Say what a last component that begins with `.wh.` means."""
    if name == OPAQUE_MARKER:
        return Marker.OPAQUE
    if name.startswith(_RESERVED_PREFIX):
        return Marker.RESERVED
    if name[len(MARKER_PREFIX) :] in (b"", b".", b".."):
        return Marker.INVALID
    return Marker.WHITEOUT


def is_aufs_path(path: bytes) -> bool:
    """Whether a normalized path is AUFS metadata: only names at the root of a layer are."""
    return path.partition(b"/")[0] in _AUFS_ROOT_NAMES


def normalize(raw: bytes) -> tuple[bytes, bool]:
    """Clean a path: relative, without empty, `.` and `..` components.

    Returns the path (empty for the root) and whether `..` tried to leave the root; it is clamped there, since
    an entry that escapes is an attack on extractors and no reason to lose the listing.
    """
    parts: list[bytes] = []
    escaped = False
    for part in raw.split(b"/"):
        if part in (b"", b"."):
            continue
        if part != b"..":
            parts.append(part)
        elif parts:
            parts.pop()
        else:
            escaped = True
    return b"/".join(parts), escaped
