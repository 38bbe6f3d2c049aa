"""An image as an immutable view: identity, configuration, layers."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.image.history import DockerfileMatch, Instruction
from layerscope.image.layer import Layer
from layerscope.notices import Notice
from layerscope.oci.config import ImageConfig
from layerscope.oci.digest import Digest, ImageID

__all__ = ["Image"]


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a source. A changed image is another image.

    `layers` and `history` run from the base up. `history` has every instruction, those without a layer too;
    a layer's own instruction is `layers[i].instruction`.
    """

    reference: str
    """The reference as the user gave it."""
    format: str
    """`docker-archive`, `oci-archive`, `oci`, `dir`, `docker-archive (v1)`."""
    image_id: ImageID | None
    """Digest of the configuration; None where a v1 archive has none."""
    digest: Digest | None
    """Digest of the manifest; None where the format has no OCI manifest."""
    platform: str
    """`linux/amd64`, `linux/arm64/v8`; empty if the image does not say."""
    tags: tuple[str, ...]
    created: str | None
    config: ImageConfig
    layers: tuple[Layer, ...]
    history: tuple[Instruction, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    """Of the manifest, by key; none where the format has no OCI manifest."""
    notices: tuple[Notice, ...] = ()
    config_bytes: int | None = None
    """Length of the configuration; None where the source has none."""
    manifest_bytes: int | None = None
    """Length of the manifest; None where the format has none that a registry would store."""
    config_document: bytes = b""
    """The configuration as it stands, fields that nobody knows included; empty where it was not found. Of a
    v1 archive, the one that engines make when they load it, without diff IDs."""
    descriptor_annotations: tuple[tuple[str, str], ...] = ()
    """What an index says of the manifest, by key, the image's name among it."""
    index_annotations: tuple[tuple[str, str], ...] = ()
    """Of an OCI layout's index.json, by key, where the image is all that it lists."""
    dockerfile: DockerfileMatch | None = None
    """What was compared with the history; None where no Dockerfile was given."""
