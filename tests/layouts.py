"""OCI layouts that the tests change: documents as dictionaries, blobs by their content."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.media import Members, sha256, write_directory

__all__ = ["CONFIG_TYPE", "INDEX_TYPE", "MANIFEST_TYPE", "TAR_TYPE", "Layout"]

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
TAR_TYPE = "application/vnd.oci.image.layer.v1.tar"


class Layout:
    """An OCI layout in the making. Every method stores a blob and returns its descriptor."""

    def __init__(self) -> None:
        self.members: Members = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, content: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        self.members[f"blobs/sha256/{sha256(content)}"] = content
        return {"mediaType": media_type, "digest": f"sha256:{sha256(content)}", "size": len(content), **more}

    def document(self, value: Any, media_type: str, **more: Any) -> dict[str, Any]:
        return self.blob(json.dumps(value).encode(), media_type, **more)

    def config(self, *layers: bytes, architecture: str = "amd64", **more: Any) -> dict[str, Any]:
        diff_ids = [f"sha256:{sha256(tar)}" for tar in layers]
        rootfs = {"type": "layers", "diff_ids": diff_ids}
        document = {"os": "linux", "architecture": architecture, "rootfs": rootfs, **more}
        return self.document(document, CONFIG_TYPE)

    def manifest(self, config: Any, layers: list[Any], **more: Any) -> dict[str, Any]:
        """`more` are keys of the manifest, those in `descriptor` keys of its descriptor."""
        descriptor = more.pop("descriptor", {})
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config,
            "layers": layers,
            **more,
        }
        return self.document(document, MANIFEST_TYPE, **descriptor)

    def image(self, *layers: bytes, architecture: str = "amd64", **more: Any) -> dict[str, Any]:
        """An image with uncompressed layers; `more` goes to the manifest's descriptor."""
        config = self.config(*layers, architecture=architecture)
        return self.manifest(config, [self.blob(tar, TAR_TYPE) for tar in layers], descriptor=more)

    def index(self, *manifests: Any, **more: Any) -> dict[str, Any]:
        """An index as a blob, to be listed in another."""
        return self.document(self._index(manifests), INDEX_TYPE, **more)

    def root(self, *manifests: Any, **more: Any) -> Layout:
        """Write index.json."""
        self.members["index.json"] = json.dumps({**self._index(manifests), **more}).encode()
        return self

    def forget(self, descriptor: dict[str, Any]) -> Layout:
        """Take a blob away, as a layout may."""
        del self.members["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")]
        return self

    def write(self, path: Path) -> str:
        """Write the layout as a directory; its path as a reference."""
        return str(write_directory(self.members, path))

    def _index(self, manifests: Any) -> dict[str, Any]:
        return {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(manifests)}
