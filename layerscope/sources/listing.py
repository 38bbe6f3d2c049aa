"""What a source lists: for each image a draft, made from documents alone, before any blob is looked up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from layerscope.errors import LayerscopeError
from layerscope.image.source import Candidate
from layerscope.notices import Notice
from layerscope.oci.config import ImageConfig
from layerscope.oci.digest import Digest, ImageID

__all__ = ["BlobDraft", "ImageDraft", "Listed", "union"]


@dataclass(frozen=True, slots=True)
class BlobDraft:
    """A layer or a configuration as a manifest lists it. What the format does not say is None or empty."""

    key: str
    """Where it is listed, for messages: `manifest.layers[2]`."""
    name: str
    """What the store calls the blob."""
    digest: Digest | None = None
    size: int | None = None
    media_type: str = ""
    has_urls: bool = False
    annotations: tuple[tuple[str, str], ...] = ()
    embedded: bytes | None = None


@dataclass(frozen=True, slots=True)
class ImageDraft:
    """One image as its manifest tells it. `document` is the configuration where no blob holds it (v1)."""

    format: str
    layers: tuple[BlobDraft, ...]
    config: BlobDraft | None = None
    document: ImageConfig | None = None
    document_bytes: bytes = b""
    """What would hold it if it were written."""
    digest: Digest | None = None
    names: tuple[str, ...] = ()
    platform: str = ""
    annotations: tuple[tuple[str, str], ...] = ()
    """Of the manifest, by key."""
    descriptor_annotations: tuple[tuple[str, str], ...] = ()
    """What an index says of the manifest, by key."""
    index_annotations: tuple[tuple[str, str], ...] = ()
    """Of index.json, where the image is all that it lists."""
    manifest_bytes: int | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a source's list. `error` is raised when something damaged is opened all the same."""

    kind: str
    names: tuple[str, ...] = ()
    platform: str = ""
    digest: Digest | None = None
    image_id: ImageID | None = None
    within: tuple[Digest, ...] = ()
    detail: str = ""
    draft: ImageDraft | None = None
    error: LayerscopeError | None = None

    def named(self, names: tuple[str, ...]) -> Listed:
        """The same with more names, in front of those it has."""
        names = union(names, self.names)
        draft = replace(self.draft, names=names) if self.draft else None
        return replace(self, names=names, draft=draft)

    def candidate(self, key: int, *, stored: bool) -> Candidate:
        """What is shown of it."""
        return Candidate(
            kind=self.kind,
            names=self.names,
            platform=self.platform,
            digest=self.digest,
            key=key,
            image_id=self.image_id,
            within=self.within,
            stored=stored,
            detail=self.detail,
        )


def union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """Both without repeats, in order."""
    return tuple(dict.fromkeys(first + second))
