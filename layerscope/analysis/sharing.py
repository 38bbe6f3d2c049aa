"""What several images share, and what they could share and do not. Pure: the layers were read already.

Each distinct layer is looked at once, whatever the number of images that use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerscope.analysis.base_drift import base_drift, without_drift
from layerscope.analysis.layer_families import Families
from layerscope.analysis.layer_summary import LayerSummary
from layerscope.analysis.relations import (
    compressions,
    near_misses,
    other_parents,
    recompressed,
    regrouped,
    same_instructions,
    twins,
)
from layerscope.analysis.repeated_files import forecast
from layerscope.analysis.sharing_types import (
    Blob,
    ChunkForecast,
    ImageInput,
    LayerInput,
    Overlap,
    Relation,
    RelationKind,
    SharedImage,
    SharedLayer,
    Sharing,
    StoredSum,
)
from layerscope.analysis.similar_layers import SimilarLayers
from layerscope.analysis.storage import Placed, Stack, Storage
from layerscope.notices import Notice

__all__ = ["share"]


def share(
    inputs: Sequence[ImageInput],
    notices: Sequence[Notice] = (),
    chunks: tuple[ChunkForecast, ...] = (),
) -> Sharing:
    """Compare all layers of all images; `notices` are about no image of them, `chunks` are told on."""
    numbering = _Numbering(inputs)
    storage = Storage(numbering.stacks, [layer.content_bytes for layer in numbering.layers()])
    layers = numbering.layers(storage)
    images = tuple(_images(inputs, numbering.stacks, storage))
    families = Families(
        layers=layers,
        summaries=numbering.summaries,
        images=images,
        base_names=[given.base.name for given in inputs],
        storage=storage,
        similar=SimilarLayers(numbering.summaries),
    )
    relations = [*base_drift(families), *twins(families), *compressions(families)]
    aligned = _aligned(families, relations)
    relations += [*regrouped(families), *near_misses(families), *same_instructions(families)]
    relations += other_parents(families, aligned.chain_counts())
    return Sharing(
        images=images,
        layers=layers,
        blobs=storage.blobs(),
        documents=_documents(inputs),
        contents=storage.contents(),
        disk=storage.disk(),
        matrix=_matrix(storage, layers),
        relations=tuple(sorted(relations, key=_rank)),
        aligned_disk_bytes=aligned.disk().once_bytes,
        aligned_registry_bytes=aligned.blobs().once_bytes,
        files=forecast(numbering.summaries, [layer.images for layer in layers]),
        chunks=chunks,
        notices=(
            *((None, notice) for notice in notices),
            *((number, notice) for number, given in enumerate(inputs) for notice in given.notices),
        ),
        failures=tuple(
            (number, given.failure) for number, given in enumerate(inputs) if given.failure is not None
        ),
    )


class _Numbering:
    """Gives each distinct layer its number, first seen first."""

    def __init__(self, inputs: Sequence[ImageInput]) -> None:
        self.summaries: list[LayerSummary | None] = []
        self._numbers: dict[object, int] = {}
        self._first: list[LayerInput] = []
        self._blobs: list[dict[str, Blob]] = []
        self._users: list[list[tuple[int, int]]] = []
        self.stacks: list[Stack] = [
            tuple(self._place(layer, image, index) for index, layer in enumerate(given.layers))
            for image, given in enumerate(inputs)
        ]

    def _place(self, layer: LayerInput, image: int, index: int) -> Placed:
        key: object = layer.diff_id or layer.digest or (image, index)  # what is unknown is like nothing else
        number = self._numbers.setdefault(key, len(self._numbers))
        if number == len(self._first):
            self._first.append(layer)
            self.summaries.append(layer.summary)
            self._blobs.append({})
            self._users.append([])
        if self.summaries[number] is None and layer.summary is not None:  # the first copy was damaged
            self._first[number] = layer
            self.summaries[number] = layer.summary
        self._users[number].append((image, index))
        name = layer.digest or f"{key}, {layer.compression}, {layer.compressed_bytes}"
        blob = Blob(layer.digest, layer.compression, layer.compressed_bytes)
        self._blobs[number].setdefault(name, blob)
        return Placed(number, name, self._blobs[number][name].compressed_bytes)

    def layers(self, storage: Storage | None = None) -> tuple[SharedLayer, ...]:
        """All layers; on how many stacks each stands is known to the storage alone."""
        chains = storage.chain_counts() if storage is not None else {}
        return tuple(
            SharedLayer(
                number=number,
                diff_id=first.diff_id,
                blobs=tuple(self._blobs[number].values()),
                content_bytes=summary.content_bytes if summary is not None else 0,
                tar_bytes=first.tar_bytes,
                paths=len(summary) if summary is not None else 0,
                instruction=first.instruction,
                users=tuple(self._users[number]),
                chains=chains.get(number, 1),
            )
            for number, (first, summary) in enumerate(zip(self._first, self.summaries, strict=True))
        )


def _images(inputs: Sequence[ImageInput], stacks: Sequence[Stack], storage: Storage) -> Iterator[SharedImage]:
    unique_blobs, unique_disk = storage.unique_blob_bytes(), storage.unique_disk_bytes()
    for number, (given, stack) in enumerate(zip(inputs, stacks, strict=True)):
        image = given.image
        known = [size for size in (image.config_bytes, image.manifest_bytes) if size is not None]
        summaries = [layer.summary for layer in given.layers]
        yield SharedImage(
            number=number,
            reference=image.reference,
            name=image.tags[0] if image.tags else image.reference,
            image_id=image.image_id,
            digest=image.digest,
            platform=image.platform,
            layers=tuple(placed.number for placed in stack),
            base_layers=given.base.layers,
            blob_bytes=sum({placed.blob: placed.blob_bytes for placed in stack}.values()),
            unique_blob_bytes=unique_blobs[number],
            content_bytes=sum(summary.content_bytes for summary in summaries if summary is not None),
            unique_content_bytes=unique_disk[number],
            document_bytes=sum(known) if known else None,
            complete=given.failure is None,
        )


def _documents(inputs: Sequence[ImageInput]) -> StoredSum:
    """Manifests and configurations, by digest."""
    once: dict[str, int] = {}
    items = total = 0
    for given in inputs:
        image = given.image
        for digest, size in ((image.image_id, image.config_bytes), (image.digest, image.manifest_bytes)):
            if digest is not None and size is not None:
                once[digest] = size
                items, total = items + 1, total + size
    return StoredSum(items, total, len(once), sum(once.values()))


def _matrix(storage: Storage, layers: Sequence[SharedLayer]) -> tuple[tuple[Overlap, ...], ...]:
    """What each two images have in common; the half above the diagonal is that below it."""
    blobs = [{placed.blob: placed.blob_bytes for placed in stack} for stack in storage.stacks]
    numbers = [{placed.number for placed in stack} for stack in storage.stacks]
    chains = storage.chains()
    rows: list[list[Overlap]] = []
    for row in range(len(storage.stacks)):
        rows.append([])
        for column in range(row + 1):
            shared = numbers[row] & numbers[column]
            rows[row].append(
                Overlap(
                    layers=len(shared),
                    content_bytes=sum(layers[number].content_bytes for number in shared),
                    blob_bytes=sum(blobs[row][blob] for blob in blobs[row].keys() & blobs[column]),
                    stored_bytes=sum(chains[row][chain] for chain in chains[row].keys() & chains[column]),
                )
            )
    count = len(rows)
    return tuple(
        tuple(rows[max(row, column)][min(row, column)] for column in range(count)) for row in range(count)
    )


def _aligned(families: Families, relations: Sequence[Relation]) -> Storage:
    """The storage with everything made one that needs no estimate."""
    storage = families.storage
    for relation in relations:
        if relation.kind is RelationKind.BASE_DRIFT:
            storage = without_drift(storage, families, relation.members)
    replacements = {}
    for relation in relations:
        first = relation.members[0][0]
        if relation.kind is RelationKind.TWIN:
            others = [numbers[0] for numbers in relation.members[1:]]
            replacements.update(dict.fromkeys(others, families.placed(first)))
    storage = storage.replaced(replacements)
    for relation in relations:
        if relation.kind is RelationKind.COMPRESSION:
            storage = recompressed(storage, families, relation.members[0][0])
    return storage


def _rank(relation: Relation) -> tuple[object, ...]:
    savings = relation.savings
    return (
        -savings.registry_bytes,
        -savings.disk_bytes,
        list(RelationKind).index(relation.kind),
        relation.members,
    )
