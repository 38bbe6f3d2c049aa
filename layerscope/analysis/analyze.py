"""From layer readings to figures: replay, ledger, notices. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from layerscope.analysis.base_image import NO_BASE, BaseHints, BaseImage, find_base
from layerscope.analysis.ledger import ByteLedger
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.errors import LimitExceeded
from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.notices import Notice, NoticeLog, Severity
from layerscope.oci.digest import ChainID, DiffID, chain_ids
from layerscope.packages.table import NO_PACKAGES, PackageTable, find_packages
from layerscope.rootfs.change import LayerChanges
from layerscope.rootfs.rootfs import Rootfs

__all__ = ["Analysis", "LayerAnalysis", "analyze"]


@dataclass(frozen=True, slots=True)
class LayerAnalysis:
    """A layer, what was read of it, and what it did."""

    layer: Layer
    reading: LayerReading
    changes: LayerChanges
    diff_id: DiffID | None
    """Computed from the bytes; as the image promises where they were not verified or not there."""
    chain_id: ChainID | None
    """None from the first layer on whose diff ID is unknown."""
    wasted_bytes: int
    """Bytes that this layer *stored* and that are wasted."""
    hidden_bytes: int
    """Bytes, stored by whatever layer, that this layer hid."""


@dataclass(frozen=True, slots=True, repr=False)
class Analysis:
    """Everything known of one image after its layers were replayed."""

    image: Image
    layers: tuple[LayerAnalysis, ...]
    rootfs: Rootfs
    ledger: ByteLedger
    notices: tuple[Notice, ...]
    """Of the image, then of each layer, base first: the reading, then the replay; then of the packages."""
    base: BaseImage = NO_BASE
    """Which of the layers are the base image's; the others are one's own."""
    packages: PackageTable = NO_PACKAGES

    def __repr__(self) -> str:
        """In one line: the whole would list each file."""
        ledger = self.ledger
        figures = f"{ledger.wasted_bytes:,} of {ledger.stored_bytes:,} bytes wasted"
        return f"<Analysis of {self.image.reference!r}: {len(self.layers)} layers, {figures}>"

    @property
    def damaged(self) -> bool:
        """Whether a notice says that the figures do not cover all of the image."""
        return any(notice.severity is Severity.ERROR for notice in self.notices)

    @property
    def complete(self) -> bool:
        """Whether every layer was read to its end and nothing is damaged: only then are the figures true of
        the whole image."""
        unread = any(layer.layer.absent or layer.reading.error for layer in self.layers)
        return not unread and not self.damaged


def analyze(
    image: Image,
    readings: Iterable[LayerReading],
    *,
    limits: Limits = DEFAULT_LIMITS,
    base: BaseHints | None = None,
    packages: bool = True,
) -> Analysis:
    """Replay the readings (one for each layer, base first) and account for every byte.

    The readings may still be under way: each is replayed as it comes. Without `base` no base image is looked
    for, without `packages` no installed packages. Raises LimitExceeded, and UsageError for a base that is
    given and not this image's.
    """
    rootfs = Rootfs(limits)
    log = NoticeLog()
    log.extend(image.notices)
    read: list[LayerReading] = []
    changes: list[LayerChanges] = []
    for layer, reading in zip(image.layers, readings, strict=True):
        try:
            changes.append(rootfs.apply(reading.changeset))
        except LimitExceeded as error:
            raise error.at(f"layer {layer.index}") from error
        read.append(reading)
        for notices in (reading.notices, reading.changeset.notices, changes[-1].notices):
            log.extend(notices, layer=layer.index)
    ledger = ByteLedger.of(rootfs)
    diff_ids = [found.diff_id or layer.diff_id for layer, found in zip(image.layers, read, strict=True)]
    chain = _chain(diff_ids)
    layers = tuple(
        LayerAnalysis(*row)
        for row in zip(
            image.layers,
            read,
            changes,
            diff_ids,
            chain,
            ledger.wasted_by_layer,
            ledger.hidden_by_layer,
            strict=True,
        )
    )
    table = find_packages(rootfs, ledger.live_bytes) if packages else NO_PACKAGES
    log.extend(table.notices)
    return Analysis(image, layers, rootfs, ledger, log.notices(), _base(image, read, base), table)


def _base(image: Image, readings: list[LayerReading], hints: BaseHints | None) -> BaseImage:
    """What the image promises comes first: a damaged layer does not change which base it was built on."""
    if hints is None:
        return NO_BASE
    pairs = zip(image.layers, readings, strict=True)
    return find_base(image, [layer.diff_id or found.diff_id for layer, found in pairs], hints)


def _chain(diff_ids: list[DiffID | None]) -> list[ChainID | None]:
    known: list[DiffID] = []
    for diff_id in diff_ids:
        if diff_id is None:
            break
        known.append(diff_id)
    return [*chain_ids(known), *[None] * (len(diff_ids) - len(known))]
