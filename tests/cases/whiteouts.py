"""W: whiteouts and opaque whiteouts. A: what AUFS left in layers. K: a whiteout and its directory's entry."""

from __future__ import annotations

from tests.cases import case
from tests.cases.notation import LOW, LOWER_D

NEW_D = 'd/ ; d/new "n" ; foo "low" ; bar "bar"'
NO_FOO = f'{LOWER_D} ; bar "bar"'
NO_D = 'foo "low" ; bar "bar"'
LINKED = 'b/ ; b/x "1" ; b/y "1" ; a -> b'

CASES = (
    # Whiteouts. Spec: image-spec v1.1.1, layer.md#whiteouts
    case("W01", "a whiteout removes a file", LOW, ".wh.foo", root=NO_FOO),
    case("W02", "a whiteout removes a directory with all below it", LOW, ".wh.d", root=NO_D),
    case("W03", "a whiteout of what is not there does nothing", LOW, ".wh.nope", root=LOW),
    case(
        "W04",
        "a whiteout below a missing parent makes no directories (naive and overlay engines leave them)",
        LOW,
        "p/q/.wh.nope",
        root=LOW,
        codes="whiteout-of-nothing",
    ),
    case(
        "W05",
        "a whiteout after its sibling of the same layer spares the sibling",
        LOW,
        'foo "new" ; .wh.foo',
        root=f'{LOWER_D} ; foo "new" ; bar "bar"',
        codes="whiteout-and-entry",
    ),
    case(
        "W06",
        "a whiteout before its sibling of the same layer spares the sibling",
        LOW,
        '.wh.foo ; foo "new"',
        root=f'{LOWER_D} ; foo "new" ; bar "bar"',
    ),
    case(
        "W07", "removed and made again", LOW, '.wh.d ; d/ ; d/new "n"', root=NEW_D, codes="whiteout-and-entry"
    ),
    case(
        "W08", "made again and removed", LOW, 'd/ ; d/new "n" ; .wh.d', root=NEW_D, codes="whiteout-and-entry"
    ),
    case(
        "W17",
        "a whiteout of a parent and of its child",
        LOW,
        ".wh.d ; d/.wh.old",
        root=NO_D,
        codes="whiteout-of-nothing",
    ),
    case(
        "W18",
        "a whiteout of a child and of its parent",
        LOW,
        "d/.wh.old ; .wh.d",
        root=NO_D,
        codes="whiteout-of-nothing",
    ),
    case("W19", "a whiteout that is a directory", LOW, ".wh.foo/", root=NO_FOO),
    case("W20", "a whiteout that is a symlink", LOW, ".wh.foo -> x", root=NO_FOO),
    case("W21", "a whiteout with content", LOW, '.wh.foo "junk"', root=NO_FOO),
    case("W22", "a whiteout of no name deletes nothing", LOW, "d/.wh.", root=LOW, codes="invalid-whiteout"),
    case("W23", "a whiteout of `.` deletes nothing", LOW, "d/.wh..", root=LOW, codes="invalid-whiteout"),
    case(
        "W24", "a whiteout of `..` deletes nothing", LOW, "d/sub/.wh...", root=LOW, codes="invalid-whiteout"
    ),
    case("W25", "reserved names are hidden", LOW, 'd/.wh..wh.foo ; d/.wh..wh.bar "x"', root=LOW),
    case(
        "W27",
        "a whiteout below a symlink of a lower layer puts an empty directory in the link's place",
        LINKED,
        "a/.wh.x",
        root='b/ ; b/x "1" ; b/y "1" ; a/ [implicit]',
        codes="entry-below-symlink",
    ),
    case(
        "W29",
        "an overlay whiteout (device 0:0) deletes",
        LOW,
        "foo {char 0:0}",
        root=NO_FOO,
        codes="overlay-whiteout",
    ),
    case(
        "W32",
        "removed, then children without directory entries",
        LOW,
        '.wh.d ; d/sub/new "n"',
        root='d/ [implicit] ; d/sub/ [implicit] ; d/sub/new "n" ; foo "low" ; bar "bar"',
        codes="whiteout-and-entry",
    ),
    case(
        "W33",
        "a file removed and made again as a directory",
        LOW,
        '.wh.foo ; foo/ ; foo/in "1"',
        root=f'{LOWER_D} ; foo/ ; foo/in "1" ; bar "bar"',
    ),
    case("W35", "a whiteout with a trailing slash", LOW, ".wh.foo/ {type 0}", root=NO_FOO),
    case("W36", "a whiteout named with ./", LOW, "./.wh.foo", root=NO_FOO),
    case("W37", "a whiteout with an absolute name", LOW, "/.wh.foo", root=NO_FOO),
    case(
        "W38",
        "a whiteout of a symlink to a directory removes the link alone",
        't/ ; t/x "1" ; ln -> t',
        ".wh.ln",
        root='t/ ; t/x "1"',
    ),
    case(
        "W39",
        "removed by one layer, made again by the next",
        LOW,
        ".wh.d",
        'd/ ; d/z "z"',
        root='d/ ; d/z "z" ; foo "low" ; bar "bar"',
    ),
    case("W41", "markers in the first layer", '.wh.foo ; a "1" ; d/ ; d/.wh..wh..opq', root='a "1" ; d/'),
    case(
        "K01",
        "kaniko's whiteout before the directory's new attributes",
        "d/ [0700]",
        "d/.wh.x ; d/ [0711]",
        root="d/ [0711]",
    ),
    # Opaque whiteouts. Spec: image-spec v1.1.1, layer.md#opaque-whiteout
    case("W09", "opaque, its marker first", LOW, 'd/ ; d/.wh..wh..opq ; d/new "n"', root=NEW_D),
    case("W10", "opaque, its marker last", LOW, 'd/ ; d/new "n" ; d/.wh..wh..opq', root=NEW_D),
    case(
        "W11",
        "opaque, its marker last, a new directory without an entry (naive engines delete it)",
        LOW,
        'd/ ; d/imp/new "n" ; d/.wh..wh..opq',
        root='d/ ; d/imp/ [implicit] ; d/imp/new "n" ; foo "low" ; bar "bar"',
        codes="opaque-and-implicit",
    ),
    case(
        "W12",
        "opaque hides lower children at any depth, marker last",
        LOW,
        'd/ ; d/sub/ ; d/sub/new "n" ; d/.wh..wh..opq',
        root='d/ ; d/sub/ ; d/sub/new "n" ; foo "low" ; bar "bar"',
    ),
    case(
        "W13",
        "opaque hides lower children at any depth, marker first",
        LOW,
        'd/ ; d/.wh..wh..opq ; d/sub/ ; d/sub/new "n"',
        root='d/ ; d/sub/ ; d/sub/new "n" ; foo "low" ; bar "bar"',
    ),
    case(
        "W14",
        "an opaque root (overlay ignores it)",
        LOW,
        '.wh..wh..opq ; only "1"',
        root='only "1"',
        codes="root-opaque",
    ),
    case(
        "W15",
        "an opaque root, marker last",
        LOW,
        'only "1" ; .wh..wh..opq',
        root='only "1"',
        codes="root-opaque",
    ),
    case("W16", "opaque, and a whiteout", LOW, 'd/ ; d/.wh..wh..opq ; d/.wh.old ; d/new "n"', root=NEW_D),
    case(
        "W26", "opaque for what is not there makes it", LOW, "zz/.wh..wh..opq", root=f"{LOW} ; zz/ [implicit]"
    ),
    case(
        "W28",
        "opaque below a symlink of a lower layer puts an empty directory in the link's place",
        LINKED,
        "a/.wh..wh..opq",
        root='b/ ; b/x "1" ; b/y "1" ; a/ [implicit]',
        codes="entry-below-symlink",
    ),
    case(
        "W30",
        "overlay's opaque xattr is an xattr, and lower children stay",
        LOW,
        'd/ [x{SCHILY.xattr.trusted.overlay.opaque=y}] ; d/new "n"',
        root=f'{LOW} ; d/ [xattr:trusted.overlay.opaque=y] ; d/new "n"',
        codes="overlay-opaque",
    ),
    case("W31", "opaque, its marker a directory", LOW, 'd/ ; d/.wh..wh..opq/ ; d/new "n"', root=NEW_D),
    case(
        "W34",
        "opaque over a file makes an empty directory",
        LOW,
        "foo/.wh..wh..opq",
        root=f'{LOWER_D} ; foo/ [implicit] ; bar "bar"',
        codes="entry-below-file",
    ),
    case("W40", "an opaque directory with nothing new", LOW, "d/ ; d/.wh..wh..opq", root=f"d/ ; {NO_D}"),
    case(
        "W42",
        "a layer above an opaque directory sees what that layer left",
        LOW,
        'd/ ; d/.wh..wh..opq ; d/l2 "2"',
        'd/l3 "3"',
        root=f'd/ ; d/l2 "2" ; d/l3 "3" ; {NO_D}',
    ),
    # AUFS
    case(
        "A01",
        "AUFS metadata at the root is no content",
        LOW,
        '.wh..wh.aufs ; .wh..wh.orph/ ; .wh..wh.plnk/ ; x "1"',
        root=f'{LOW} ; x "1"',
    ),
    case(
        "A02",
        "a hard link to AUFS's hidden directory is resolved to its content",
        LOW,
        '.wh..wh.plnk/ ; .wh..wh.plnk/123.456 "data" ; hl => .wh..wh.plnk/123.456',
        root=f'{LOW} ; hl "data"',
        codes="aufs-metadata",
    ),
    case(
        "A03",
        "AUFS's directory is hidden at the root alone",
        LOW,
        'd/.wh..wh.plnk/ ; d/.wh..wh.plnk/1 "x"',
        root=f'{LOW} ; d/.wh..wh.plnk/ [implicit] ; d/.wh..wh.plnk/1 "x"',
    ),
)
