"""The packages of an image: who owns which inode, and since which layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappush, heapreplace

from layerscope.notices import Notice, Severity
from layerscope.packages.base import Package
from layerscope.packages.history import Installed, PackageHistory
from layerscope.packages.ownership import PathOwners, find_owners
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.rootfs import Rootfs

__all__ = ["NO_PACKAGES", "PackageTable", "find_packages"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PackageTable:
    """The installed packages, most bytes first, then by ecosystem, name, version, record.

    The laws: the bytes of all packages and `unowned_bytes` add up to the live bytes of the ledger, their
    files and `unowned_files` to the live files with content.
    """

    packages: tuple[Package, ...] = ()
    unowned_files: int = 0
    """Live files with content that no package owns."""
    unowned_bytes: int = 0
    owners: Mapping[int, int] = field(default_factory=dict)
    """Inode to the index of its package in `packages`, for all live inodes that one owns, links among
    them."""
    notices: tuple[Notice, ...] = ()
    looked_for: bool = True
    """False if nobody asked: then there are no figures, and not figures of zero."""
    inodes: InodeTable = field(default_factory=InodeTable)
    """The inodes that this is about."""
    paths: PathOwners | None = None

    def __repr__(self) -> str:
        """In one line."""
        return f"<PackageTable: {len(self.packages)} packages, {self.unowned_bytes:,} bytes owned by none>"

    def owner(self, inode: int) -> Package | None:
        """The package that a live inode belongs to."""
        index = self.owners.get(inode)
        return None if index is None else self.packages[index]

    def owner_of_path(self, path: bytes) -> Package | None:
        """The installed package that a path belongs to, whether anything is there or not.

        So the old files of an upgraded package and the removed files of one that is still there are its own.
        Of a normalized path, as stored in any layer. The first call takes as long as finding all owners did.
        """
        index = None if self.paths is None else self.paths.owner(path)
        return None if index is None else self.packages[index]

    def by_layer(self) -> dict[int, tuple[int, int]]:
        """Layer to the number and the content bytes of the packages that it added, for layers that did."""
        totals: dict[int, tuple[int, int]] = {}
        for package in self.packages:
            count, size = totals.get(package.added_in, (0, 0))
            totals[package.added_in] = count + 1, size + package.content_bytes
        return dict(sorted(totals.items()))

    def largest_unowned(self, most: int) -> list[int]:
        """Inodes of the largest live files that no package owns, most bytes first, then as stored."""
        owners, hidden = self.owners, self.inodes.hidden_numbers()
        largest: list[tuple[int, int]] = []  # a heap of (size, -inode): its first is the next to go
        least = 0
        for changeset, base in zip(self.inodes.changesets, self.inodes.bases, strict=True):
            for inode, size in enumerate(changeset.sizes, base):
                if size > least and inode not in owners and inode not in hidden:
                    if len(largest) < most:
                        heappush(largest, (size, -inode))
                    elif largest:
                        heapreplace(largest, (size, -inode))
                    if len(largest) == most and largest:
                        least = largest[0][0]
        return [-inode for _, inode in sorted(largest, reverse=True)]


NO_PACKAGES = PackageTable(looked_for=False)
"""For an image whose packages were not looked for."""


def find_packages(rootfs: Rootfs, live_bytes: int) -> PackageTable:
    """Find the packages of a root filesystem after its last layer; `live_bytes` are the ledger's."""
    inodes = rootfs.inodes
    history = PackageHistory(inodes)
    installed = list(history.installed())
    locator, claims = rootfs.locator(), [found.claim for found in installed]
    owners, complete = find_owners(locator, claims)
    files, content_bytes = _weigh(inodes, owners, len(installed))
    packages = [
        _package(found, count, total)
        for found, count, total in zip(installed, files, content_bytes, strict=True)
    ]
    order = sorted(range(len(packages)), key=lambda index: _order(packages[index]))
    rank = [0] * len(order)
    for place, index in enumerate(order):
        rank[index] = place
    if not complete:
        history.log.add(
            "package-paths-too-many",
            Severity.WARNING,
            "packages claim too many paths, or paths that lead through too many components; "
            "some files count as owned by no package",
        )
    owners = {inode: rank[index] for inode, index in owners.items()}
    return PackageTable(
        packages=tuple(packages[index] for index in order),
        unowned_files=_live_files(inodes) - sum(files),
        unowned_bytes=live_bytes - sum(content_bytes),
        owners=owners,
        notices=history.log.notices(),
        inodes=inodes,
        paths=PathOwners(locator, claims, rank, owners) if claims else None,
    )


def _weigh(inodes: InodeTable, owners: Mapping[int, int], count: int) -> tuple[list[int], list[int]]:
    """Files with content, and their bytes, of each package by its index."""
    files, content_bytes = [0] * count, [0] * count
    layers = iter(zip(inodes.changesets, inodes.bases, strict=True))
    end = base = 0
    sizes = None
    for inode in sorted(owners):
        while inode >= end:
            changeset, base = next(layers)
            end, sizes = base + len(changeset), changeset.sizes
        assert sizes is not None
        size = sizes[inode - base]
        if size:
            index = owners[inode]
            files[index] += 1
            content_bytes[index] += size
    return files, content_bytes


def _live_files(inodes: InodeTable) -> int:
    """Files with content that the tree reaches."""
    stored = sum(len(changeset) - changeset.sizes.count(0) for changeset in inodes.changesets)
    return stored - inodes.hidden_count


def _package(found: Installed, files: int, content_bytes: int) -> Package:
    record = found.record
    return Package(
        ecosystem=record.ecosystem,
        name=record.name,
        version=record.version,
        architecture=record.architecture,
        record=record.record,
        added_in=found.added_in,
        files=files,
        content_bytes=content_bytes,
        declared_bytes=record.declared_bytes,
        earlier_in=found.earlier_in,
    )


def _order(package: Package) -> tuple[int, str, str, str, bytes]:
    return -package.content_bytes, package.ecosystem, package.name, package.version, package.record
