"""The same image with compressed layers, as Docker >= 25 saves it: an OCI layout with a manifest.json beside.

That is the one compressed form that all tools under test read right.
"""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Protocol

from benchmarks.images.archive import ArchiveWriter, LayerMember, image_layers, to_json, write_atomically
from benchmarks.images.facts import ImageFacts

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["recompress"]

_BLOCK_BYTES = 1 << 20
_GZIP_LEVEL = 6
_ZSTD_LEVEL = 3
_OCI = "application/vnd.oci.image"


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Blob:
    path: Path
    digest: str
    size: int


def recompress(source: Path, facts: ImageFacts, target: Path, compression: str, recipe: str) -> ImageFacts:
    """Write the image `source` to `target` with layers as `gzip` or `zstd`, and return its facts."""
    layers, config = image_layers(source)
    with TemporaryDirectory(dir=target.parent) as scratch:
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # zlib and zstd release the interpreter's lock
            blobs = list(pool.map(lambda layer: _compress(source, layer, compression, Path(scratch)), layers))
        with write_atomically(target) as file, ArchiveWriter(file) as archive:
            _write_layout(archive, target.stem, config, blobs, compression)
    return replace(facts, recipe=recipe, archive_bytes=target.stat().st_size)


def _compressor(compression: str) -> _Compressor:
    if compression == "gzip":
        return zlib.compressobj(_GZIP_LEVEL, wbits=31)
    return zstd.ZstdCompressor(level=_ZSTD_LEVEL)


def _compress(source: Path, layer: LayerMember, compression: str, scratch: Path) -> _Blob:
    path = scratch / str(layer.offset)
    sha256 = hashlib.sha256()
    with path.open("wb") as out:
        for piece in _compressed(_blocks(source, layer), _compressor(compression)):
            sha256.update(piece)
            out.write(piece)
        return _Blob(path, sha256.hexdigest(), out.tell())


def _blocks(source: Path, layer: LayerMember) -> Iterator[bytes]:
    with source.open("rb") as file:
        file.seek(layer.offset)
        left = layer.size
        while left and (block := file.read(min(left, _BLOCK_BYTES))):
            left -= len(block)
            yield block


def _compressed(blocks: Iterator[bytes], compressor: _Compressor) -> Iterator[bytes]:
    for block in blocks:
        yield compressor.compress(block)
    yield compressor.flush()


def _write_layout(
    archive: ArchiveWriter, name: str, config: dict[str, Any], blobs: list[_Blob], compression: str
) -> None:
    config_data, config_digest = to_json(config)
    manifest_data, manifest_digest = to_json(
        {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.manifest.v1+json",
            "config": _descriptor(f"{_OCI}.config.v1+json", config_digest, len(config_data)),
            "layers": [
                _descriptor(f"{_OCI}.layer.v1.tar+{compression}", blob.digest, blob.size) for blob in blobs
            ],
        }
    )
    tag = f"benchmark/{name}:1"
    index = _descriptor(f"{_OCI}.manifest.v1+json", manifest_digest, len(manifest_data))
    index["annotations"] = {"io.containerd.image.name": tag, "org.opencontainers.image.ref.name": "1"}
    paths = [f"blobs/sha256/{blob.digest}" for blob in blobs]
    for path, blob in zip(paths, blobs, strict=True):
        with blob.path.open("rb") as file:
            _copy(file, archive.begin())
        archive.end(path)
    archive.add(f"blobs/sha256/{config_digest}", config_data)
    archive.add(f"blobs/sha256/{manifest_digest}", manifest_data)
    archive.add("oci-layout", to_json({"imageLayoutVersion": "1.0.0"})[0])
    archive.add("index.json", to_json({"schemaVersion": 2, "manifests": [index]})[0])
    docker = [{"Config": f"blobs/sha256/{config_digest}", "RepoTags": [tag], "Layers": paths}]
    archive.add("manifest.json", to_json(docker)[0])


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    while block := source.read(_BLOCK_BYTES):
        target.write(block)
