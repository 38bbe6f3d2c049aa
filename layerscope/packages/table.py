"""The packages of an image: who owns which inode, and since which layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from layerscope.notices import Notice
from layerscope.packages.base import Package
from layerscope.rootfs.rootfs import Rootfs

__all__ = ["NO_PACKAGES", "PackageTable", "find_packages"]


@dataclass(frozen=True, slots=True, repr=False)
class PackageTable:
    """The installed packages, most bytes first, then by ecosystem, name, version, record.

    The law: the bytes of all packages and `unowned_bytes` add up to the live bytes of the ledger.
    """

    packages: tuple[Package, ...] = ()
    unowned_files: int = 0
    unowned_bytes: int = 0
    owners: Mapping[int, int] = field(default_factory=dict)
    """Inode of a live file to the index of its package in `packages`."""
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        """In one line."""
        return f"<PackageTable: {len(self.packages)} packages, {self.unowned_bytes:,} bytes owned by none>"

    def owner(self, inode: int) -> Package | None:
        """The package that a live inode belongs to."""
        index = self.owners.get(inode)
        return None if index is None else self.packages[index]


NO_PACKAGES = PackageTable()
"""For an image whose packages were not looked for."""


def find_packages(rootfs: Rootfs) -> PackageTable:
    """Find the packages of a root filesystem after its last layer."""
    del rootfs
    return NO_PACKAGES
