"""Many images, each different blob of theirs read once, and kept as a summary alone.

Readings are let go as soon as they are summed up, so memory grows with the entries of different layers, and
not with the number of images that use a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from layerscope.analysis.base_image import BaseHints, find_base
from layerscope.analysis.layer_summary import LayerSummary, summarize
from layerscope.analysis.sharing_types import ChunkForecast, ImageInput, LayerInput
from layerscope.errors import InvalidImage, LayerscopeError, SourceError, SourceNotFound, Unsupported
from layerscope.fleet.references import Reference, expanded
from layerscope.image.image import Image
from layerscope.image.layer import Layer, LayerReading
from layerscope.image.read import ReadOptions
from layerscope.image.read_layers import LayerUse, Progress, read_distinct_layers
from layerscope.image.reading_cache import ReadingCache
from layerscope.image.source import Candidate, ImageSource
from layerscope.notices import Notice, NoticeLog, Severity
from layerscope.oci.digest import DiffID
from layerscope.oci.platform import parse_platform

__all__ = ["Gathered", "gather"]

_SUFFIXES = (".tar", ".tgz", ".gz", ".zst", ".xz", ".bz2")
"""Of files that are images, if they are sound."""

Open = Callable[[str], ImageSource]
Choose = Callable[[ImageSource, str], Image]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The images in the order of the references, and notices about none of them."""

    inputs: tuple[ImageInput, ...]
    notices: tuple[Notice, ...]
    chunks: tuple[ChunkForecast, ...] = ()


def gather(
    references: Sequence[str],
    *,
    open_source: Open,
    choose: Choose,
    options: ReadOptions,
    platform: str | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
    chunks: bool = False,
) -> Gathered:
    """Open every image that the references mean, and read their layers.

    A reference that names one image means it, others all images of their source, those of `platform` if that
    is given. What was met in a directory and is no image is a notice. `open_source` and `choose` are those of
    the API. With `chunks` the contents of all layers that could be read are read again, and cut.
    """
    notices: list[Notice] = []
    with ExitStack() as stack:
        opener = _Opener(stack, open_source, choose, platform, notices)
        images = [image for reference in expanded(references) for image in opener.images(reference)]
        if not images:
            further = [notice.message for notice in notices]
            raise SourceNotFound(f"{', '.join(references)}: no image in it", further=further)
        collected = [_Collected(image) for image in images]
        summaries: dict[DiffID, LayerSummary] = {}
        sound: dict[object, Layer] = {}
        for distinct in read_distinct_layers(images, options, jobs=jobs, progress=progress, cache=cache):
            summary = _summary(distinct.reading, summaries)
            if summary is not None:
                first = distinct.uses[0].layer
                sound.setdefault(distinct.reading.diff_id or first.diff_id or first, first)
            for use in distinct.uses:
                collected[use.image].add(use, summary)
        forecasts: tuple[ChunkForecast, ...] = ()
        if chunks:
            from layerscope.fleet.chunks import forecast_chunks  # noqa: PLC0415  # it needs numpy

            forecasts = forecast_chunks(tuple(sound.values()), options.limits, progress)
        return Gathered(tuple(each.input() for each in collected), tuple(notices), forecasts)


@dataclass(frozen=True, slots=True)
class _Opener:
    """Opens sources, which stay open as long as `stack` does."""

    stack: ExitStack
    open_source: Open
    choose: Choose
    platform: str | None
    notices: list[Notice]

    def images(self, reference: Reference) -> list[Image]:
        """The images of one reference. What is none is an error, unless it was met in a directory."""
        try:
            source = self.stack.enter_context(self.open_source(reference.text))
            return self._of_source(source, reference.text)
        except (InvalidImage, Unsupported, SourceError) as error:
            if not reference.found:
                raise
            meant = reference.text.endswith(_SUFFIXES)
            severity = Severity.WARNING if meant else Severity.INFO
            self.notices.append(Notice("not-an-image", severity, f"left out: {error.message}"))
            return []

    def _of_source(self, source: ImageSource, reference: str) -> list[Image]:
        if source.wanted or source.broken is not None:
            return [self.choose(source, reference)]
        candidates = _wanted(source, self.platform)
        if not candidates:
            return [self.choose(source, reference)]  # raises, and says what is there
        return [_with_notices(source, candidate, reference) for candidate in candidates]


def _with_notices(source: ImageSource, candidate: Candidate, reference: str) -> Image:
    image = source.open(candidate, reference)
    return replace(image, notices=(*source.notices(), *image.notices))


def _wanted(source: ImageSource, platform: str | None) -> list[Candidate]:
    """All images that have layers in the source; where none has, all that are listed."""
    images = [candidate for candidate in source.candidates() if candidate.kind == "image"]
    if platform:
        asked = parse_platform(platform)
        images = [candidate for candidate in images if asked.matches(candidate.platform)]
    return [candidate for candidate in images if candidate.stored] or images


class _Collected:
    """An image, and what was read of its layers so far."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._layers: dict[int, LayerInput] = {}
        self._readings: dict[int, tuple[Notice, ...]] = {}
        self._errors: dict[int, LayerscopeError] = {}

    def add(self, use: LayerUse, summary: LayerSummary | None) -> None:
        """Take what is known of a layer, and let go of its changeset."""
        layer, reading = use.layer, use.reading
        error = reading.error or layer.absent
        self._layers[layer.index] = LayerInput(
            diff_id=reading.diff_id or layer.diff_id,
            digest=layer.digest or reading.digest,
            compression=reading.compression,
            compressed_bytes=reading.compressed_bytes if layer.absent is None else layer.size or 0,
            tar_bytes=reading.changeset.tar_bytes,
            summary=None if error is not None else summary,
            instruction=layer.instruction.text if layer.instruction else "",
            present=layer.absent is None,
        )
        self._readings[layer.index] = (*reading.notices, *reading.changeset.notices)
        if error is not None:
            self._errors[layer.index] = error.at(f"layer {layer.index}")

    def input(self) -> ImageInput:
        """All of the image, after all of its layers were read."""
        image, log = self._image, NoticeLog()
        log.extend(image.notices)
        for index in sorted(self._readings):
            log.extend(self._readings[index], layer=index)
        layers = tuple(self._layers[index] for index in range(len(image.layers)))
        base = find_base(image, [layer.diff_id for layer in layers], BaseHints())
        return ImageInput(image, layers, base, log.notices(), self._failure(log.notices()))

    def _failure(self, notices: tuple[Notice, ...]) -> LayerscopeError | None:
        """Damage first, as for one image: a layer that broke off, other errors, then what is not there."""
        absent = {layer.index for layer in self._image.layers if layer.absent is not None}
        broken = [error for index, error in sorted(self._errors.items()) if index not in absent]
        errors = [InvalidImage(each.message) for each in notices if each.severity is Severity.ERROR]
        missing = [error for index, error in sorted(self._errors.items()) if index in absent]
        return next(iter([*broken, *errors, *missing]), None)


def _summary(reading: LayerReading, known: dict[DiffID, LayerSummary]) -> LayerSummary | None:
    """One summary for all blobs of a diff ID."""
    if reading.error is not None:
        return None
    if reading.diff_id is None:
        return summarize(reading.changeset)
    if reading.diff_id not in known:
        known[reading.diff_id] = summarize(reading.changeset)
    return known[reading.diff_id]
