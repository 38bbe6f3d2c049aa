"""Image indexes and the layout's marker file.

Spec: image-spec v1.1.1, image-index.md#image-index-property-descriptions and image-layout.md#oci-layout-file.
"""

from __future__ import annotations

import msgspec

from layerscope.oci.descriptor import Descriptor

__all__ = ["LAYOUT_VERSION", "DocumentKeys", "Index", "LayoutMarker"]

LAYOUT_VERSION = "1.0.0"
"""The one `imageLayoutVersion` there is."""


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index, OCI or Docker manifest list: manifests by platform, indexes among them."""

    media_type: str | None = msgspec.field(default=None, name="mediaType")
    manifests: tuple[Descriptor, ...] | None = None
    annotations: dict[str, str | None] | None = None


class LayoutMarker(msgspec.Struct, frozen=True, kw_only=True):
    """The file `oci-layout`."""

    version: str | None = msgspec.field(default=None, name="imageLayoutVersion")


class DocumentKeys(msgspec.Struct, frozen=True, kw_only=True):
    """As much of a document as tells an index from a manifest."""

    media_type: str | None = msgspec.field(default=None, name="mediaType")
    manifests: msgspec.Raw = msgspec.Raw(b"null")
    layers: msgspec.Raw = msgspec.Raw(b"null")
    schema_version: int | None = msgspec.field(default=None, name="schemaVersion")

    def keys(self) -> tuple[str, ...]:
        """Which of the two telling keys are there (`null` counts as absent)."""
        found = {"manifests": self.manifests, "layers": self.layers}
        return tuple(key for key, raw in found.items() if bytes(raw) != b"null")
