"""An outer archive as GNU tar writes it: long names stand in entries of their own before the member."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import layerscope
from tests.builders import file, layer
from tests.compressing import gzip_member


@pytest.mark.parametrize("outer", [bytes, gzip_member], ids=["file", "stream"])
def test_the_members_behind_a_long_name_are_read(outer: type[bytes], tmp_path: Path) -> None:
    """The content of a member must not be consumed while its header is read."""
    tar = layer(file("a", b"content"))
    config = {"rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest()]}}
    manifest = [{"Config": "config.json", "RepoTags": ["x:1"], "Layers": ["l" * 120 + "/layer.tar"]}]
    archive = layer(
        file("config.json", json.dumps(config).encode()),
        file("l" * 120 + "/layer.tar", tar),
        file("r" * 120, b"a long name"),
        file("manifest.json", json.dumps(manifest).encode()),
        written_by="gnutar",
    )
    path = tmp_path / "image.tar"
    path.write_bytes(outer(archive))
    analysis = layerscope.inspect(str(path))
    assert [entry.path for entry in analysis.rootfs.entries()] == [b"a"]
    assert analysis.ledger.stored_bytes == len(b"content")
