"""Treemaps: rectangles whose areas are bytes, grouped twice. Where they lie is squarify's work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import squarify

__all__ = ["HEIGHT", "WIDTH", "Group", "Tile", "TreemapNode", "treemap"]

WIDTH, HEIGHT = 960, 480
"""Units of the drawing; the page scales it."""
_GAP = 1.0
_HEAD = 16
"""Units above the tiles of a group, for its name."""
_TILES = 90
_LEAST = 0.002
"""Tiles below this part of the whole are drawn as one."""
_NAMED = 60
"""Units of width that the name of a group needs."""

_Rectangle = tuple[float, float, float, float]
"""x, y, width, height."""


@dataclass(frozen=True, slots=True)
class TreemapNode:
    """What is to be drawn: a label, which files a click shows, and bytes.

    `only` is empty, or a kind and a value: `below:usr/`, `in:usr/` (not further below), `package:7`,
    `layer:3`.
    """

    label: str
    only: str
    bytes: int
    group: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle with its node."""

    x: float
    y: float
    width: float
    height: float
    node: TreemapNode

    @property
    def shown(self) -> bool:
        """Whether there is room for words."""
        return self.width > 42 and self.height > 15


@dataclass(frozen=True, slots=True)
class Group:
    """A rectangle around the tiles of one group; `color` counts the groups, by their bytes."""

    x: float
    y: float
    width: float
    height: float
    label: str
    bytes: int
    color: int
    tiles: tuple[Tile, ...]


def treemap(nodes: Iterable[TreemapNode], *, others: str = "others") -> tuple[Group, ...]:
    """Lay out nodes in their groups, most bytes first; small ones become one tile named `others`."""
    by_group = _by_group(nodes, others)
    totals = {name: sum(node.bytes for node in group) for name, group in by_group.items()}
    names = sorted(by_group, key=lambda name: (-totals[name], name))
    rectangles = _layout([totals[name] for name in names], (0, 0, WIDTH, HEIGHT))
    return tuple(
        _group(name, color, by_group[name], rectangle)
        for color, (name, rectangle) in enumerate(zip(names, rectangles, strict=True))
    )


def _by_group(nodes: Iterable[TreemapNode], others: str) -> Mapping[str, Sequence[TreemapNode]]:
    ordered = sorted((node for node in nodes if node.bytes > 0), key=lambda node: (-node.bytes, node.label))
    least = _LEAST * sum(node.bytes for node in ordered)
    found: dict[str, list[TreemapNode]] = {}
    small: dict[str, int] = {}
    for number, node in enumerate(ordered):
        if number < _TILES and node.bytes >= least:
            found.setdefault(node.group, []).append(node)
        else:
            small[node.group] = small.get(node.group, 0) + node.bytes
    elsewhere = 0
    for name, size in small.items():
        if name in found and size >= least:
            found[name].append(TreemapNode(others, "", size, name))
        else:
            elsewhere += size
    if elsewhere:
        found.setdefault(others, []).append(TreemapNode(others, "", elsewhere, others))
    return found


def _group(name: str, color: int, nodes: Sequence[TreemapNode], place: _Rectangle) -> Group:
    x, y, width, height = place
    head = _HEAD if height > 3 * _HEAD and width > _NAMED else 0
    inner = _layout([node.bytes for node in nodes], (x, y + head, width, max(height - head, 1)))
    tiles = tuple(Tile(*rectangle, node) for rectangle, node in zip(inner, nodes, strict=True))
    total = sum(node.bytes for node in nodes)
    return Group(*place, name if head else "", total, color, tiles)


def _layout(sizes: Sequence[int], place: _Rectangle) -> list[_Rectangle]:
    """Rectangles in the order of the sizes, which fall, with a gap at the right and below."""
    if not sizes:
        return []
    x, y, width, height = place
    areas = squarify.normalize_sizes(sizes, width, height)
    return [
        (
            round(found["x"], 1),
            round(found["y"], 1),
            round(max(found["dx"] - _GAP, 0.2), 1),
            round(max(found["dy"] - _GAP, 0.2), 1),
        )
        for found in squarify.squarify(areas, x, y, width, height)
    ]
