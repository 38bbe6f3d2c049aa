"""Carrying out a plan: write beside the target, read it back, compare, and only then put it in place."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from layerscope.analysis.ledger import ByteLedger
from layerscope.blobs.compress import Codec, codec_of
from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.blobs.streams import Block
from layerscope.errors import InvalidImage, Malformed, OutputError, Unsupported, UsageError
from layerscope.image.image import Image
from layerscope.image.read import ReadOptions
from layerscope.image.read_layers import read_layers
from layerscope.notices import Severity
from layerscope.oci.digest import Digest, ImageID, sha256_of
from layerscope.optimizer.config import LABEL_DROPPED, rewritten_config
from layerscope.optimizer.normalize import write_normalized_layer
from layerscope.optimizer.plan import LayerPlan, Plan
from layerscope.optimizer.replay import replay
from layerscope.optimizer.rewrite import copy_blob, plain_blocks, write_layer
from layerscope.optimizer.times import no_later_annotations
from layerscope.optimizer.verify import first_difference
from layerscope.rootfs.rootfs import Rootfs
from layerscope.sinks.documents import ImageDocuments, write_documents
from layerscope.sinks.layer_writer import LayerWriter, WrittenLayer
from layerscope.sinks.sink import Sink
from layerscope.sinks.target import Target
from layerscope.sources.detect import open_reference

__all__ = ["Optimized", "Progress", "carry_out", "check_readable", "check_target"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Optimized:
    """What was written, and read back."""

    path: Path
    format: str
    image_id: ImageID
    digest: Digest
    layers: tuple[WrittenLayer, ...]
    compressed_bytes_before: int
    wasted_in_written: int
    """Bytes wasted in layers above the kept ones, after reading it back: 0."""

    drops: bool = False
    """Whether something was left out of the root filesystem on purpose."""
    clamped: int = 0
    """Paths that have an earlier time than they had, on purpose."""

    @property
    def compressed_bytes(self) -> int:
        """Sum of the layers' blobs."""
        return sum(layer.compressed_bytes for layer in self.layers)


def check_readable(image: Image) -> None:
    """Raise unless every layer can be read a second time, and there is a configuration to write.

    Unsupported for an image that has none, InvalidImage if it is damaged or not there, what stands in the way
    for an absent layer.
    """
    for layer in image.layers:
        if layer.absent is not None:
            why = f"layer {layer.index}: {layer.absent.message}; all layers are read, to be proved the same"
            raise type(layer.absent)(why, further=layer.absent.further)
        if layer.blob is None:
            raise Unsupported(f"layer {layer.index}: its bytes have passed; optimize reads an image twice")
    if not image.config_document:
        wrong = [notice.message for notice in image.notices if notice.severity is Severity.ERROR]
        if wrong:
            raise InvalidImage(wrong[0])
        raise Unsupported(f"{image.reference}: no configuration that could be written again")


def carry_out(
    plan: Plan,
    target: Target,
    *,
    limits: Limits,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Optimized:
    """Write what was planned. Raises OutputError, also where what was written is not the same."""
    with target.writing() as sink:
        written = _Writing(plan, sink, target, limits, progress).run()
        verified = _Verification(plan, sink, limits, target).run(*written, jobs)
        sink.commit()
    return verified


def check_target(image: Image, target: Target, others: Iterable[Path] = ()) -> None:
    """Find out before anything is read whether the target can be written.

    Raises UsageError where the image that is read, or one of the others, would be overwritten, OutputError
    where writing would fail.
    """
    place = target.path.resolve()
    for other in others:
        if place == other.resolve():
            raise UsageError(f"--output {target.path}: this is one of the images, and would be overwritten")
    for layer in image.layers:
        if layer.blob is None:
            continue
        read = layer.blob.path.resolve()
        if place == read or place in read.parents:
            raise UsageError(
                f"--output {target.path}: this is the image, or a part of it, and would be overwritten"
            )
    with target.writing():
        pass


class _Writing:
    """Writes layers and documents to a sink."""

    def __init__(
        self, plan: Plan, sink: Sink, target: Target, limits: Limits, progress: Progress | None
    ) -> None:
        self._plan = plan
        self._sink = sink
        self._name = target.name
        self._limits = limits
        self._progress = progress
        self._analysis = plan.analysis
        self._done = 0
        self._total = sum(layer.reading.compressed_bytes for layer in plan.analysis.layers)

    def run(self) -> tuple[list[WrittenLayer], bytes]:
        """Everything but the rename; the layers and the configuration."""
        plan = self._plan
        written = [self._copy(index) for index in range(plan.kept)]
        written += [self._write(layer) for layer in plan.layers]
        with_layer = {*range(plan.kept), *(layer.sources[-1] for layer in plan.layers)}
        image = self._analysis.image
        config = rewritten_config(
            image.config_document,
            [layer.diff_id for layer in written],
            len(image.layers),
            with_layer,
            _labels(plan),
            latest=plan.options.reproducible,
        )
        platform = _platform(config)
        latest = plan.options.reproducible
        annotations = no_later_annotations(dict(image.annotations), latest)
        said = {key: text for key, text in image.descriptor_annotations if not _is_about_source(key)}
        documents = ImageDocuments(
            config,
            written,
            (self._name,) if self._name else image.tags,
            annotations,
            platform,
            no_later_annotations(dict(image.index_annotations), latest),
            no_later_annotations(said, latest),
        )
        write_documents(self._sink, documents)
        self._sink.complete()
        return written, config

    def _write(self, layer: LayerPlan) -> WrittenLayer:
        options = self._plan.options
        reading = self._analysis.layers[layer.sources[-1]].reading
        codec = options.recompress or codec_of(reading.compression)
        if options.latest_ns is not None:
            made = self._write_normalized(layer, codec, options.latest_ns)
        elif not layer.verbatim:
            changesets = [each.reading.changeset for each in self._analysis.layers]
            made = write_layer(
                layer.picks, changesets, self._open, sink=self._sink, codec=codec, limits=self._limits
            )
        elif options.recompress is None:
            return self._copy(layer.sources[0])
        else:
            writer = LayerWriter(self._sink, codec)
            for block in self._open(layer.sources[0]):
                writer.write(block)
            made = writer.close()
        return replace(made, annotations=self._annotations(layer.sources[-1]))

    def _write_normalized(self, layer: LayerPlan, codec: Codec, latest_ns: int) -> WrittenLayer:
        return write_normalized_layer(
            layer.picks,
            [each.reading.changeset for each in self._analysis.layers],
            self._open,
            sink=self._sink,
            codec=codec,
            limits=self._limits,
            latest_ns=latest_ns,
            beside=self._sink.staged,
        )

    def _copy(self, index: int) -> WrittenLayer:
        layer, reading = self._analysis.layers[index].layer, self._analysis.layers[index].reading
        if reading.diff_id is None or reading.digest is None:
            raise Malformed(f"layer {index}: was not verified")
        copied = WrittenLayer(
            reading.diff_id,
            reading.digest,
            reading.compression,
            reading.compressed_bytes,
            reading.changeset.tar_bytes,
            layer.annotations,
        )
        copy_blob(self._sink, self._blob(index), copied, self._advance)
        return copied

    def _annotations(self, index: int) -> tuple[tuple[str, str], ...]:
        """A written layer keeps what was said of it, but for what was said of its bytes."""
        annotations = self._analysis.layers[index].layer.annotations
        return tuple((key, value) for key, value in annotations if not _is_about_bytes(key))

    def _blob(self, index: int) -> FileRange:
        blob = self._analysis.layers[index].layer.blob
        assert blob is not None
        return blob

    def _open(self, index: int) -> Generator[Block, None, None]:
        return plain_blocks(self._blob(index), self._limits, self._advance)

    def _advance(self, count: int) -> None:
        self._done += count
        if self._progress:
            self._progress(min(self._done, self._total), self._total)


def _platform(config: bytes) -> dict[str, str]:
    """What a descriptor says of an image's platform. Spec: image-spec v1.1.1, image-index.md#image-index."""
    found: dict[str, object] = msgspec.json.decode(config, type=dict[str, object])
    names = ("architecture", "os", "os.version", "variant")
    return {name: text for name in names if isinstance(text := found.get(name), str) and text}


def _labels(plan: Plan) -> dict[str, str]:
    """What the image says of files that were dropped."""
    if plan.drops is None or not plan.drops.by_rule:
        return {}
    section = plan.analysis.image.config.config
    before = (section.Labels if section else None) or {}  # an image may be optimized again
    rules = {*before.get(LABEL_DROPPED, "").split(), *(drop.rule_id for drop in plan.drops.by_rule)}
    return {LABEL_DROPPED: " ".join(sorted(rules))}


def _is_about_source(key: str) -> bool:
    """Whether an annotation of a descriptor says what the source calls the image, or where its blobs were."""
    return key in ("org.opencontainers.image.ref.name", "io.containerd.image.name") or key.startswith(
        ("vnd.docker.reference.", "containerd.io/distribution.source.")
    )


def _is_about_bytes(key: str) -> bool:
    """Whether a layer's annotation describes its blob: tables of contents and checksums of lazy pulling."""
    return key.startswith(
        ("io.github.containers.zstd-chunked.", "containerd.io/snapshot/stargz/", "io.containers.estargz.")
    )


class _Verification:
    """Reads back what was written, and compares its root filesystem with the original's."""

    def __init__(self, plan: Plan, sink: Sink, limits: Limits, target: Target) -> None:
        self._plan = plan
        self._sink = sink
        self._limits = limits
        self._target = target

    def run(self, layers: list[WrittenLayer], config: bytes, jobs: int | None) -> Optimized:
        """Raises OutputError for any difference."""
        plan, path = self._plan, self._target.path
        image, rootfs = self._read_back(jobs)
        if [layer.diff_id for layer in image.layers] != [layer.diff_id for layer in layers]:
            raise OutputError(f"{path}: other layers were read back than were written")
        difference = first_difference(
            _expected(plan, self._limits).entries(),
            rootfs.entries(),
            latest_ns=plan.options.latest_ns,
            kept=plan.kept,
        )
        if difference:
            raise OutputError(
                f"{path}: not written: the root filesystem would not be the same: {difference}; "
                "this is a bug in layerscope, please report it"
            )
        return Optimized(
            path=path,
            format=self._sink.format,
            image_id=ImageID(sha256_of(config)),
            digest=Digest(image.digest or ""),
            layers=tuple(layers),
            compressed_bytes_before=sum(each.reading.compressed_bytes for each in plan.analysis.layers),
            wasted_in_written=sum(ByteLedger.of(rootfs).wasted_by_layer[plan.kept :]),
            drops=plan.extra is not None,
            clamped=plan.clamped,
        )

    def _read_back(self, jobs: int | None) -> tuple[Image, Rootfs]:
        options = ReadOptions(content_hash="sha256", limits=self._limits)
        rootfs = Rootfs(self._limits)
        place = f"{self._sink.format}:{self._sink.staged}"
        with open_reference(place, options) as source:
            # All candidates are one image, under each of its names.
            image = source.open(source.candidates()[0], place)
            for layer, reading in zip(image.layers, read_layers(image, options, jobs=jobs), strict=True):
                error = reading.error or layer.absent
                if error is not None:
                    raise OutputError(
                        f"{self._target.path}: layer {layer.index} cannot be read back: {error}"
                    )
                wrong = [notice for notice in reading.notices if notice.severity is Severity.ERROR]
                if wrong:
                    raise OutputError(f"{self._target.path}: layer {layer.index}: {wrong[0].message}")
                rootfs.apply(reading.changeset)
        return image, rootfs


def _expected(plan: Plan, limits: Limits) -> Rootfs:
    """The root filesystem that the written image is to have."""
    if plan.extra is None:
        return plan.analysis.rootfs
    changesets = [layer.reading.changeset for layer in plan.analysis.layers]
    return replay([*changesets, plan.extra], 0, limits).rootfs
