"""zstd:chunked's cuts are those that skopeo makes: every chunk's size and digest."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

from backports import zstd

from layerscope.fleet.cuts import RollingCutter
from tests.builders import file, image, layer
from tests.differential.tools import require, run
from tests.media import write_medium

_POSITION = "io.containers.zstd-chunked.manifest-position"


def contents() -> dict[str, bytes]:
    """Files with holes of every kind at every place, and some without."""
    noise = random.Random(5)
    made = {f"random{n}": noise.randbytes(n) for n in (1, 63, 65_536, 1_000_000)}
    made["text"] = b"".join(b"line %d of a text\n" % n for n in range(30_000))
    for zeros in (1_023, 1_024, 1_025, 70_000):
        hole = bytes(zeros)
        made[f"begins{zeros}"] = hole + noise.randbytes(5_000)
        made[f"ends{zeros}"] = noise.randbytes(5_000) + hole
        made[f"within{zeros}"] = noise.randbytes(80_000) + hole + noise.randbytes(80_000) + hole + b"x"
    return made


def skopeos_chunks(layout: Path) -> dict[str, list[tuple[int, bool, str]]]:
    """Size, whether it is a hole, and digest of each chunk, from the table of contents of the layer."""

    def blob(digest: str) -> bytes:
        return (layout / "blobs" / digest.replace(":", "/")).read_bytes()

    index = json.loads((layout / "index.json").read_text())
    (described,) = json.loads(blob(index["manifests"][0]["digest"]))["layers"]
    offset, length, *_ = map(int, described["annotations"][_POSITION].split(":"))
    table: dict[str, Any] = json.loads(zstd.decompress(blob(described["digest"])[offset : offset + length]))
    found: dict[str, list[tuple[int, bool, str]]] = {}
    for entry in table["entries"]:
        if entry["type"] in ("reg", "chunk") and (entry.get("size") or entry["type"] == "chunk"):
            size = entry.get("chunkSize") or entry["size"]
            digest = entry.get("chunkDigest") or entry["digest"]
            is_hole = entry.get("chunkType") == "zeros"
            found.setdefault(entry["name"], []).append((size, is_hole, "" if is_hole else digest))
    return found


def our_chunks(content: bytes) -> list[tuple[int, bool, str]]:
    cutter, made, begun = RollingCutter(), [], b""
    for piece, last in ((content[:50_000], False), (content[50_000:], False), (b"", True)):
        for segment, is_hole, ends in cutter.segments(piece, last=last):
            begun += segment
            if ends:
                digest = "" if is_hole else f"sha256:{hashlib.sha256(begun).hexdigest()}"
                made.append((len(begun), is_hole, digest))
                begun = b""
    return made


def test_every_chunk_is_one_that_skopeo_makes(tmp_path: Path) -> None:
    require("skopeo", root=False)
    files = contents()
    spec = image(layer(*(file(name, content) for name, content in files.items())))
    source = write_medium("docker-archive", spec, tmp_path / "image.tar")
    target = tmp_path / "chunked"
    compress = ["--dest-compress-format", "zstd:chunked"]
    run("skopeo", "copy", "-q", *compress, f"docker-archive:{source}", f"oci:{target}:1")
    theirs = skopeos_chunks(target)
    assert sum(len(each) for each in theirs.values()) > 2 * len(files)
    assert {name: our_chunks(content) for name, content in files.items()} == theirs
