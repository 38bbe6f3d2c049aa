"""From layer readings to figures: replay, ledger, notices. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from layerscope.analysis.ledger import ByteLedger
from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.notices import Notice
from layerscope.oci.digest import ChainID
from layerscope.rootfs.change import LayerChanges
from layerscope.rootfs.rootfs import Rootfs

__all__ = ["Analysis", "LayerAnalysis", "analyze"]


@dataclass(frozen=True, slots=True)
class LayerAnalysis:
    """A layer, what was read of it, and what it did. `wasted_bytes` are bytes that this layer *wrote*."""

    layer: Layer
    reading: LayerReading
    changes: LayerChanges
    chain_id: ChainID | None
    wasted_bytes: int
    hidden_bytes: int
    """Bytes, written by whatever layer, that this layer hid."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything known of one image after its layers were replayed."""

    image: Image
    layers: tuple[LayerAnalysis, ...]
    rootfs: Rootfs
    ledger: ByteLedger
    notices: tuple[Notice, ...]
    """Of the source, the image, the layers and the replay, in that order."""


def analyze(image: Image, readings: Iterable[LayerReading]) -> Analysis:
    """Replay the readings (one for each layer, base first) and account for every byte."""
    raise NotImplementedError
