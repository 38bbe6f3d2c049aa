"""Whether the operating system's packages brought a file, so that nobody but their makers can change it."""

from __future__ import annotations

from layerscope.packages.base import Package
from layerscope.rules.evidence import Evidence

__all__ = ["system_package"]

_ECOSYSTEMS = frozenset({"deb", "apk", "rpm", "alpm", "opkg"})


def system_package(evidence: Evidence, inode: int) -> Package | None:
    """The package of the operating system that a live inode belongs to; None for those of a language."""
    package = evidence.package(inode)
    return package if package is not None and package.ecosystem in _ECOSYSTEMS else None
