"""A summary of one analysis that is bounded however large the image is: what a baseline keeps, and what two
images are compared by.

What does not fit into a list is counted in its rest, so each list adds up to the totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.packages.base import Package

__all__ = [
    "BASELINE_BOUNDS",
    "DirectoryFigures",
    "FileFigures",
    "LayerFigures",
    "PackageFigures",
    "Rest",
    "Snapshot",
    "SnapshotBounds",
    "SnapshotTotals",
    "take_snapshot",
]


@dataclass(frozen=True, slots=True)
class SnapshotBounds:
    """How many of each a snapshot lists at most, and how deep directories are told apart."""

    packages: int = 1000
    directories: int = 400
    files: int = 200
    depth: int = 7
    """Components of a directory's path: `usr/local/lib/python3.12/site-packages/numpy` has 6. What is deeper
    counts for the directory above."""


BASELINE_BOUNDS = SnapshotBounds()


@dataclass(frozen=True, slots=True)
class SnapshotTotals:
    """Sums over all layers, in bytes; the laws of the ledger hold.

    `stored_bytes` = `live_bytes` + `wasted_bytes` = `own_stored_bytes` + `base_stored_bytes`. Own and base
    waste are told apart by the layer that hid the bytes. Without a known base all is one's own.
    """

    layers: int = 0
    entries: int = 0
    packages: int = 0
    compressed_bytes: int = 0
    """The blobs as stored where they were read: a `docker save` archive has uncompressed ones."""
    tar_bytes: int = 0
    stored_bytes: int = 0
    live_bytes: int = 0
    wasted_bytes: int = 0
    own_compressed_bytes: int = 0
    own_stored_bytes: int = 0
    own_wasted_bytes: int = 0

    @property
    def base_compressed_bytes(self) -> int:
        """Blobs of the base image's layers."""
        return self.compressed_bytes - self.own_compressed_bytes

    @property
    def base_stored_bytes(self) -> int:
        """Contents that the base image stores."""
        return self.stored_bytes - self.own_stored_bytes

    @property
    def base_wasted_bytes(self) -> int:
        """Waste that the base image has of its own."""
        return self.wasted_bytes - self.own_wasted_bytes


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """One layer. `instruction` is as it was read from the history: an output masks it."""

    index: int
    diff_id: str | None
    instruction: str
    """Empty where the history does not pair with the layers."""
    in_base: bool
    compressed_bytes: int
    stored_bytes: int
    wasted_bytes: int
    """Of its own stored bytes."""


@dataclass(frozen=True, slots=True)
class PackageFigures:
    """All installed packages of one name in one ecosystem: npm has the same one in several places."""

    ecosystem: str
    name: str
    versions: tuple[str, ...]
    """Sorted, each once."""
    content_bytes: int
    """Live bytes of its files."""
    files: int
    added_in: int
    """The layer that added most of its bytes."""
    in_base: bool


@dataclass(frozen=True, slots=True)
class DirectoryFigures:
    """Stored contents in one directory, and in those below it that are not told apart."""

    path: bytes
    """Normalized; empty for the root."""
    own_bytes: int
    base_bytes: int


@dataclass(frozen=True, slots=True)
class FileFigures:
    """All contents stored at one path, in whatever layers."""

    path: bytes
    own_bytes: int
    base_bytes: int
    layer: int
    """The topmost layer that stores some of it."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What a list has no room for: how many, their bytes, and the most that one of them has."""

    count: int = 0
    own_bytes: int = 0
    base_bytes: int = 0
    most_bytes: int = 0
    """0 where the list is whole: then what is not in it is not in the image."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Figures of one image. Lists run from the most bytes down, then by name; layers from the base up.

    The laws: `layers` add up to the totals; `directories` with their rest, and `files` with theirs, to
    `stored_bytes`, own and base apart; `packages` with their rest and `unowned_bytes` to `live_bytes`.
    """

    reference: str
    image_id: str | None
    platform: str
    tags: tuple[str, ...]
    base_layers: int
    """0 where there is no base image, or none is known."""
    base_name: str
    packages_known: bool
    """False where packages were not looked for."""
    totals: SnapshotTotals
    layers: tuple[LayerFigures, ...] = ()
    packages: tuple[PackageFigures, ...] = ()
    more_packages: Rest = Rest()
    unowned_bytes: int = 0
    """Live bytes that no package owns."""
    directories: tuple[DirectoryFigures, ...] = ()
    more_directories: Rest = Rest()
    files: tuple[FileFigures, ...] = ()
    more_files: Rest = Rest()
    findings: tuple[tuple[str, int, int], ...] = ()
    """(rule id, number of findings, freed bytes), by rule id; empty where no rule was asked."""


def take_snapshot(
    analysis: Analysis,
    *,
    findings: Sequence[tuple[str, int]] = (),
    bounds: SnapshotBounds = BASELINE_BOUNDS,
) -> Snapshot:
    """Sum an analysis up; `findings` are rule ids with freed bytes. Linear in entries, no path but those
    that are listed is made."""
    image, base, table = analysis.image, analysis.base, analysis.packages
    totals = _totals(analysis)
    packages, more_packages = _packages(table.packages, base.layers, bounds.packages)
    directories, more_directories = _directories(analysis, bounds)
    files, more_files = _files(analysis, totals, bounds.files)
    return Snapshot(
        reference=image.reference,
        image_id=image.image_id,
        platform=image.platform,
        tags=image.tags,
        base_layers=base.layers,
        base_name=base.name,
        packages_known=table.looked_for,
        totals=totals,
        layers=tuple(_layer(analyzed, base.layers) for analyzed in analysis.layers),
        packages=packages,
        more_packages=more_packages,
        unowned_bytes=table.unowned_bytes if table.looked_for else totals.live_bytes,
        directories=directories,
        more_directories=more_directories,
        files=files,
        more_files=more_files,
        findings=tuple(_by_rule(findings)),
    )


def _totals(analysis: Analysis) -> SnapshotTotals:
    ledger, below = analysis.ledger, analysis.base.layers
    compressed = [layer.reading.compressed_bytes for layer in analysis.layers]
    return SnapshotTotals(
        layers=len(analysis.layers),
        entries=sum(len(layer.reading.changeset) for layer in analysis.layers),
        packages=len(analysis.packages.packages),
        compressed_bytes=sum(compressed),
        tar_bytes=sum(layer.reading.changeset.tar_bytes for layer in analysis.layers),
        stored_bytes=ledger.stored_bytes,
        live_bytes=ledger.live_bytes,
        wasted_bytes=ledger.wasted_bytes,
        own_compressed_bytes=sum(compressed[below:]),
        own_stored_bytes=sum(ledger.stored_by_layer[below:]),
        own_wasted_bytes=sum(ledger.hidden_by_layer[below:]),
    )


def _layer(analyzed: LayerAnalysis, below: int) -> LayerFigures:
    layer = analyzed.layer
    return LayerFigures(
        index=layer.index,
        diff_id=analyzed.diff_id,
        instruction=layer.instruction.text if layer.instruction else "",
        in_base=layer.index < below,
        compressed_bytes=analyzed.reading.compressed_bytes,
        stored_bytes=analyzed.reading.changeset.content_bytes,
        wasted_bytes=analyzed.wasted_bytes,
    )


def _packages(packages: Iterable[Package], below: int, most: int) -> tuple[tuple[PackageFigures, ...], Rest]:
    groups: dict[tuple[str, str, bool], list[Package]] = {}
    for package in packages:
        key = (package.ecosystem, package.name, package.added_in < below)
        groups.setdefault(key, []).append(package)
    figures = [_package(key, group) for key, group in groups.items()]
    figures.sort(key=lambda each: (-each.content_bytes, each.ecosystem, each.name, each.in_base))
    left = figures[most:]
    own = sum(each.content_bytes for each in left if not each.in_base)
    both = sum(each.content_bytes for each in left)
    largest = max((each.content_bytes for each in left), default=0)
    return tuple(figures[:most]), Rest(len(left), own, both - own, largest)


def _package(key: tuple[str, str, bool], group: list[Package]) -> PackageFigures:
    return PackageFigures(
        ecosystem=key[0],
        name=key[1],
        versions=tuple(sorted({package.version for package in group})),
        content_bytes=sum(package.content_bytes for package in group),
        files=sum(package.files for package in group),
        added_in=max(group, key=lambda package: (package.content_bytes, package.added_in)).added_in,
        in_base=key[2],
    )


def _directories(analysis: Analysis, bounds: SnapshotBounds) -> tuple[tuple[DirectoryFigures, ...], Rest]:
    sums: dict[bytes, list[int]] = {}
    for index, changeset in enumerate(analysis.rootfs.inodes.changesets):
        here = [0] * len(changeset.directories)
        for parent, size in zip(changeset.parents, changeset.sizes, strict=True):
            here[parent] += size
        column = int(index < analysis.base.layers)
        for path, size in zip(changeset.directories, here, strict=True):
            if size:
                sums.setdefault(_above(path, bounds.depth), [0, 0])[column] += size
    figures = [DirectoryFigures(path, *both) for path, both in sums.items()]
    figures.sort(key=lambda each: (-each.own_bytes - each.base_bytes, each.path))
    left = figures[bounds.directories :]
    rest = Rest(
        len(left),
        sum(each.own_bytes for each in left),
        sum(each.base_bytes for each in left),
        max((each.own_bytes + each.base_bytes for each in left), default=0),
    )
    return tuple(figures[: bounds.directories]), rest


def _above(path: bytes, depth: int) -> bytes:
    parts = path.split(b"/", depth)
    return b"/".join(parts[:depth]) if len(parts) > depth else path


def _files(analysis: Analysis, totals: SnapshotTotals, most: int) -> tuple[tuple[FileFigures, ...], Rest]:
    inodes = analysis.rootfs.inodes
    largest: list[tuple[int, int, int]] = []  # (bytes, minus the layer, minus the entry)
    for layer, changeset in enumerate(inodes.changesets):
        sizes = changeset.sizes
        found = nlargest(most + 1, range(len(sizes)), key=sizes.__getitem__)
        largest += [(sizes[index], -layer, -index) for index in found if sizes[index]]
    largest.sort(reverse=True)
    sums: dict[bytes, list[int]] = {}
    for size, layer, index in islice(largest, most):
        entry = sums.setdefault(inodes.changesets[-layer].path(-index), [0, 0, 0])
        entry[int(-layer < analysis.base.layers)] += size
        entry[2] = max(entry[2], -layer)
    figures = [FileFigures(path, *entry) for path, entry in sums.items()]
    figures.sort(key=lambda each: (-each.own_bytes - each.base_bytes, each.path))
    stored = sum(len(changeset) - changeset.sizes.count(0) for changeset in inodes.changesets)
    rest = Rest(
        max(0, stored - most),
        totals.own_stored_bytes - sum(each.own_bytes for each in figures),
        totals.base_stored_bytes - sum(each.base_bytes for each in figures),
        largest[most][0] if len(largest) > most else 0,
    )
    return tuple(figures), rest


def _by_rule(findings: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int, int]]:
    """(rule id, number, bytes), by rule id."""
    for rule_id in sorted({rule_id for rule_id, _ in findings}):
        sizes = [size for found, size in findings if found == rule_id]
        yield rule_id, len(sizes), sum(sizes)
