"""29 images whose waste is known beforehand, byte by byte, with the layers and causes to book it under.

The images are those on which image size tools were compared: `docker save` archives over a common base, one
semantic each. M is 10^6 bytes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from layerscope import api
from layerscope.analysis.ledger import WasteCause
from tests import rawtar
from tests.accounting import verify_the_account
from tests.builders import Member, directory, file, hardlink, image, layer, opaque, symlink, whiteout
from tests.media import docker_archive, write_tar

M = 1_000_000
REMOVED, OVERWRITTEN, METADATA_ONLY = WasteCause.REMOVED, WasteCause.OVERWRITTEN, WasteCause.METADATA_ONLY
OPAQUE, REPLACED, DUPLICATE = WasteCause.OPAQUE, WasteCause.REPLACED, WasteCause.DUPLICATE_ENTRY

Waste = tuple[str, int, WasteCause, int, int]
"""Path, bytes, cause, written in, hidden in."""


@cache
def content(seed: str, size: int) -> bytes:
    """Bytes that do not compress, the same ones for the same seed and size."""
    return random.Random(seed).randbytes(size)


def big(path: str, size: int = 10 * M, seed: str = "", **metadata: int) -> Member:
    """A file of random bytes; its seed is its path unless two files shall have the same bytes."""
    return file(path, content(seed or path, size), **metadata)


def numbered(prefix: str, count: int, size: int, **metadata: int) -> list[Member]:
    """Files that differ in content."""
    return [big(f"{prefix}{number}", size, **metadata) for number in range(count)]


def written(prefix: str, count: int, size: int, cause: WasteCause) -> list[Waste]:
    """The waste of `numbered` files, stored by the first layer above the base and hidden by the second."""
    return [(f"{prefix}{number}", size, cause, 1, 2) for number in range(count)]


BASE = (
    directory("etc"),
    directory("usr"),
    big("etc/os-release", 1000),
    big("usr/lib.so", 5 * M),
)
APT = [directory("/".join(("var", "lib", "apt", "lists")[:depth])) for depth in range(1, 5)]
SIZED_LINK = rawtar.tar(
    rawtar.entry(b"a", content("a", 10 * M)),
    rawtar.entry(b"b", size=10 * M, typeflag=b"1", linkname=b"a"),
)


@dataclass(frozen=True)
class Known:
    """One image: its layers above the base, oldest first, and its waste."""

    number: int
    title: str
    layers: tuple[list[Member] | bytes, ...]
    waste: tuple[Waste, ...] | list[Waste] = ()
    base: bool = True


KNOWN = (
    Known(1, "delete one file", ([directory("a"), big("a/big")], [directory("a"), whiteout("a/big")]),
          (("a/big", 10 * M, REMOVED, 1, 2),)),
    Known(2, "delete a directory", ([directory("d"), *numbered("d/f", 10, M)], [whiteout("d")]),
          written("d/f", 10, M, REMOVED)),
    Known(3, "overwrite, same size", ([big("big")], [big("big", seed="2")]),
          (("big", 10 * M, OVERWRITTEN, 1, 2),)),
    Known(4, "overwrite, growing", ([big("big", M)], [big("big", seed="2")]),
          (("big", M, OVERWRITTEN, 1, 2),)),
    Known(5, "overwrite, shrinking", ([big("big")], [big("big", M, seed="2")]),
          (("big", 10 * M, OVERWRITTEN, 1, 2),)),
    Known(6, "chmod", ([big("big")], [big("big", mode=0o755)]), (("big", 10 * M, METADATA_ONLY, 1, 2),)),
    Known(7, "chown -R",
          ([directory("app"), *numbered("app/f", 10, M)],
           [directory("app", uid=1000), *numbered("app/f", 10, M, uid=1000)]),
          written("app/f", 10, M, METADATA_ONLY)),
    Known(8, "opaque whiteout",
          ([directory("d"), big("d/old")], [directory("d"), opaque("d"), big("d/new", 1000)]),
          (("d/old", 10 * M, OPAQUE, 1, 2),)),
    Known(9, "directory to file, no whiteout", ([directory("d"), big("d/old")], [big("d", 1000)]),
          (("d/old", 10 * M, REPLACED, 1, 2),)),
    Known(10, "directory to symlink", ([directory("d"), big("d/old")], [symlink("d", "usr")]),
          (("d/old", 10 * M, REPLACED, 1, 2),)),
    Known(11, "file to directory", ([big("d")], [directory("d"), big("d/x", 1000)]),
          (("d", 10 * M, REPLACED, 1, 2),)),
    Known(12, "move across layers", ([big("a")], [whiteout("a"), big("b", seed="a")]),
          (("a", 10 * M, REMOVED, 1, 2),)),
    Known(13, "delete a directory filled by two layers",
          ([directory("d"), big("d/x", 6 * M)], [big("d/y", 4 * M)], [whiteout("d")]),
          (("d/x", 6 * M, REMOVED, 1, 3), ("d/y", 4 * M, REMOVED, 2, 3))),
    Known(14, "whiteout and re-creation in one layer",
          ([directory("d"), big("d/x", 6 * M)], [whiteout("d"), directory("d"), big("d/y", 4 * M)]),
          (("d/x", 6 * M, REMOVED, 1, 2),)),
    Known(15, "add, delete, add again", ([big("a")], [whiteout("a")], [big("a")]),
          (("a", 10 * M, REMOVED, 1, 2),)),
    Known(16, "one path in three layers", ([big("x")], [big("x", seed="2")], [big("x", seed="3")]),
          (("x", 10 * M, OVERWRITTEN, 1, 2), ("x", 10 * M, OVERWRITTEN, 2, 3))),
    Known(17, "hard-linked pair, chmod",
          ([big("a"), hardlink("b", "a")], [big("a", mode=0o755), hardlink("b", "a", mode=0o755)]),
          (("a", 10 * M, METADATA_ONLY, 1, 2),)),
    Known(18, "delete one of two hard links", ([big("a"), hardlink("b", "a")], [whiteout("a")])),
    Known(19, "hard link in one layer", ([big("a"), hardlink("b", "a")],)),
    Known(20, "link header with a size, no body", (SIZED_LINK,)),
    Known(21, "single-layer image", ()),
    Known(22, "the only user layer deletes",
          ([directory("d"), big("d/big")], [directory("d"), whiteout("d/big")]),
          (("d/big", 10 * M, REMOVED, 0, 1),), base=False),
    Known(23, "useless whiteout before an overwrite",
          ([big("big")], [whiteout("aaa_missing"), big("big", seed="2")]),
          (("big", 10 * M, OVERWRITTEN, 1, 2),)),
    Known(24, "apt lists deleted as files",
          ([*APT, *numbered("var/lib/apt/lists/p", 5, 2 * M)],
           [whiteout(f"var/lib/apt/lists/p{number}") for number in range(5)]),
          written("var/lib/apt/lists/p", 5, 2 * M, REMOVED)),
    Known(25, "apt lists deleted by a parent",
          ([*APT, *numbered("var/lib/apt/lists/p", 5, 2 * M)], [whiteout("var/lib/apt")]),
          written("var/lib/apt/lists/p", 5, 2 * M, REMOVED)),
    Known(26, "same content at two paths, one layer", ([big("a"), big("b", seed="a")],)),
    Known(27, "same path twice in one tar", ([big("a"), big("a", seed="2")],),
          (("a", 10 * M, DUPLICATE, 1, 1),)),
    Known(28, "./ names", ([directory("./a"), big("./a/big")], [whiteout("./a/big")]),
          (("a/big", 10 * M, REMOVED, 1, 2),)),
    Known(29, "empty file rewritten", ([file("x")], [file("x")])),
)  # fmt: skip


def save(known: Known, path: Path) -> Path:
    """Write the image as `docker save` does."""
    tars = [layers if isinstance(layers, bytes) else layer(*layers) for layers in known.layers]
    return write_tar(docker_archive(image(*([layer(*BASE)] if known.base else []), *tars)), path)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.number}-{known.title.replace(' ', '-')}")
def test_the_waste_is_exactly_what_is_known(known: Known, tmp_path: Path) -> None:
    analysis = api.inspect(str(save(known, tmp_path / "image.tar")))
    found = [(f.path.decode(), f.size, f.cause, f.written_in, f.hidden_in) for f in analysis.ledger.files()]
    assert found == sorted(known.waste, key=lambda w: (-w[1], w[0], w[3]))
    by_cause = {cause: sum(w[1] for w in known.waste if w[2] is cause) for cause in WasteCause}
    assert analysis.ledger.by_cause == by_cause
    assert analysis.ledger.wasted_bytes == sum(w[1] for w in known.waste)
    assert not analysis.damaged
    verify_the_account(analysis)


def test_there_are_29_of_them() -> None:
    assert [known.number for known in KNOWN] == list(range(1, 30))


@pytest.mark.parametrize(
    ("number", "stored", "ratio"),
    [
        (18, 5_001_000 + 10 * M, 1.0),
        (20, 5_001_000 + 10 * M, 1.0),
        (21, 5_001_000, 1.0),
        (22, 10 * M, 0.0),
        (26, 5_001_000 + 20 * M, 1.0),
        (29, 5_001_000, 1.0),
    ],
)
def test_stored_bytes_and_efficiency_at_the_edges(
    number: int, stored: int, ratio: float, tmp_path: Path
) -> None:
    """Where other tools print NaN or infinity, or count a link's claimed size."""
    ledger = api.inspect(str(save(KNOWN[number - 1], tmp_path / "image.tar"))).ledger
    assert (ledger.stored_bytes, ledger.efficiency_ratio) == (stored, ratio)
