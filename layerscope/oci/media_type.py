"""Media types: what a document or a blob says it is.

Spec: image-spec v1.1.1, media-types.md#oci-image-media-types and
media-types.md#compatibility-matrix. Docker's types stand beside OCI's everywhere: Docker types inside OCI
manifests, and the reverse, are common.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "DOCKER_MANIFEST",
    "DOCKER_MANIFEST_LIST",
    "OCI_CONFIG",
    "OCI_INDEX",
    "OCI_MANIFEST",
    "guess_document",
    "is_attestation_layer",
    "is_config",
    "is_encrypted",
    "is_foreign",
    "is_index",
    "is_manifest",
    "is_tar",
]

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"

_ATTESTATION_LAYERS = ("in-toto", "dsse.envelope", "simplesigning")


def is_index(media_type: str) -> bool:
    """Tell whether a document of this type lists manifests."""
    return media_type in {OCI_INDEX, DOCKER_MANIFEST_LIST}


def is_manifest(media_type: str) -> bool:
    """Tell whether a document of this type lists the layers of one image (or the blobs of an artifact)."""
    return media_type in {OCI_MANIFEST, DOCKER_MANIFEST}


def is_config(media_type: str) -> bool:
    """Tell whether a blob of this type configures a container image; artifacts have types of their own.

    An empty type counts: some writers leave it out.
    """
    return media_type in {OCI_CONFIG, DOCKER_CONFIG, ""}


def is_tar(media_type: str) -> bool:
    """Tell whether a layer of this type is a tar: attestations carry the config type of images, so the config
    type alone does not make an image. An empty type counts."""
    return "tar" in media_type or not media_type


def is_foreign(media_type: str) -> bool:
    """Tell whether the blob may be left out of a copy of the image.

    Spec: image-spec v1.1.1, layer.md#non-distributable-layers.
    """
    return "nondistributable" in media_type or ".foreign." in media_type


def is_encrypted(media_type: str) -> bool:
    """Tell whether the blob is encrypted (ocicrypt's suffix)."""
    return media_type.endswith("+encrypted")


def is_attestation_layer(media_type: str) -> bool:
    """Tell whether the blob is a statement about an image: in-toto, DSSE, cosign."""
    return any(word in media_type for word in _ATTESTATION_LAYERS)


def guess_document(media_type: str, keys: Iterable[str]) -> str:
    """The type of a document that may not say it, from its keys `manifests` and `layers`.

    A third of public layouts leave `mediaType` out of index.json. Empty if neither key, or both, are there: a
    document that could be read as two things is read as none.
    """
    if media_type:
        return media_type
    present = {"manifests", "layers"} & set(keys)
    if present == {"manifests"}:
        return OCI_INDEX
    return OCI_MANIFEST if present == {"layers"} else ""
