"""Analyses of small images with a history, for tests of what is shown of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.blobs.compression import Compression
from layerscope.errors import LayerscopeError, Unsupported
from layerscope.image.history import read_instructions
from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.notices import Notice
from layerscope.oci.config import HistoryEntry, ImageConfig
from layerscope.oci.digest import DiffID, ImageID
from tests.builders import Member, layer, read

__all__ = ["Step", "analysis", "step"]

CREATED = "2024-05-01T10:00:00Z"


@dataclass(frozen=True)
class Step:
    """One layer with the instruction that made it."""

    tar: bytes
    created_by: str | None
    compression: Compression
    error: LayerscopeError | None
    absent: str | None
    promised: DiffID | None
    verify: bool


def step(
    *members: Member,
    by: str | None = "RUN make # buildkit",
    compression: Compression = Compression.NONE,
    error: LayerscopeError | None = None,
    absent: str | None = None,
    promised: DiffID | None = None,
    verify: bool = True,
) -> Step:
    """A layer of these members. `by` is its history (None: no entry pairs with it); `promised` is the diff ID
    of the configuration (None: the right one); `error`, `absent` and `verify` say how reading went."""
    return Step(layer(*members), by, compression, error, absent, promised, verify)


def analysis(
    *steps: Step,
    notices: tuple[Notice, ...] = (),
    reference: str = "app.tar",
    tags: tuple[str, ...] = ("app:1",),
) -> Analysis:
    """The analysis of an image of these layers, base first."""
    readings = [_reading(given) for given in steps]
    image = Image(
        reference=reference,
        format="docker-archive",
        image_id=ImageID(f"sha256:{0xABC:064x}"),
        digest=None,
        platform="linux/amd64",
        tags=tags,
        created=CREATED,
        config=ImageConfig(),
        layers=tuple(_layer(index, given) for index, given in enumerate(steps)),
        notices=notices,
    )
    return analyze(image, readings)


def _reading(given: Step) -> LayerReading:
    reading = read(given.tar)
    whole = given.verify and given.error is None and given.absent is None
    return replace(
        reading,
        compression=given.compression,
        digest=reading.digest if whole else None,
        diff_id=reading.diff_id if whole else None,
        error=given.error,
    )


def _layer(index: int, given: Step) -> Layer:
    instruction = None
    if given.created_by is not None:
        (instruction,) = read_instructions([HistoryEntry(created_by=given.created_by, created=CREATED)])
    return Layer(
        index=index,
        digest=None,
        diff_id=given.promised or read(given.tar).diff_id,
        media_type="application/vnd.oci.image.layer.v1.tar",
        size=None,
        absent=None if given.absent is None else Unsupported(given.absent),
        instruction=instruction,
    )
