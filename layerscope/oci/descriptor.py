"""Descriptors: what points from one document to a blob.

Spec: image-spec v1.1.1, descriptor.md#properties.
"""

from __future__ import annotations

import binascii
from binascii import a2b_base64

import msgspec

from layerscope.oci.platform import Platform

__all__ = ["Descriptor"]


class Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    """A reference to content by digest, with its size in bytes and its media type.

    The digest is text as it stands in the document: whoever builds a path or a name from it checks it first
    (`oci.digest.parse_digest`).
    """

    digest: str
    media_type: str | None = msgspec.field(default=None, name="mediaType")
    size: int | None = None
    urls: tuple[str, ...] | None = None
    annotations: dict[str, str | None] | None = None
    data: str | None = None
    artifact_type: str | None = msgspec.field(default=None, name="artifactType")
    platform: Platform | None = None

    def annotation(self, key: str) -> str:
        """Value of an annotation; empty if it is not there."""
        return (self.annotations or {}).get(key) or ""

    def embedded(self) -> bytes | None:
        """The blob itself, where the descriptor carries it; None if it does not or if that is no base64.

        Spec: image-spec v1.1.1, descriptor.md#embedded-content.
        """
        if self.data is None:
            return None
        try:
            return a2b_base64(self.data, strict_mode=True)
        except (binascii.Error, ValueError):
            return None
