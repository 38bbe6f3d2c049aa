"""docker-archive: manifest.json and the members it names.

Docker, podman, kaniko, Jib, bazel, nix each name members in their own way: a name is a key and means nothing.
"""

from __future__ import annotations

import re

from layerscope.errors import Malformed
from layerscope.notices import NoticeLog, Severity
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import Digest, parse_digest
from layerscope.oci.docker import ArchiveItem, decode_archive_manifest
from layerscope.oci.media_type import is_foreign
from layerscope.oci.platform import platform_text
from layerscope.sources.documents import Documents
from layerscope.sources.listing import BlobDraft, ImageDraft, Listed

__all__ = ["list_docker_archive"]

_BLOB_PATH = re.compile(r"(?:\./|/)*blobs/([^/]+)/([^/]+)")


def list_docker_archive(documents: Documents, data: bytes, log: NoticeLog) -> list[Listed]:
    """List the images of manifest.json, given as `data`. Raises Malformed."""
    items, trailing = decode_archive_manifest(data)
    if trailing:
        log.add(
            "manifest-trailing-data",
            Severity.WARNING,
            f"manifest.json: {trailing:,} bytes follow the document; Docker ignores them, podman does not",
        )
    documents.count_images(len(items), "manifest.json")
    places: dict[tuple[str | None, tuple[str, ...]], int] = {}
    names: dict[int, dict[str, None]] = {}
    for i, item in enumerate(items):
        place = places.setdefault((item.config, item.layers or ()), i)  # the same image under another tag
        names.setdefault(place, {}).update(dict.fromkeys(item.repo_tags or ()))
    return [
        _list_item(documents, items[i], tuple(found), f"manifest.json[{i}]") for i, found in names.items()
    ]


def _list_item(documents: Documents, item: ArchiveItem, names: tuple[str, ...], where: str) -> Listed:
    documents.count_layers(len(item.layers or ()), where)
    config = None
    if item.config:
        config = BlobDraft(f"{where}.Config", item.config, digest=_digest_in_path(item.config))
    reading = documents.config(config)
    rootfs = reading.config.rootfs
    draft = ImageDraft(
        format="docker-archive",
        layers=_layers(item, (rootfs.diff_ids if rootfs else None) or (), where),
        config=config,
        names=names,
    )
    platform = platform_text(reading.config.os, reading.config.architecture, reading.config.variant)
    return Listed("image", names, platform, image_id=reading.image_id, draft=draft)


def _layers(item: ArchiveItem, diff_ids: tuple[str, ...], where: str) -> tuple[BlobDraft, ...]:
    """The layers, with what `LayerSources` adds to them."""
    paths = item.layers or ()
    sources = item.layer_sources or {}
    known = diff_ids if len(diff_ids) == len(paths) else ("",) * len(paths)
    return tuple(
        _layer(path, sources.get(diff_id), f"{where}.Layers[{i}]")
        for i, (path, diff_id) in enumerate(zip(paths, known, strict=True))
    )


def _layer(path: str, source: Descriptor | None, key: str) -> BlobDraft:
    digest = _digest_in_path(path)
    if source is None:
        return BlobDraft(key, path, digest=digest)
    media_type = source.media_type or ""
    if source.digest == digest:
        return BlobDraft(key, path, digest, source.size, media_type, bool(source.urls))
    if is_foreign(media_type) or source.urls:  # the descriptor is of the blob elsewhere, not of this member
        return BlobDraft(key, path, digest=digest, has_urls=True)
    return BlobDraft(key, path, digest=digest)


def _digest_in_path(path: str) -> Digest | None:
    """The digest that `blobs/sha256/<hex>` promises. Other names (`<id>/layer.tar`) promise nothing."""
    found = _BLOB_PATH.fullmatch(path)
    if found is None:
        return None
    try:
        return parse_digest(f"{found[1]}:{found[2]}", path)
    except Malformed:
        return None
