"""What is fuzzed: reading a layer, and inspecting an archive; and the inputs that mutations start from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from layerscope.image.read import ReadOptions, read_blocks
from tests.accounting import verify_the_account
from tests.builders import analyzed, file, image, layer, whiteout
from tests.cases import endings, formats, links, metadata, names, replacing, whiteouts
from tests.compressing import COMPRESSIONS, compress
from tests.damage import inspected
from tests.media import MEDIA, write_medium

__all__ = ["TARGETS", "read_a_layer", "read_an_archive", "seeds"]

_FAMILIES = (whiteouts, replacing, links, names, metadata, formats, endings)


def read_a_layer(data: bytes) -> None:
    """A blob gives a reading whatever its bytes are, the same in pieces, and its account is right."""
    blocks = [data[start : start + 700] for start in range(0, len(data), 700)]
    whole, pieces = read_blocks([data], ReadOptions()), read_blocks(blocks, ReadOptions())
    assert list(whole.changeset.entries()) == list(pieces.changeset.entries())
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


TARGETS: dict[str, Callable[[bytes], None]] = {"layer": read_a_layer, "archive": read_an_archive}


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """Inputs to mutate: all layer cases in all compressions, or a small image in all media that are files."""
    if target == "layer":
        tars = [tar for family in _FAMILIES for case in family.CASES for tar in case.layers]
        packed = [compress(tar, how) for tar in tars[::7] for how in COMPRESSIONS]
        return tuple(dict.fromkeys(tars + packed))
    spec = image(layer(file("a", b"1"), file("b", b"2" * 600)), layer(whiteout("a"), file("c", b"3")))
    with tempfile.TemporaryDirectory() as folder:
        paths = [write_medium(medium, spec, Path(folder) / medium) for medium in MEDIA]
        return tuple(path.read_bytes() for path in paths if path.is_file())
