"""The root filesystem below some directories as it stood between two layers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from layerscope.image.layer import LayerReading
from layerscope.rootfs.rootfs import Rootfs, RootfsEntry

__all__ = ["tree_below"]


def tree_below(
    readings: Sequence[LayerReading], layer: int, roots: Collection[str]
) -> dict[str, RootfsEntry]:
    """Paths at and below `roots` (absolute) in front of layer number `layer`; takes time linear in the
    entries of the layers below it."""
    rootfs = Rootfs()
    for reading in readings[:layer]:
        rootfs.apply(reading.changeset)
    wanted = tuple(root.strip("/").encode("utf-8", "surrogateescape") for root in roots)
    below = tuple(root + b"/" if root else b"" for root in wanted)
    return {
        "/" + entry.path.decode("utf-8", "surrogateescape"): entry
        for entry in rootfs.entries()
        if entry.path in wanted or entry.path.startswith(below)
    }
