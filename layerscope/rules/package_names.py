"""Packages by patterns of their names: `torch`, `pypi:torch`, `deb:*-dev`."""

from __future__ import annotations

from collections.abc import Iterable

from layerscope.packages.base import Package
from layerscope.rules.finding import Location, PathBytes, Role
from layerscope.rules.measuring import Measured, wildcard

__all__ = ["matching_packages", "package_places"]


def matching_packages(image: Measured, pattern: str) -> list[Package]:
    """Those that match, most bytes first; all without a pattern. One without a colon is of any type."""
    packages = list(image.analysis.packages.packages)
    if not pattern:
        return packages
    matches = wildcard(pattern if ":" in pattern else f"*:{pattern}").fullmatch
    return [package for package in packages if matches(f"{package.ecosystem}:{package.name}")]


def package_places(image: Measured, packages: Iterable[Package]) -> tuple[Location, ...]:
    """The layers that added these packages, each with the records of its own."""
    by_layer: dict[int, list[Package]] = {}
    for package in packages:
        by_layer.setdefault(package.added_in, []).append(package)
    places = [
        Location(
            layer=layer,
            role=Role.STORED,
            files=sum(package.files for package in found),
            freed_bytes=sum(package.content_bytes for package in found),
            paths=tuple(PathBytes(each.record, each.content_bytes, each.content_bytes) for each in found),
            instruction=image.layers[layer].layer.instruction,
        )
        for layer, found in by_layer.items()
    ]
    return tuple(sorted(places, key=lambda place: (-place.freed_bytes, place.layer)))
