"""The machine format of `layerscope share`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, Struct, UnsetType

from layerscope.analysis.sharing_types import (
    FileForecast,
    Relation,
    SharedImage,
    SharedLayer,
    Sharing,
    StoredSum,
)
from layerscope.report.comparison_report import DifferenceReport, difference_report
from layerscope.report.exact import Bytes, Count, ExactPath, LayerIndex, exact_bytes, lossy_text
from layerscope.report.json import encode_line
from layerscope.report.masking import masked
from layerscope.report.model import SCHEMA_VERSION
from layerscope.report.printable import without_surrogates
from layerscope.report.sharing_words import REMEDY_TEXT

__all__ = [
    "BlobReport",
    "ChunksReport",
    "FilePlaceReport",
    "FilesReport",
    "LayerUseReport",
    "OverlapReport",
    "RelationReport",
    "RepeatedFileReport",
    "SavingsReport",
    "ShareNoticeReport",
    "SharedImageReport",
    "SharedLayerReport",
    "SharingReport",
    "StoredSumReport",
    "sharing_json",
    "sharing_report",
]


class StoredSumReport(Struct, frozen=True, kw_only=True):
    """All images added up (what is equal within one image once), and the same with what is equal in any of
    them stored once; `shared_bytes` is the difference."""

    summed_items: Count
    summed_bytes: Bytes
    once_items: Count
    once_bytes: Bytes
    shared_bytes: Bytes


class SharedImageReport(Struct, frozen=True, kw_only=True):
    """One image. `layers` are numbers of `layers` of the document, from the base up, the lowest `base_layers`
    of them its base image's.

    `blob_bytes` are its blobs as stored here, `unique_blob_bytes` those that no other image has: what pulling
    it moves where all others are. `content_bytes` are the contents of its layers, `unique_content_bytes` what
    removing it from an engine that has all of them frees. `document_bytes` are its manifest and
    configuration, null where neither is in the source.
    """

    number: Count
    reference: str
    name: str
    image_id: str | None
    digest: str | None
    platform: str
    layers: tuple[Count, ...]
    base_layers: Count
    blob_bytes: Bytes
    unique_blob_bytes: Bytes
    content_bytes: Bytes
    unique_content_bytes: Bytes
    document_bytes: Bytes | None
    complete: bool
    error: str | None


class BlobReport(Struct, frozen=True, kw_only=True):
    """One way in which a layer is stored."""

    digest: str | None
    compression: str
    compressed_bytes: Bytes


class LayerUseReport(Struct, frozen=True, kw_only=True):
    """An image that uses a layer, and the layer's index in it."""

    image: Count
    layer: LayerIndex


class SharedLayerReport(Struct, frozen=True, kw_only=True):
    """A layer of one diff ID, wherever it is used: in `chains` different stacks of layers, so that engines
    store it that often. `instruction` is that of its first user, with `***` for secrets."""

    number: Count
    diff_id: str | None
    blobs: tuple[BlobReport, ...]
    content_bytes: Bytes
    tar_bytes: Bytes
    paths: Count
    instruction: str
    uses: tuple[LayerUseReport, ...]
    chains: Count


class OverlapReport(Struct, frozen=True, kw_only=True):
    """What two images have in common: `layers` and their `content_bytes` by diff ID, `blob_bytes` by blob
    digest, `stored_bytes` the contents that an engine stores once for both (by chain ID)."""

    images: tuple[Count, Count]
    layers: Count
    content_bytes: Bytes
    blob_bytes: Bytes
    stored_bytes: Bytes


class SavingsReport(Struct, frozen=True, kw_only=True):
    """What making layers one would save: contents on an engine's disk, blobs in a registry, and the most by
    which one pull becomes smaller where all other images are. `estimated`: blobs that do not exist yet are
    counted by the ratio of those that do."""

    disk_bytes: Bytes
    registry_bytes: Bytes
    pull_bytes: Bytes
    estimated: bool


class RelationReport(Struct, frozen=True, kw_only=True):
    """Layers that could be one: `base_drift` (two builds of one base), `twin` (the same paths and contents),
    `compression` (one diff ID, several blobs), `other_parents` (one blob upon different layers), `regrouped`
    (one layer holds what several layers of another image hold), `near_miss` (the same files but a few),
    `same_instruction` (with different results).

    `members` are runs of layer numbers; `differences` say how each further one differs from the first, for as
    many as were compared. `common_bytes` are contents that all have. `remedies` are what to change.
    """

    kind: str
    members: tuple[tuple[Count, ...], ...]
    images: tuple[Count, ...]
    common_bytes: Bytes
    savings: SavingsReport
    remedies: dict[str, str]
    differences: tuple[DifferenceReport, ...]
    same_instruction: bool


class FilePlaceReport(Struct, frozen=True, kw_only=True):
    """A path in a layer."""

    layer: Count
    path: str
    path_bytes: ExactPath | UnsetType = UNSET


class RepeatedFileReport(Struct, frozen=True, kw_only=True):
    """One content in `copies` different layers of `images` images; some of its places."""

    content_bytes: Bytes
    copies: Count
    images: Count
    repeated_bytes: Bytes
    places: tuple[FilePlaceReport, ...]


class FilesReport(Struct, frozen=True, kw_only=True):
    """What storing each content of a file once would give: `file_bytes`, where all different layers have
    `layer_bytes`. `repeated` are the costliest contents in more than one layer and image."""

    layer_bytes: Bytes
    file_bytes: Bytes
    repeated_contents: Count
    repeated_bytes: Bytes
    repeated: tuple[RepeatedFileReport, ...]


class ShareNoticeReport(Struct, frozen=True, kw_only=True):
    """A notice, of an image or, with null, of none of them."""

    image: Count | None
    code: str
    severity: str
    message: str
    layer: LayerIndex | None
    path: str | None
    count: Count


class ChunksReport(Struct, frozen=True, kw_only=True):
    """What storing each different chunk once would give, not compressed.

    `zstd:chunked` cuts by content, `nydus` every 1 MiB, `estargz` every 4 MiB. To be compared with
    `layer_bytes` and `file_bytes` of `files`.
    """

    scheme: str
    chunks: Count
    chunk_bytes: Bytes


class SharingReport(Struct, frozen=True, kw_only=True):
    """Everything that `layerscope share --format json` prints.

    `registry` is by blob digest, `documents` manifests and configurations, `contents` by diff ID, `disk` by
    chain ID. `aligned_registry_bytes` and `aligned_disk_bytes` are what would be left if all `relations` that
    need no estimate were made one. `overlaps` has each two images that have a layer in common.
    """

    schema_version: int
    complete: bool
    registry: StoredSumReport
    documents: StoredSumReport
    contents: StoredSumReport
    disk: StoredSumReport
    aligned_registry_bytes: Bytes
    aligned_disk_bytes: Bytes
    images: tuple[SharedImageReport, ...]
    layers: tuple[SharedLayerReport, ...]
    overlaps: tuple[OverlapReport, ...]
    relations: tuple[RelationReport, ...]
    files: FilesReport
    chunks: tuple[ChunksReport, ...]
    notices: tuple[ShareNoticeReport, ...]


def sharing_report(sharing: Sharing) -> SharingReport:
    """All of it."""
    return SharingReport(
        schema_version=SCHEMA_VERSION,
        complete=sharing.complete,
        registry=_sum(sharing.blobs),
        documents=_sum(sharing.documents),
        contents=_sum(sharing.contents),
        disk=_sum(sharing.disk),
        aligned_registry_bytes=sharing.aligned_registry_bytes,
        aligned_disk_bytes=sharing.aligned_disk_bytes,
        images=tuple(_image(sharing, image) for image in sharing.images),
        layers=tuple(map(_layer, sharing.layers)),
        overlaps=tuple(_overlaps(sharing)),
        relations=tuple(map(_relation, sharing.relations)),
        files=_files(sharing.files),
        chunks=tuple(
            ChunksReport(scheme=str(each.scheme), chunks=each.chunks, chunk_bytes=each.chunk_bytes)
            for each in sharing.chunks
        ),
        notices=tuple(_notices(sharing)),
    )


def sharing_json(sharing: Sharing) -> Iterator[bytes]:
    """The document: each image, layer, pair of images and relation on a line of its own."""
    made = sharing_report(sharing)
    separator = b"{"
    for name in made.__struct_fields__:
        value = getattr(made, name)
        yield separator + b'"%s":' % name.encode()
        separator = b",\n"
        if isinstance(value, tuple) and value:
            yield b"[\n" + b",\n".join(map(encode_line, value)) + b"\n]"
        else:
            yield encode_line(value)
    yield b"}\n"


def _sum(total: StoredSum) -> StoredSumReport:
    return StoredSumReport(
        **{name: getattr(total, name) for name in StoredSumReport.__struct_fields__}  # all of them are there
    )


def _image(sharing: Sharing, image: SharedImage) -> SharedImageReport:
    failure = dict(sharing.failures).get(image.number)
    named = {"reference", "name", "error"}
    return SharedImageReport(
        reference=without_surrogates(image.reference),
        name=without_surrogates(image.name),
        error=None if failure is None else masked(without_surrogates(failure.message)),
        **{name: getattr(image, name) for name in SharedImageReport.__struct_fields__ if name not in named},
    )


def _layer(layer: SharedLayer) -> SharedLayerReport:
    return SharedLayerReport(
        number=layer.number,
        diff_id=layer.diff_id,
        blobs=tuple(
            BlobReport(
                digest=blob.digest,
                compression=str(blob.compression),
                compressed_bytes=blob.compressed_bytes,
            )
            for blob in layer.blobs
        ),
        content_bytes=layer.content_bytes,
        tar_bytes=layer.tar_bytes,
        paths=layer.paths,
        instruction=masked(without_surrogates(layer.instruction)),
        uses=tuple(LayerUseReport(image=image, layer=index) for image, index in layer.users),
        chains=layer.chains,
    )


def _overlaps(sharing: Sharing) -> Iterator[OverlapReport]:
    for row, cells in enumerate(sharing.matrix):
        for column, overlap in enumerate(cells[:row]):
            if overlap.layers:
                yield OverlapReport(
                    images=(column, row),
                    layers=overlap.layers,
                    content_bytes=overlap.content_bytes,
                    blob_bytes=overlap.blob_bytes,
                    stored_bytes=overlap.stored_bytes,
                )


def _relation(relation: Relation) -> RelationReport:
    savings = relation.savings
    return RelationReport(
        kind=str(relation.kind),
        members=relation.members,
        images=relation.images,
        common_bytes=relation.common_bytes,
        savings=SavingsReport(
            disk_bytes=savings.disk_bytes,
            registry_bytes=savings.registry_bytes,
            pull_bytes=savings.pull_bytes,
            estimated=savings.estimated,
        ),
        remedies={str(remedy): REMEDY_TEXT[remedy] for remedy in relation.remedies},
        differences=tuple(map(difference_report, relation.differences)),
        same_instruction=relation.same_instruction,
    )


def _files(files: FileForecast) -> FilesReport:
    return FilesReport(
        layer_bytes=files.layer_bytes,
        file_bytes=files.file_bytes,
        repeated_contents=files.repeated_contents,
        repeated_bytes=files.repeated_bytes,
        repeated=tuple(
            RepeatedFileReport(
                content_bytes=repeated.content_bytes,
                copies=repeated.copies,
                images=repeated.images,
                repeated_bytes=repeated.repeated_bytes,
                places=tuple(
                    FilePlaceReport(layer=layer, path=lossy_text(path), path_bytes=exact_bytes(path))
                    for layer, path in repeated.places
                ),
            )
            for repeated in files.repeated
        ),
    )


def _notices(sharing: Sharing) -> Iterator[ShareNoticeReport]:
    for image, notice in sharing.notices:
        yield ShareNoticeReport(
            image=image,
            code=notice.code,
            severity=str(notice.severity),
            message=masked(without_surrogates(notice.message)),
            layer=notice.layer,
            path=None if notice.path is None else lossy_text(notice.path),
            count=notice.count,
        )
