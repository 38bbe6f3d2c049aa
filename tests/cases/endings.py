"""Z: the end of the archive, and streams that break."""

from __future__ import annotations

from tests import rawtar
from tests.cases import case

_A, _B = rawtar.entry(b"a", b"1"), rawtar.entry(b"b", b"2")
_ZERO = bytes(rawtar.BLOCK)

CASES = (
    case("Z01", "two zero blocks", bytes(1024), root=""),
    case("Z02", "trap 7: nothing", b"", root=""),
    case("Z03", "one zero block", _ZERO, root=""),
    case(
        "Z04",
        "trap 9: garbage behind the end mark",
        rawtar.tar(_A) + b"garbage" * 100,
        root='a "1"',
        codes="data-after-end",
    ),
    case("Z05", "no end mark", _A, root='a "1"'),
    case("Z06", "one zero block as end mark", _A + _ZERO, root='a "1"'),
    case(
        "Z07", "trap 9: a second tar", rawtar.tar(_A) + rawtar.tar(_B), root='a "1"', codes="data-after-end"
    ),
    case(
        "Z08",
        "trap 9: entries behind one zero block",
        rawtar.tar(_A, _ZERO, _B),
        root='a "1"',
        codes="data-after-end",
        open_paths=(b"b",),
    ),
    case("Z09", "zeros up to 10240", rawtar.tar(_A).ljust(10240, b"\x00"), root='a "1"'),
    case(
        "Z10",
        "trap 11: a body cut short",
        _B + rawtar.header(b"a", size=5000) + bytes(100),
        root='b "2"',
        open_paths=(b"a",),
        broken=True,
    ),
    case("Z11", "trap 11: a header cut short", _A + _B[:200], root='a "1"', broken=True),
    case(
        "Z12",
        "trap 10: a wrong checksum",
        rawtar.tar(_A, _B.replace(b"ustar", b"uSTAR")),
        root='a "1"',
        broken=True,
    ),
    case(
        "Z13", "trap 8: only the padding is missing", rawtar.header(b"a", size=5) + b"hello", root='a "hello"'
    ),
    case(
        "Z13-short",
        "trap 8: more than the padding is missing",
        _B + rawtar.header(b"a", size=5) + b"hel",
        root='b "2"',
        open_paths=(b"a",),
        broken=True,
    ),
    case("Z14", "no tar at all", b"this is not a tar" * 100, root="", broken=True),
    case("Z15", "JSON", b'{"_type":"https://in-toto.io/Statement/v0.1"}', root="", broken=True),
    case("Z16", "trap 10: a garbage block", rawtar.tar(_A, b"\xff" * 512, _B), root='a "1"', broken=True),
)
