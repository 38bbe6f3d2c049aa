"""What one's own layers hid, for the budgets that leave the base image's waste alone."""

from __future__ import annotations

from dataclasses import replace

from layerscope.rules.finding import Location, Role
from layerscope.rules.measuring import Measured

__all__ = ["hidden_in_base", "own_hiders"]


def own_hiders(image: Measured) -> tuple[Location, ...]:
    """One's own layers that hid the most bytes."""
    below = image.analysis.base.layers
    found = image.layer_places(lambda layer: layer.hidden_bytes if layer.layer.index >= below else 0)
    return tuple(replace(place, role=Role.CONCERNED) for place in found)  # others may have stored the bytes


def hidden_in_base(image: Measured) -> int:
    """Bytes that the base image stores and one's own layers hid."""
    first_own, below = image.evidence.first_own, image.analysis.base.layers
    hidden = image.evidence.hidden.items()
    return sum(
        image.evidence.size(inode) for inode, (_, layer) in hidden if inode < first_own and layer >= below
    )
