"""The documents of an image that is written: manifest, index, and Docker's manifest.json.

A docker-archive is what `docker save` of Docker 25 and later writes: an OCI layout and a manifest.json over
the same blobs, so every engine finds what it knows.

Spec: image-spec v1.1.1, manifest.md#image-manifest; image-layout.md#indexjson-file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from layerscope.blobs.compression import Compression
from layerscope.oci.digest import Digest, sha256_of
from layerscope.oci.media_type import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST
from layerscope.sinks.archive import blob_name
from layerscope.sinks.layer_writer import WrittenLayer
from layerscope.sinks.sink import Sink

__all__ = ["ImageDocuments", "is_docker_tag", "write_documents"]

_LAYER = "application/vnd.oci.image.layer.v1.tar"
_LAYER_TYPES = {
    Compression.NONE: _LAYER,
    Compression.GZIP: f"{_LAYER}+gzip",
    Compression.ZSTD: f"{_LAYER}+zstd",
}
_REF_NAME = "org.opencontainers.image.ref.name"
_IMAGE_NAME = "io.containerd.image.name"
_DOCKER_TAG = re.compile(r"[a-z0-9][a-zA-Z0-9._/:-]*:[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class ImageDocuments:
    """What the documents say of an image: its configuration as it is, layers base first, names."""

    config: bytes
    layers: Sequence[WrittenLayer]
    names: Sequence[str] = ()
    annotations: Mapping[str, str] | None = None
    platform: Mapping[str, str] | None = None
    index_annotations: Mapping[str, str] | None = None
    descriptor_annotations: Mapping[str, str] | None = None
    """What the index says of the manifest besides its name."""


def write_documents(sink: Sink, image: ImageDocuments) -> Digest:
    """Write all documents, and return the digest of the manifest. The layers' blobs are there already."""
    config = _blob(sink, OCI_CONFIG, image.config)
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config,
        "layers": [_layer(layer) for layer in image.layers],
    }
    if image.annotations:
        manifest["annotations"] = dict(image.annotations)
    described = _blob(sink, OCI_MANIFEST, _encode(manifest))
    if image.platform:
        described["platform"] = dict(image.platform)
    known: dict[str, str] = {}
    for name in image.names:  # `app:1` and `docker.io/library/app:1` are one name; podman takes one image
        known.setdefault(_full_name(name), name)
    names = list(known.values())
    index: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            described | _said(image, _named(name, docker=sink.format == "docker-archive"))
            for name in names or [""]
        ],
    }
    if image.index_annotations:
        index["annotations"] = dict(image.index_annotations)
    if sink.format == "docker-archive":
        sink.add("manifest.json", _encode([_docker_item(image, names, Digest(config["digest"]))]))
    sink.add("index.json", _encode(index))
    sink.add("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    return Digest(described["digest"])


def _encode(document: object) -> bytes:
    return msgspec.json.encode(document)


def _blob(sink: Sink, media_type: str, data: bytes) -> dict[str, Any]:
    """Store a document as a blob, and describe it."""
    digest = sha256_of(data)
    sink.add(blob_name(digest), data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _layer(layer: WrittenLayer) -> dict[str, Any]:
    described: dict[str, Any] = {
        "mediaType": _LAYER_TYPES.get(layer.compression, _LAYER),
        "digest": layer.digest,
        "size": layer.compressed_bytes,
    }
    if layer.annotations:
        described["annotations"] = dict(layer.annotations)
    return described


def _said(image: ImageDocuments, named: dict[str, str]) -> dict[str, Any]:
    """The annotations of one entry of the index: what was said of the image, and this name."""
    said = {**(image.descriptor_annotations or {}), **named}
    return {"annotations": said} if said else {}


def is_docker_tag(name: str) -> bool:
    """Whether engines take this for the name of an image, with a tag."""
    return _DOCKER_TAG.fullmatch(name) is not None


def _named(name: str, *, docker: bool) -> dict[str, str]:
    if not name:
        return {}
    annotations = {_REF_NAME: name}
    if docker and is_docker_tag(name):
        annotations = {_IMAGE_NAME: _full_name(name), _REF_NAME: name}
    return annotations


def _full_name(name: str) -> str:
    """`app:1` is `docker.io/library/app:1` to containerd."""
    first, slash, _ = name.partition("/")
    if slash and (set(first) & set(".:") or first == "localhost"):
        return name
    return f"docker.io/{name}" if slash else f"docker.io/library/{name}"


def _docker_item(image: ImageDocuments, names: Sequence[str], config: Digest) -> dict[str, Any]:
    """One image of manifest.json. Engines refuse a tag that is none."""
    tags = [name for name in names if is_docker_tag(name)]
    return {
        "Config": blob_name(config),
        "RepoTags": tags or None,
        "Layers": [blob_name(layer.digest) for layer in image.layers],
    }
