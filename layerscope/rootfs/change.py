"""What applying one changeset did to the root filesystem, and why bytes were hidden."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerscope.notices import Notice

__all__ = ["LayerChanges", "WasteCause"]


class WasteCause(StrEnum):
    """Why stored bytes are not in the final root filesystem. The order is that of every table."""

    OVERWRITTEN = "overwritten"  #: a later layer wrote another content at the path
    METADATA_ONLY = "metadata_only"  #: rewritten with the same content, other mode, owner, time or xattr
    UNCHANGED = "unchanged"  #: rewritten identically
    REMOVED = "removed"  #: a whiteout of the path or of a directory above it
    OPAQUE = "opaque"  #: an opaque whiteout of a directory above it
    REPLACED = "replaced"  #: the path, or one above it, became something of another type
    DUPLICATE_ENTRY = "duplicate_entry"  #: written and hidden by the same layer


@dataclass(slots=True)
class LayerChanges:
    """Counts of paths, and content bytes, that one layer added, modified and removed.

    A path counts once for each layer, however many entries it has there. `modified` are paths that were there
    and differ now in type, content, link target, mode, owner, time, xattrs or device; `unchanged` were
    written again exactly as they stood. `removed` are the paths that are gone after the layer, those below a
    removed directory included. Directories that only their children imply count when they are new.

    `added_bytes` and `modified_bytes` are the content sizes of the files written there; `removed_bytes` is
    the content of inodes that lost their last name in this layer to a whiteout or to a change of type.
    """

    added: int = 0
    modified: int = 0
    removed: int = 0
    unchanged: int = 0
    added_bytes: int = 0
    modified_bytes: int = 0
    removed_bytes: int = 0
    notices: tuple[Notice, ...] = ()
