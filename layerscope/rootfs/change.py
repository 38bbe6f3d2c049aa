"""What applying one changeset did to the root filesystem."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.notices import Notice

__all__ = ["LayerChanges"]


@dataclass(frozen=True, slots=True)
class LayerChanges:
    """Counts of paths, and content bytes, that one layer added, modified and removed.

    A path counts once for each layer, however many entries it has there. `modified` are paths that were there
    and differ now in type, content, link target, mode, owner, time, xattrs or device; `unchanged` were
    written again exactly as they stood. `removed` are the paths that are gone after the layer, those below a
    removed directory included. `added_bytes` and `modified_bytes` are the content sizes of the new files;
    `removed_bytes` is the content of inodes that lost their last name in this layer without a successor at
    their path.
    """

    added: int = 0
    modified: int = 0
    removed: int = 0
    unchanged: int = 0
    added_bytes: int = 0
    modified_bytes: int = 0
    removed_bytes: int = 0
    notices: tuple[Notice, ...] = ()
