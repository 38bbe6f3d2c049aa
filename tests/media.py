"""Every medium that an image comes in, written from one ImageSpec.

A medium is first a table of members (name to bytes, or to a Link), as a tar or a directory holds them; then a
tar, compressed or not, or files in a directory. Members stand in the order in which real tools write them.

Source: docker save of Docker 24 and 25, podman save 4.3, skopeo copy 1.9, docker save of 2014 (v1), listed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import rawtar
from tests.builders import ImageSpec
from tests.compressing import compress

__all__ = [
    "MEDIA",
    "Link",
    "Members",
    "as_tar",
    "config_document",
    "dir_layout",
    "docker_archive",
    "docker_hybrid",
    "docker_v1",
    "oci_layout",
    "podman_archive",
    "sha256",
    "write_directory",
    "write_medium",
    "write_tar",
]


@dataclass(frozen=True)
class Link:
    """A symbolic link, or a hard link, inside an archive."""

    target: str
    hard: bool = False


Members = dict[str, bytes | Link]

LAYER_MEDIA_TYPES = {
    "none": "application/vnd.oci.image.layer.v1.tar",
    "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "gzip-members": "application/vnd.oci.image.layer.v1.tar+gzip",
    "zstd": "application/vnd.oci.image.layer.v1.tar+zstd",
    "zstd-frames": "application/vnd.oci.image.layer.v1.tar+zstd",
    "xz": "application/vnd.oci.image.layer.v1.tar",
    "bzip2": "application/vnd.oci.image.layer.v1.tar",
}


def sha256(data: bytes) -> str:
    """The hex digest, without the algorithm."""
    return hashlib.sha256(data).hexdigest()


def config_document(spec: ImageSpec) -> bytes:
    """The image configuration. Spec: image-spec v1.1.1, config.md#properties."""
    history = spec.history
    if history is None:
        history = tuple({"created_by": f"RUN step {i}"} for i in range(len(spec.layers)))
    return _json(
        {
            "architecture": spec.architecture,
            "config": spec.execution or {},
            **({"created": spec.created} if spec.created else {}),
            "history": list(history),
            "os": spec.os,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(tar)}" for tar in spec.layers]},
        }
    )


def docker_archive(*specs: ImageSpec) -> Members:
    """`docker save` up to version 24: `<id>/layer.tar`, a layer that comes twice as a symbolic link."""
    members: Members = {}
    manifest = []
    for spec in specs:
        config = config_document(spec)
        paths = _docker_layers(spec, members)
        members[f"{sha256(config)}.json"] = config
        manifest.append({"Config": f"{sha256(config)}.json", "RepoTags": list(spec.tags), "Layers": paths})
    members["manifest.json"] = _json(manifest)
    members["repositories"] = _repositories(specs)
    return members


def podman_archive(spec: ImageSpec) -> Members:
    """`podman save`: `<diff id>.tar`, and for old Dockers a directory of each layer with a link to it."""
    members: Members = {}
    paths, parent = [], ""
    for tar, identity, blob in zip(spec.layers, _v1_identities(spec), _blobs(spec), strict=True):
        paths.append(f"{sha256(tar)}.tar")
        members[paths[-1]] = blob
        members[f"{identity}/VERSION"] = b"1.0"
        members[f"{identity}/layer.tar"] = Link(f"../{paths[-1]}")
        members[f"{identity}/json"] = _v1_document(identity, parent)
        parent = identity
    config = config_document(spec)
    members[f"{sha256(config)}.json"] = config
    members["repositories"] = _repositories([spec])
    members["manifest.json"] = _json(
        [{"Config": f"{sha256(config)}.json", "RepoTags": list(spec.tags), "Layers": paths}]
    )
    return members


def docker_v1(*specs: ImageSpec) -> Members:
    """`docker save` before 1.10: no manifest.json, a `json` for each layer that names its parent."""
    members: Members = {}
    for spec in specs:
        parent = ""
        for identity, blob in zip(_v1_identities(spec), _blobs(spec), strict=True):
            platform = {"architecture": spec.architecture, "os": spec.os}
            members[f"{identity}/VERSION"] = b"1.0"
            members[f"{identity}/json"] = _v1_document(identity, parent, **platform)
            members[f"{identity}/layer.tar"] = blob
            parent = identity
    members["repositories"] = _repositories(specs)
    return members


def oci_layout(*specs: ImageSpec) -> Members:
    """An OCI layout. Spec: image-spec v1.1.1, image-layout.md#oci-layout-file."""
    members: Members = {}
    manifests = []
    for spec in specs:
        descriptor = _add_oci_image(spec, members)
        manifests += [
            {**descriptor, "annotations": {"org.opencontainers.image.ref.name": tag}} for tag in spec.tags
        ] or [descriptor]
    members["index.json"] = _json({"schemaVersion": 2, "mediaType": _OCI_INDEX, "manifests": manifests})
    members["oci-layout"] = b'{"imageLayoutVersion":"1.0.0"}'
    return members


def docker_hybrid(*specs: ImageSpec) -> Members:
    """`docker save` from version 25 on: an OCI layout and a manifest.json over the same blobs."""
    members = oci_layout(*specs)
    members["manifest.json"] = _json(
        [
            {
                "Config": f"blobs/sha256/{sha256(config_document(spec))}",
                "RepoTags": list(spec.tags),
                "Layers": [f"blobs/sha256/{sha256(blob)}" for blob in _blobs(spec)],
            }
            for spec in specs
        ]
    )
    return members


def dir_layout(spec: ImageSpec) -> Members:
    """The `dir:` of skopeo: blobs under their bare hex digests, manifest.json is the manifest itself."""
    blobs: Members = {}
    descriptor = _add_oci_image(spec, blobs)
    manifest = descriptor["digest"].removeprefix("sha256:")
    members: Members = {name.rpartition("/")[2]: blob for name, blob in blobs.items()}
    members["manifest.json"] = members.pop(manifest)
    members["version"] = b"Directory Transport Version: 1.1\n"
    return members


def as_tar(members: Mapping[str, bytes | Link], compression: str = "none") -> bytes:
    """The members as an archive, with the directories that they stand in."""
    parts, seen = [], set()
    for name, content in members.items():
        parent = name.rpartition("/")[0]
        if parent and parent not in seen:
            seen.add(parent)
            parts.append(rawtar.entry(parent.encode() + b"/", typeflag=b"5", mode=0o755))
        if isinstance(content, Link):
            kind = b"1" if content.hard else b"2"
            parts.append(rawtar.entry(name.encode(), typeflag=kind, linkname=content.target.encode()))
        else:
            parts.append(rawtar.entry(name.encode(), content))
    return compress(rawtar.tar(*parts), compression)


def write_tar(members: Mapping[str, bytes | Link], path: Path, compression: str = "none") -> Path:
    """Write the members as an archive."""
    path.write_bytes(as_tar(members, compression))
    return path


def write_directory(members: Mapping[str, bytes | Link], path: Path) -> Path:
    """Write the members as files of a directory, which is made."""
    for name, content in members.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            place.symlink_to(content.target)
        else:
            place.write_bytes(content)
    return path


MEDIA: dict[str, Callable[[ImageSpec, Path], Path]] = {
    "docker-archive": lambda spec, path: write_tar(docker_archive(spec), path),
    "docker-archive-documents-first": lambda spec, path: write_tar(_documents_first(spec), path),
    "docker-archive-gzip-outside": lambda spec, path: write_tar(docker_archive(spec), path, "gzip"),
    "docker-archive-zstd-outside": lambda spec, path: write_tar(docker_archive(spec), path, "zstd"),
    "docker-archive-xz-outside": lambda spec, path: write_tar(docker_archive(spec), path, "xz"),
    "docker-archive-bzip2-outside": lambda spec, path: write_tar(docker_archive(spec), path, "bzip2"),
    "docker-archive-gzip-layers": lambda spec, path: write_tar(
        docker_archive(spec.with_compression("gzip")), path
    ),
    "docker-archive-hybrid": lambda spec, path: write_tar(docker_hybrid(spec), path),
    "docker-archive-v1": lambda spec, path: write_tar(docker_v1(spec), path),
    "docker-archive-podman": lambda spec, path: write_tar(podman_archive(spec), path),
    "oci": lambda spec, path: write_directory(oci_layout(spec), path),
    "oci-gzip": lambda spec, path: write_directory(oci_layout(spec.with_compression("gzip")), path),
    "oci-archive": lambda spec, path: write_tar(oci_layout(spec), path),
    "oci-archive-gzip": lambda spec, path: write_tar(oci_layout(spec.with_compression("gzip")), path),
    "oci-archive-zstd": lambda spec, path: write_tar(oci_layout(spec.with_compression("zstd")), path),
    "oci-archive-zstd-frames": lambda spec, path: write_tar(
        oci_layout(spec.with_compression("zstd-frames")), path
    ),
    "oci-archive-gzip-outside": lambda spec, path: write_tar(oci_layout(spec), path, "gzip"),
    "dir": lambda spec, path: write_directory(dir_layout(spec), path),
    "dir-gzip": lambda spec, path: write_directory(dir_layout(spec.with_compression("gzip")), path),
}
"""Name of a medium to what writes an image in it at a path that does not exist yet."""


def write_medium(medium: str, spec: ImageSpec, path: Path) -> Path:
    """Write `spec` in one of MEDIA at `path` and return the path."""
    return MEDIA[medium](spec, path)


_OCI_INDEX = "application/vnd.oci.image.index.v1+json"
_OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_OCI_CONFIG = "application/vnd.oci.image.config.v1+json"


def _json(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _blobs(spec: ImageSpec) -> list[bytes]:
    return [compress(tar, how) for tar, how in zip(spec.layers, spec.layer_compressions(), strict=True)]


def _v1_identities(spec: ImageSpec) -> list[str]:
    """An identity for each layer that depends on all layers below it, as Docker made them."""
    identities, parent = [], ""
    for tar in spec.layers:
        parent = sha256(f"{parent} {sha256(tar)} {spec.tags}".encode())
        identities.append(parent)
    return identities


def _v1_document(identity: str, parent: str, **more: str) -> bytes:
    """The `json` of a layer; the base has no parent."""
    return _json({"id": identity, **({"parent": parent} if parent else {}), **more})


def _documents_first(spec: ImageSpec) -> Members:
    """A docker-archive whose documents come before its layers: cut short, it still says what is missing."""
    members = docker_archive(spec)
    documents = {name: content for name, content in members.items() if name.endswith(".json")}
    return {**documents, **members}


def _docker_layers(spec: ImageSpec, members: Members) -> list[str]:
    """Add each layer's directory; a layer that is there already is linked to, as `docker save` did."""
    stored = {name: content for name, content in members.items() if name.endswith("/layer.tar")}
    places = {content: name for name, content in stored.items() if isinstance(content, bytes)}
    paths = []
    parent = ""
    for identity, blob in zip(_v1_identities(spec), _blobs(spec), strict=True):
        path = f"{identity}/layer.tar"
        members[f"{identity}/VERSION"] = b"1.0"
        members[f"{identity}/json"] = _v1_document(identity, parent)
        parent = identity
        members[path] = Link(f"../{places[blob]}") if blob in places else blob
        places.setdefault(blob, path)
        paths.append(path)
    return paths


def _repositories(specs: Any) -> bytes:
    """The legacy map of names to tags to the topmost layer."""
    repositories: dict[str, dict[str, str]] = {}
    for spec in specs:
        for tag in spec.tags:
            name, _, version = tag.rpartition(":")
            repositories.setdefault(name, {})[version] = (_v1_identities(spec) or [""])[-1]
    return _json(repositories)


def _add_blob(members: Members, media_type: str, blob: bytes) -> dict[str, Any]:
    """Store a blob and describe it. Spec: image-spec v1.1.1, descriptor.md#properties."""
    members[f"blobs/sha256/{sha256(blob)}"] = blob
    return {"mediaType": media_type, "digest": f"sha256:{sha256(blob)}", "size": len(blob)}


def _add_oci_image(spec: ImageSpec, members: Members) -> dict[str, Any]:
    """Store layers, configuration and manifest, and describe the manifest."""
    layers = [
        _add_blob(members, LAYER_MEDIA_TYPES[how], blob)
        for how, blob in zip(spec.layer_compressions(), _blobs(spec), strict=True)
    ]
    config = _add_blob(members, _OCI_CONFIG, config_document(spec))
    manifest = {"schemaVersion": 2, "mediaType": _OCI_MANIFEST, "config": config, "layers": layers}
    descriptor = _add_blob(members, _OCI_MANIFEST, _json(manifest))
    return {**descriptor, "platform": {"architecture": spec.architecture, "os": spec.os}}
