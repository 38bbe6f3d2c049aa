"""P: PAX oddities. S: sparse files. V: odd types. G: eStargz."""

from __future__ import annotations

from tests import rawtar
from tests.cases import case

SPARSE = 'sp "' + r"\0" * 8192 + "DATA" + r"\0" * 4092 + '" ; a "1"'
"""4 bytes at 8192 in 12288."""

_A = rawtar.entry(b"a", b"1")
_GNU_MAP = b"".join(b"%011o\x00" % number for number in (8192, 4, 12288, 0))
_OLD_GNU_SPARSE = rawtar.header(b"sp", typeflag=b"S", size=4, magic=rawtar.GNU)


def _gnu_real_size(header: bytes, sparse_map: bytes, real_size: int) -> bytes:
    """Map at byte 386 of the header (4 pairs), real size at 483. Source: GNU tar manual, "Old GNU Format"."""
    block = bytearray(header)
    block[386 : 386 + len(sparse_map)] = sparse_map
    block[483:495] = b"%011o\x00" % real_size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\x00 " % sum(block)
    return bytes(block)


CASES = (
    case(
        "P01", "trap 15: a global comment", 'g{comment=deadbeef} ; a "1"', root='a "1"', codes="global-header"
    ),
    case("P02", "trap 15: a global owner", 'g{mtime=5, uid=7} ; a "1"', root='a "1"', codes="global-header"),
    case("P03", "trap 15: a global path", 'g{path=glob} ; a "1"', root='a "1"', codes="global-header"),
    case("P04", "a key twice: the last", 'x "1" [x{path=one, path=two}]', root='two "1"'),
    case("P05", "trap 23: an empty path", 'x "1" [x{path=}]', root='x "1"'),
    case(
        "P06",
        "trap 20: a PAX size over a header's 0",
        'x{size=3} ; a "abc" [size=0] ; b "1"',
        root='a "abc" ; b "1"',
    ),
    case("P07", "a long link target", "s -> x [x{linkpath=t*150}]", root="s -> t*150"),
    case(
        "P08",
        "trap 18: a record that is none",
        rawtar.tar(rawtar.pax_header(b"99 a=b\n\x00"), _A),
        root='a "1"',
        codes="name-may-be-wrong",
    ),
    case(
        "P08-path",
        "trap 18: a good path before a record that is none (libarchive drops it, Go rejects the layer)",
        rawtar.tar(rawtar.pax_header(rawtar.pax_body({"path": "good"}) + b"99 a=b\n"), _A),
        root="",
        codes="name-may-be-wrong",
        open_paths=(b"a", b"good"),
    ),
    case("P09", "trap 20: two PAX headers in a row", 'x{path=p1} ; x{mtime=7} ; a "1"', root=None),
    case("P10", "trap 23: a NUL in a path", r'x "1" [x{path=a\0b}]', root='a "1"', codes="nul-in-name"),
    case(
        "P11",
        "trap 20: a GNU name and a PAX name",
        'GNU L{gnulong} ; x{path=paxpath} ; a "1"',
        root="",
        codes="two-names",
        open_paths=(b"gnulong", b"paxpath"),
    ),
    case(
        "P12",
        "trap 6: a real size without a sparse map (SCHILY)",
        'a "1" [x{SCHILY.realsize=777}] ; b "2"',
        root='a "1" ; b "2"',
        codes="real-size",
    ),
    case(
        "P13",
        "trap 6: a real size without a sparse map (GNU)",
        'a "1" [x{GNU.sparse.realsize=777}] ; b "2"',
        root='a "1" ; b "2"',
        codes="real-size",
    ),
    case(
        "P13-gnu",
        "trap 6: a real size in the header of a plain file with GNU magic",
        rawtar.tar(
            _gnu_real_size(rawtar.header(b"a", size=1, magic=rawtar.GNU), b"", 777),
            rawtar.padded(b"1"),
            rawtar.entry(b"b", b"2"),
        ),
        root='a "1" ; b "2"',
        codes="real-size",
    ),
    case(
        "S01",
        "trap 13: old GNU sparse (engines reject it)",
        rawtar.tar(_gnu_real_size(_OLD_GNU_SPARSE, _GNU_MAP, 12288), rawtar.padded(b"DATA"), _A),
        root=SPARSE,
        codes="odd-type",
    ),
    case(
        "S02",
        "trap 13: sparse, PAX 0.1",
        'GNUSparseFile.0/sp "DATA" [x{GNU.sparse.size=12288, GNU.sparse.numblocks=1, GNU.sparse.map=8192,4, '
        'GNU.sparse.name=sp}] ; a "1"',
        root=SPARSE,
    ),
    case(
        "S03",
        "trap 13: sparse, PAX 1.0",
        rawtar.tar(
            rawtar.pax_header(
                {
                    "GNU.sparse.major": "1",
                    "GNU.sparse.minor": "0",
                    "GNU.sparse.name": "sp",
                    "GNU.sparse.realsize": "12288",
                }
            ),
            rawtar.entry(b"GNUSparseFile.0/sp", rawtar.padded(b"1\n8192\n4\n") + b"DATA"),
            _A,
        ),
        root=SPARSE,
    ),
    case(
        "S04",
        "trap 13: sparse, PAX 0.0",
        'sp "DATA" [x{GNU.sparse.size=12288, GNU.sparse.numblocks=1, GNU.sparse.offset=8192, '
        'GNU.sparse.numbytes=4}] ; a "1"',
        root=SPARSE,
    ),
    case("V01", "trap 14: type 7", 'a {type 7} "1"', root='a "1"', codes="odd-type"),
    case("V02", "type NUL", 'a {type NUL} "1"', root='a "1"'),
    case(
        "V03",
        "trap 14: a GNU dump directory",
        r'd/ {type D} "Yfile\0\0" [0755] ; a "1"',
        root='d/ ; a "1"',
        codes="odd-type",
    ),
    case("V04", "trap 14: a volume header", 'vol {type V} ; a "1"', root='a "1"', codes="odd-type"),
    case(
        "V05",
        "trap 14: an unknown type",
        'zz {type Z} "data" ; a "1"',
        root='zz "data" ; a "1"',
        codes="odd-type",
    ),
    case("V06", "trap 10: a directory with a body", 'd/ "data" ; a "1"', root="d/", broken=True),
    case("V07", "trap 10: a symlink with a body", 's -> a "data" ; a "1"', root="s -> a", broken=True),
    case(
        "V08",
        "an old magic",
        rawtar.tar(rawtar.header(b"a", size=1, magic=rawtar.V7), rawtar.padded(b"1")),
        root='a "1"',
    ),
    case(
        "V09",
        "devices and a fifo",
        "p {fifo} ; c {char 1:3} ; b {block 8:0}",
        root="p {fifo} ; c {char 1:3} ; b {block 8:0}",
    ),
    case("V10", "trap 14: a socket", 's {type s} ; a "1"', root='s "" ; a "1"', codes="odd-type"),
    case("V11", "large device numbers", "c {char 4095:1048575}", root="c {char 4095:1048575}"),
    case(
        "V12", "traps 10 and 12: a fifo with a body", 'p {fifo} "data" ; a "1"', root="p {fifo}", broken=True
    ),
    case(
        "V13",
        "trap 14: a Solaris extended header",
        rawtar.tar(rawtar.pax_header({"path": "sun"}, typeflag=b"X"), _A),
        root='sun "1"',
        codes="odd-type",
    ),
    case(
        "G01",
        "eStargz's own entries are entries",
        r'a "1" ; .no.prefetch.landmark "\x0f" ; stargz.index.json "{}"',
        root=r'a "1" ; .no.prefetch.landmark "\x0f" ; stargz.index.json "{}"',
    ),
)
