"""The order of records in a layer that depends on what is in it and on nothing else."""

from __future__ import annotations

from layerscope.image.paths import MARKER_PREFIX

__all__ = ["path_order"]


def path_order(path: bytes) -> bytes:
    """A key to sort paths by: a directory, the markers in it, then everything else in and below it.

    Some engines read a marker behind what it must not act on as if it did.
    Spec: image-spec v1.1.1, layer.md#whiteouts.
    """
    parent, slash, name = path.rpartition(b"/")
    above = b"\1" + parent.replace(b"/", b"\0\1") + b"\0" if slash else b""
    return above + (b"\0" if name.startswith(MARKER_PREFIX) else b"\1" if name else b"") + name
