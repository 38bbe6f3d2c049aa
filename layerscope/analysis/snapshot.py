"""A summary of one analysis that is bounded however large the image is: what a baseline keeps, and what two
images are compared by.

What does not fit into a list is counted in its rest, so each list adds up to the totals.
"""

from __future__ import annotations

from dataclasses import dataclass

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
]


@dataclass(frozen=True, slots=True)
class SnapshotBounds:
    """How many of each a snapshot lists at most, and how deep directories are told apart."""

    packages: int = 2000
    directories: int = 1000
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
