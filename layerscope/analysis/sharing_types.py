"""What several images share, and what they could share and do not, as pure data. `analysis.sharing` makes it.

A layer has three identities, and each decides something else. The **blob digest** is what registries store
and pulls move. The **diff ID** is of the uncompressed layer: the same contents however compressed. The
**chain ID** is the layer with all below it: what engines store on disk, so that one layer on two bases is
stored twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerscope.analysis.base_image import NO_BASE, BaseImage
from layerscope.analysis.layer_difference import LayerDifference
from layerscope.analysis.layer_summary import LayerSummary
from layerscope.blobs.compression import Compression
from layerscope.errors import LayerscopeError
from layerscope.image.image import Image
from layerscope.notices import Notice
from layerscope.oci.digest import DiffID, Digest, ImageID

__all__ = [
    "Blob",
    "ChunkForecast",
    "ChunkScheme",
    "FileForecast",
    "ImageInput",
    "LayerInput",
    "Overlap",
    "Relation",
    "RelationKind",
    "Remedy",
    "RepeatedFile",
    "Savings",
    "SharedImage",
    "SharedLayer",
    "Sharing",
    "StoredSum",
]


@dataclass(frozen=True, slots=True)
class LayerInput:
    """A layer of one image as it was read, or as it is promised where nothing was read.

    `summary` is the same object for layers with one diff ID; None where the layer was not read to its end.
    """

    diff_id: DiffID | None
    digest: Digest | None
    compression: Compression
    compressed_bytes: int
    tar_bytes: int
    summary: LayerSummary | None
    instruction: str = ""
    present: bool = True
    """Whether the blob is in the source."""


@dataclass(frozen=True, slots=True)
class ImageInput:
    """An image whose layers were read, and where its base image ends."""

    image: Image
    layers: tuple[LayerInput, ...]
    base: BaseImage = NO_BASE
    notices: tuple[Notice, ...] = ()
    failure: LayerscopeError | None = None
    """Why it was not read in full."""


class RelationKind(StrEnum):
    """How layers that are not shared belong together. The order is that of every list of equal savings."""

    BASE_DRIFT = "base_drift"  #: two builds of the same base image
    TWIN = "twin"  #: the same paths with the same contents; metadata, order or the tar's format differ
    COMPRESSION = "compression"  #: one diff ID in several blobs
    OTHER_PARENTS = "other_parents"  #: one diff ID upon different layers: one blob, several times on disk
    REGROUPED = "regrouped"  #: one layer holds what several layers of another image hold (squashed)
    NEAR_MISS = "near_miss"  #: the same files but a few
    SAME_INSTRUCTION = "same_instruction"  #: the same instruction gave results that have little in common


class Remedy(StrEnum):
    """What makes layers one that are not."""

    SAME_BASE = "same_base"  #: build upon one digest of the base image
    SOURCE_DATE_EPOCH = "source_date_epoch"  #: clamp the times of what is built
    SAME_OWNERS = "same_owners"  #: give all the same owners and modes
    SAME_BUILDER = "same_builder"  #: pack with one builder, which sorts entries in one way
    SAME_COMPRESSION = "same_compression"  #: compress in one way, or copy blobs as they are
    SAME_ORDER = "same_order"  #: put the instruction before those that differ
    KEEP_LAYERS = "keep_layers"  #: do not squash what other images have as layers
    COMMON_BASE = "common_base"  #: build what is common once, as a base image for all
    PIN_INPUTS = "pin_inputs"  #: pin the versions of what the instruction fetches


@dataclass(frozen=True, slots=True)
class Blob:
    """One way in which a layer is stored: a blob. `digest` is None where nobody computed it."""

    digest: Digest | None
    compression: Compression
    compressed_bytes: int


@dataclass(frozen=True, slots=True)
class SharedLayer:
    """A layer of one diff ID, wherever it is used. `number` is its place among all, first seen first.

    `users` are (image, index of the layer in it). `chains` is on how many different stacks of layers it
    stands, itself included. `diff_id` is None where it is neither promised nor could be computed.
    """

    number: int
    diff_id: DiffID | None
    blobs: tuple[Blob, ...]
    content_bytes: int
    tar_bytes: int
    paths: int
    instruction: str
    """Of its first user; text of an image: an output masks and neutralizes it."""
    users: tuple[tuple[int, int], ...]
    chains: int

    @property
    def images(self) -> tuple[int, ...]:
        """The images that use it, each once."""
        return tuple(dict.fromkeys(image for image, _ in self.users))


@dataclass(frozen=True, slots=True)
class SharedImage:
    """One of the images. `layers` are numbers of distinct layers, from the base up.

    `blob_bytes` are its blobs as they are stored here, each once, `unique_blob_bytes` those whose blobs no
    other image has; in the same way `content_bytes` are the contents of its layers, and
    `unique_content_bytes` those of layers that no other image has upon the same layers, which is what
    removing it from an engine frees. `document_bytes` are its manifest and configuration.
    """

    number: int
    reference: str
    name: str
    """Its first tag, else its reference."""
    image_id: ImageID | None
    digest: Digest | None
    platform: str
    layers: tuple[int, ...]
    base_layers: int
    """How many of the lowest layers are its base image's, 0 if unknown."""
    blob_bytes: int
    unique_blob_bytes: int
    content_bytes: int
    unique_content_bytes: int
    document_bytes: int | None
    complete: bool
    """Whether all of its layers were read."""


@dataclass(frozen=True, slots=True)
class StoredSum:
    """Bytes of all images added up, and the same with what is equal stored once."""

    summed_items: int
    summed_bytes: int
    once_items: int
    once_bytes: int

    @property
    def shared_bytes(self) -> int:
        """What sharing saves."""
        return self.summed_bytes - self.once_bytes


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two images have in common: `layers` by diff ID with their contents, `blob_bytes` by blob digest,
    `stored_bytes` the contents that an engine stores once for both (by chain ID)."""

    layers: int
    content_bytes: int
    blob_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Savings:
    """What making layers one would save.

    `disk_bytes` are contents in an engine's storage, `registry_bytes` blobs, `pull_bytes` the most by which
    pulling one of the images becomes smaller where all others are. `estimated`: blobs that do not exist yet
    are counted by the ratio of those that do.
    """

    disk_bytes: int
    registry_bytes: int
    pull_bytes: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """Layers that belong together and are not shared.

    `members` are runs of layer numbers, base first: one number each, but for a base (its layers) and for
    layers that were squashed into one. The first member is what the others are compared with; `differences`
    has one for each further member, or nothing where all bytes are the same. `common_bytes` are the contents
    that all members have.
    """

    kind: RelationKind
    members: tuple[tuple[int, ...], ...]
    images: tuple[int, ...]
    common_bytes: int
    savings: Savings
    remedies: tuple[Remedy, ...]
    differences: tuple[LayerDifference, ...] = ()
    same_instruction: bool = False
    """Whether one instruction made all of them, as far as the histories tell."""


@dataclass(frozen=True, slots=True)
class RepeatedFile:
    """One content in several distinct layers. `places` are a few (layer number, path) of the `copies`."""

    content_bytes: int
    copies: int
    images: int
    places: tuple[tuple[int, bytes], ...]

    @property
    def repeated_bytes(self) -> int:
        """What all copies but one take."""
        return self.content_bytes * (self.copies - 1)


@dataclass(frozen=True, slots=True)
class FileForecast:
    """What storing each content once would give, layers or not: what file-level deduplication can do.

    `layer_bytes` are the contents of all distinct layers, `file_bytes` their distinct contents. `repeated`
    are the costliest contents in more than one distinct layer, `repeated_contents` how many such there are,
    `repeated_bytes` what all their copies but one take. Files that occur twice in one layer count in
    `layer_bytes` and not among the repeated.
    """

    layer_bytes: int
    file_bytes: int
    repeated_contents: int
    repeated_bytes: int
    repeated: tuple[RepeatedFile, ...]


class ChunkScheme(StrEnum):
    """A format that stores files in chunks, each different one once."""

    ZSTD_CHUNKED = "zstd:chunked"
    """Cut by content, 64 KiB on average; long runs of zeros are not stored (podman, cri-o)."""
    NYDUS = "nydus"
    """Cut every 1 MiB (its chunk dictionaries reach across images)."""
    ESTARGZ = "estargz"
    """Cut every 4 MiB."""


@dataclass(frozen=True, slots=True)
class ChunkForecast:
    """What storing each different chunk once would give, not compressed.

    To be compared with `layer_bytes` and `file_bytes` of the FileForecast.
    """

    scheme: ChunkScheme
    chunks: int
    chunk_bytes: int


@dataclass(frozen=True, slots=True, repr=False)
class Sharing:
    """Everything that several images share, and what they could.

    `blobs` is by blob digest, `documents` manifests and configurations, `contents` by diff ID, `disk` by
    chain ID; the first two are compressed bytes as stored here, the others contents of files. `matrix` has
    a row and a column for each image; on its diagonal stands the image itself. `relations` are most savings
    in the registry first. `aligned_disk_bytes` and `aligned_registry_bytes` are what `disk` and `blobs`
    would be if all relations that need no estimate were made one.
    """

    images: tuple[SharedImage, ...]
    layers: tuple[SharedLayer, ...]
    blobs: StoredSum
    documents: StoredSum
    contents: StoredSum
    disk: StoredSum
    matrix: tuple[tuple[Overlap, ...], ...]
    relations: tuple[Relation, ...]
    aligned_disk_bytes: int
    aligned_registry_bytes: int
    files: FileForecast
    chunks: tuple[ChunkForecast, ...] = ()
    """One for each scheme, where that was asked for."""
    notices: tuple[tuple[int | None, Notice], ...] = ()
    """With the number of the image that each is about."""
    failures: tuple[tuple[int, LayerscopeError], ...] = ()
    """Number of each image that was not read in full, with the reason."""

    def __repr__(self) -> str:
        """In one line."""
        return (
            f"<Sharing of {len(self.images)} images: {self.blobs.once_bytes:,} of "
            f"{self.blobs.summed_bytes:,} bytes stored once>"
        )

    @property
    def complete(self) -> bool:
        """Whether every layer of every image was read."""
        return all(image.complete for image in self.images)
