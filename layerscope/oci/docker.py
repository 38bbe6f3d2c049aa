"""The documents of a docker-archive: manifest.json, and the `repositories` and `<id>/json` of its first age.

The format has no specification but Docker's code; moby's `image/tarexport` is what others follow.
"""

from __future__ import annotations

from typing import Any

import msgspec

from layerscope.oci.config import ContainerConfig
from layerscope.oci.decode import decode, decode_first, from_builtins
from layerscope.oci.descriptor import Descriptor

__all__ = ["ArchiveItem", "V1Command", "V1Image", "decode_archive_manifest", "decode_repositories"]


class ArchiveItem(msgspec.Struct, frozen=True, kw_only=True, rename=str.lower):
    """One image of manifest.json: names of members, lowest layer first.

    `layer_sources` maps a diff ID to the layer's descriptor.
    """

    config: str | None = None
    repo_tags: tuple[str, ...] | None = msgspec.field(default=None, name="repotags")
    layers: tuple[str, ...] | None = None
    layer_sources: dict[str, Descriptor] | None = msgspec.field(default=None, name="layersources")


class V1Command(msgspec.Struct, frozen=True, kw_only=True):
    """`container_config`: the command that made the layer."""

    Cmd: tuple[str, ...] | None = None


class V1Image(msgspec.Struct, frozen=True, kw_only=True):
    """`<id>/json`: one layer, with a configuration and the layer below it."""

    id: str | None = None
    parent: str | None = None
    created: str | None = None
    author: str | None = None
    comment: str | None = None
    architecture: str | None = None
    os: str | None = None
    container_config: V1Command | None = None
    config: ContainerConfig | None = None


def decode_archive_manifest(data: bytes) -> tuple[tuple[ArchiveItem, ...], int]:
    """Decode manifest.json and count the bytes that follow the document. Raises Malformed.

    Go matches keys without regard to case, and Jib wrote `config`, `repoTags`, `layers` for years. `null` is
    a list without images.
    """
    items, trailing = decode_first(data, list[dict[str, Any]] | None, "manifest.json")  # type: ignore[arg-type]
    decoded = []
    for i, item in enumerate(items or ()):
        folded = {key.lower(): value for key, value in item.items()}
        decoded.append(from_builtins(folded, ArchiveItem, f"manifest.json[{i}]"))
    return tuple(decoded), trailing


def decode_repositories(data: bytes) -> dict[str, tuple[str, ...]]:
    """Decode `repositories` into image id: names with tags, as they come. Raises Malformed."""
    document = decode(data, dict[str, dict[str, str] | None] | None, "repositories")  # type: ignore[arg-type]
    names: dict[str, list[str]] = {}
    for name, tags in (document or {}).items():
        for tag, image_id in (tags or {}).items():
            names.setdefault(image_id, []).append(f"{name}:{tag}")
    return {image_id: tuple(found) for image_id, found in names.items()}
