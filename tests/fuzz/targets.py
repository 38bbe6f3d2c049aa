"""What is fuzzed: a layer, an archive, its documents, its history, contents of its files, package databases,
Dockerfiles; and what mutations start from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from layerscope.blobs.compression import Compression
from layerscope.image.history import KEYWORDS, read_instructions
from layerscope.image.read import ReadOptions, read_blocks
from layerscope.oci.config import HistoryEntry
from tests.accounting import verify_the_account
from tests.builders import analyzed, file, image, layer, whiteout
from tests.cases import endings, formats, links, metadata, names, replacing, whiteouts
from tests.compressing import COMPRESSIONS, compress
from tests.damage import inspected
from tests.fuzz.contents import CONTENTS, contents_of_interest, kept_contents, read_a_content
from tests.fuzz.owners import DATABASES, dockerfiles, read_a_database, read_a_dockerfile
from tests.layouts import CONFIG_TYPE, MANIFEST_TYPE, TAR_TYPE, Layout
from tests.media import MEDIA, Members, docker_archive, docker_v1, oci_layout, write_medium, write_tar

__all__ = ["TARGETS", "read_a_history", "read_a_layer", "read_an_archive", "read_documents", "seeds"]

_FAMILIES = (whiteouts, replacing, links, names, metadata, formats, endings)


def read_a_layer(data: bytes) -> None:
    """A blob gives a reading whatever its bytes are, the same in pieces, and its account is right.

    Of a compressed blob that is damaged one of the two may keep more: a decompressor that fails gives nothing
    of the block in which it does.
    """
    blocks = [data[start : start + 700] for start in range(0, len(data), 700)]
    whole, pieces = read_blocks([data], ReadOptions()), read_blocks(blocks, ReadOptions())
    entries = [list(reading.changeset.entries()) for reading in (whole, pieces)]
    kept = min(map(len, entries)) if whole.error and whole.compression is not Compression.NONE else None
    assert entries[0][:kept] == entries[1][:kept]
    assert kept_contents(whole.changeset, kept) == kept_contents(pieces.changeset, kept)
    assert (whole.error is None) == (pieces.error is None), (whole.error, pieces.error)
    assert whole.error is None or whole.error.exit_code in {4, 6}, repr(whole.error)
    analysis = analyzed(data, layer(whiteout("d"), file("a", b"2")), data)
    verify_the_account(analysis)


def read_an_archive(data: bytes) -> None:
    """An archive is inspected, in part or in full, or refused with an error that is meant for people."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive"
        path.write_bytes(data)
        inspected(path)


def read_documents(data: bytes) -> None:
    """Whatever a document says, in whichever place it stands, the archive is inspected or refused."""
    tar = layer(file("a", b"1"))
    layout = Layout()
    layers = [layout.blob(tar, TAR_TYPE)]
    layout.root(layout.manifest(layout.blob(data, CONFIG_TYPE), layers), layout.blob(data, MANIFEST_TYPE))
    places: list[Members] = [
        layout.members,
        {**layout.members, "index.json": data},
        {"manifest.json": data, "a/layer.tar": tar},
        {"repositories": data, "a/json": data, "a/layer.tar": tar},
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number, members in enumerate(places):
            inspected(write_tar(members, Path(folder) / f"{number}.tar"))


def read_a_history(data: bytes) -> None:
    """Any text gives one readable line and stays as it is. What follows a NUL is the comment."""
    created_by, _, comment = data.decode("utf-8", "replace").partition("\0")
    entries = [HistoryEntry(created_by=created_by, comment=said) for said in (None, comment)]
    for entry, read in zip(entries, read_instructions(entries), strict=True):
        assert read.created_by == entry.created_by
        assert read.text == " ".join(read.text.split())
        assert read.keyword in {"", *KEYWORDS}


TARGETS: dict[str, Callable[[bytes], None]] = {
    "layer": read_a_layer,
    "archive": read_an_archive,
    "documents": read_documents,
    "history": read_a_history,
    "content": read_a_content,
    "database": read_a_database,
    "dockerfile": read_a_dockerfile,
}

_HISTORY = (
    '/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon off;"]',
    '/bin/sh -c #(nop) ENTRYPOINT &{["/pause"]}',
    "/bin/sh -c #(nop) COPY file:" + "a" * 64 + " in /main ",
    "/bin/sh -c #(nop)  EXPOSE map[80/tcp:{} 443/tcp:{}]",
    "|2 A=1 B=two /bin/bash -o pipefail -c make $A",
    "RUN |1 A=b /bin/sh -c make # buildkit\0buildkit.dockerfile.v0",
    "EXPOSE [80/tcp 443/tcp]\0buildkit.dockerfile.v0",
    "\0store paths: ['/nix/store/" + "a" * 32 + "-hello-2.12']",
    "powershell -Command $ErrorActionPreference = 'Stop'; dir\0FROM base",
    "Layer: 'x', Created by buildpack: y",
)


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """Inputs to mutate: all layer cases in all compressions, a small image in all media that are files, the
    documents of three of them, entries of history, contents, package databases or Dockerfiles."""
    if target == "history":
        return tuple(text.encode() for text in _HISTORY)
    if target == "content":
        return CONTENTS
    if target == "database":
        return DATABASES
    if target == "dockerfile":
        return dockerfiles()
    if target == "layer":
        tars = [tar for family in _FAMILIES for case in family.CASES for tar in case.layers]
        tars = [contents_of_interest(), *tars]
        packed = [compress(tar, how) for tar in tars[::7] for how in COMPRESSIONS]
        return tuple(dict.fromkeys(tars + packed))
    spec = image(layer(file("a", b"1"), file("b", b"2" * 600)), layer(whiteout("a"), file("c", b"3")))
    if target == "documents":
        media = (docker_archive(spec), docker_v1(spec), oci_layout(spec))
        found = [content for members in media for content in members.values() if isinstance(content, bytes)]
        return tuple(dict.fromkeys(content for content in found if content[:1] in (b"{", b"[")))
    with tempfile.TemporaryDirectory() as folder:
        paths = [write_medium(medium, spec, Path(folder) / medium) for medium in MEDIA]
        return tuple(path.read_bytes() for path in paths if path.is_file())
