"""The packages of an image: who owns which inode, and since which layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest

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

    def bytes_by_layer(self) -> tuple[int, ...]:
        """Content bytes of packages by the layer that added them, one figure for each layer."""
        totals = [0] * len(self.inodes.changesets)
        for package in self.packages:
            totals[package.added_in] += package.content_bytes
        return tuple(totals)

    def largest_unowned(self, most: int = 20) -> list[int]:
        """Inodes of the largest live files that no package owns, most bytes first, then as stored.

        Looks at every stored file: for reports that ask for it.
        """
        return [-inode for _, inode in nlargest(most, self._unowned())]

    def _unowned(self) -> Iterator[tuple[int, int]]:
        owners, hidden = self.owners, {inode for inode, _, _ in self.inodes.hidden_inodes()}
        for changeset, base in zip(self.inodes.changesets, self.inodes.bases, strict=True):
            for inode, size in enumerate(changeset.sizes, base):
                if size and inode not in owners and inode not in hidden:
                    yield size, -inode


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
