"""N: names."""

from __future__ import annotations

from tests import rawtar
from tests.cases import case

DEEP = "/".join(["n*50"] * 4)
DEEP_PARENTS = " ; ".join(f"{'/'.join(['n*50'] * depth)}/ [implicit]" for depth in range(1, 5))
NFC, NFD = "caf\u00e9", "cafe\u0301"

_GNU_TIMES = rawtar.header(b"a", size=1, magic=rawtar.GNU, prefix=b"00000000001\x00" * 2) + rawtar.padded(
    b"1"
)

CASES = (
    case("N01", "names with ./", './ ; ./d/ ; ./d/a "1"', root='d/ ; d/a "1"'),
    case("N02", "absolute names", '/d/a "1"', root='d/ [implicit] ; d/a "1"'),
    case("N03", "a double slash", 'd//a "1"', root='d/ [implicit] ; d/a "1"'),
    case("N04", "a dot inside", 'd/./a "1"', root='d/ [implicit] ; d/a "1"'),
    case(
        "N05", "a name that leaves the root is clamped to it", '../a "1"', root='a "1"', codes="path-escapes"
    ),
    case("N06", "a name with .. inside", 'd/ ; d/../a "1"', root='d/ ; a "1"'),
    case(
        "N07",
        "a name that leaves the root from inside",
        'd/ ; d/../../a "1"',
        root='d/ ; a "1"',
        codes="path-escapes",
    ),
    case("N08", "the root's entry is no path", "./ [0700; uid=3]", root=""),
    case("N09", "the root as a file is no path", '. "1"', root="", codes="no-name"),
    case("N10", "a directory without a slash", 'd {dir} [0755] ; d/a "1"', root='d/ ; d/a "1"'),
    case(
        "N11",
        "a file with a slash is a directory",
        'd/ {type 0} [0755] ; d/a "1"',
        root='d/ ; d/a "1"',
        codes="file-with-slash",
    ),
    case("N12", "a backslash is a character", r'a\\b "1"', root=r'a\\b "1"'),
    case("N13", "control characters", r'a\nb\tc\x01 "1"', root=r'a\nb\tc\x01 "1"'),
    case("N14", "a name that is not UTF-8", r'caf\xe9 "1"', root=r'caf\xe9 "1"'),
    case("N15", "a PAX name that is not UTF-8", r'x "1" [x{path=caf\xe9}]', root=r'caf\xe9 "1"'),
    case(
        "N16",
        "a PAX name with hdrcharset=BINARY",
        r'x "1" [x{hdrcharset=BINARY, path=caf\xe9}]',
        root=r'caf\xe9 "1"',
    ),
    case(
        "N17",
        "a GNU long name",
        f'GNU L{{{DEEP}/leaf}} ; n*50/n*49 "1"',
        root=f'{DEEP_PARENTS} ; {DEEP}/leaf "1"',
    ),
    case(
        "N18", "a PAX long name", f'x "1" [x{{path={DEEP}/leaf}}]', root=f'{DEEP_PARENTS} ; {DEEP}/leaf "1"'
    ),
    case("N19", "a ustar prefix", 'leaf "1" [prefix=p*100]', root='p*100/ [implicit] ; p*100/leaf "1"'),
    case("N20", "case alone differs", 'Foo "1" ; foo "2"', root='Foo "1" ; foo "2"'),
    case("N21", "normalization alone differs", f'{NFC} "1" ; {NFD} "2"', root=f'{NFC} "1" ; {NFD} "2"'),
    case(
        "N21-pax",
        "trap 1: normalization alone differs, names in PAX headers",
        f'x "1" [x{{path={NFC}}}] ; x "2" [x{{path={NFD}}}]',
        root=f'{NFC} "1" ; {NFD} "2"',
    ),
    case(
        "N21-whiteout",
        "trap 1: a PAX whiteout removes the name with its own normalization",
        f'{NFC} "1" ; {NFD} "2"',
        f"x [x{{path=.wh.{NFD}}}]",
        root=f'{NFC} "1"',
    ),
    case(
        "N21-links",
        "trap 1: PAX link targets keep their normalization",
        f'{NFC} "1" ; {NFD} "2" ; s -> x [x{{linkpath={NFD}}}] ; h => x [x{{linkpath={NFD}}}]',
        root=f'{NFC} "1" ; {NFD} "2" ; s -> {NFD} ; h => {NFD}',
    ),
    case("N22", "a component of 256 bytes", 'x "1" [x{path=n*256}]', root='n*256 "1"', codes="long-name"),
    case("N23", "an empty name", rawtar.tar(rawtar.entry(b"", b"1")), root="", codes="no-name"),
    case("N24", "a GNU long link", f"GNU K{{{DEEP}/leaf}} ; s -> x", root=f"s -> {DEEP}/leaf"),
    case("N25", "UTF-8", '日本語/ファイル "1"', root='日本語/ [implicit] ; 日本語/ファイル "1"'),
    case("N26", "a directory's PAX name with a slash", "x {dir} [x{path=d/}; 0755]", root="d/"),
    case("N27", "GNU magic: times where ustar has a prefix", rawtar.tar(_GNU_TIMES), root='a "1"'),
    case("N28", "a name of 100 bytes without NUL", 'n*100 "1"', root='n*100 "1"'),
)
