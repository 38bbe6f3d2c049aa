"""Image manifests. Spec: image-spec v1.1.1, manifest.md#image-manifest-property-descriptions."""

from __future__ import annotations

import msgspec

from layerscope.oci.decode import decode
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import parse_digest

__all__ = ["Manifest", "decode_manifest"]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """An image manifest, OCI or Docker schema 2, or that of an artifact."""

    media_type: str | None = msgspec.field(default=None, name="mediaType")
    artifact_type: str | None = msgspec.field(default=None, name="artifactType")
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] | None = None
    subject: Descriptor | None = None
    annotations: dict[str, str | None] | None = None


def decode_manifest(data: bytes, where: str) -> Manifest:
    """Decode a manifest and check the grammar of every digest. Raises Malformed."""
    manifest = decode(data, Manifest, where)
    if manifest.config is not None:
        parse_digest(manifest.config.digest, f"{where}.config.digest")
    for i, layer in enumerate(manifest.layers or ()):
        parse_digest(layer.digest, f"{where}.layers[{i}].digest")
    return manifest
