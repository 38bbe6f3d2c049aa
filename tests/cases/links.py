"""H, HX: hard links."""

from __future__ import annotations

from tests.cases import case

CASES = (
    case("H01", "a link in the same layer", 'a "1" ; b => a', root='a "1" ; b => a'),
    case(
        "H02",
        "a link to a lower layer (overlay engines fail)",
        'a "1"',
        "b => a",
        root='a "1" ; b => a',
        codes="link-to-lower-layer",
    ),
    case(
        "H03", "no target", 'a "1"', "b => nope", root='a "1"', codes="dangling-hard-link", open_paths=(b"b",)
    ),
    case(
        "H04",
        "the target comes later",
        'b => a ; a "1"',
        root='a "1"',
        codes="dangling-hard-link",
        open_paths=(b"b",),
    ),
    case(
        "H05",
        "the target was whited out",
        'a "1"',
        ".wh.a ; b => a",
        root="",
        codes="dangling-hard-link",
        open_paths=(b"b",),
    ),
    case(
        "H06",
        "the target is whited out after the link",
        'a "1"',
        "b => a ; .wh.a",
        root=None,
        codes="dangling-hard-link",
    ),
    case("H07", "a link to a symlink", 'a "1" ; s -> a ; b => s', root='a "1" ; s -> a [mode?] ; b => s'),
    case(
        "H08",
        "a size without a body is ignored",
        'a "12345" ; b => a [size=5] ; c "z"',
        root='a "12345" ; b => a ; c "z"',
    ),
    case(
        "H09",
        "a body behind a link breaks the stream",
        'a "12345" ; b => a "12345" ; c "z"',
        root='a "12345"',
        open_paths=(b"b",),
        broken=True,
    ),
    case("H10", "an absolute target", 'a "1" ; b => /a', root='a "1" ; b => a'),
    case("H11", "a target named with ./", './a "1" ; ./b => ./a', root='a "1" ; b => a'),
    case("H12", "the target is overwritten later", 'a "1" ; b => a', 'a "new"', root='a "new" ; b "1"'),
    case("H13", "the target is whited out later", 'a "1" ; b => a', ".wh.a", root='b "1"'),
    case(
        "H14", "a link to itself", 'a "1" ; a => a', root="", codes="dangling-hard-link", open_paths=(b"a",)
    ),
    case(
        "H15",
        "a link to a directory",
        "a/ ; b => a",
        root="a/",
        codes="dangling-hard-link",
        open_paths=(b"b",),
    ),
    case("H16", "a target with ..", 'x/ ; a "1" ; x/b => x/../a', root='x/ ; a "1" ; x/b => a'),
    case(
        "H17",
        "a target outside the root",
        "b => ../../../../etc/passwd",
        root="",
        codes="path-escapes dangling-hard-link",
        open_paths=(b"b",),
    ),
    case(
        "H18",
        "a target below a symlink",
        't/ ; t/a "1" ; ln -> t ; b => ln/a',
        root='t/ ; t/a "1" ; ln -> t ; b => t/a',
    ),
    case(
        "H19",
        "the link's attributes become the inode's",
        'a "1" [0600; uid=1; mtime=1] ; b => a [0755; uid=2; mtime=2]',
        root='a "1" [0755; uid=2; mtime=2] ; b => a',
    ),
    case(
        "H20",
        "links across layers",
        'a "1"',
        "b => a",
        "c => b ; .wh.a",
        root='b "1" ; c => b',
        codes="link-to-lower-layer",
    ),
    case(
        "H21",
        "a link overwritten leaves its target",
        'a "1" ; b => a ; b "zz"',
        root='a "1" ; b "zz"',
        codes="duplicate-entry",
    ),
    case(
        "HX1",
        "a size on a link in a PAX archive eats no header",
        'a "12345" [x{mtime=1.5}] ; b => a [size=5] ; c "z" ; d "z"',
        root='a "12345" ; b => a ; c "z" ; d "z"',
    ),
    case(
        "HX2",
        "a body behind a link in a PAX archive breaks the stream",
        'a "12345" [x{mtime=1.5}] ; b => a "12345" ; c "z"',
        root='a "12345" [mtime?]',
        open_paths=(b"b",),
        broken=True,
    ),
    case(
        "HX3",
        "a size on a link with a PAX header of its own",
        'a "12345" ; b => a [x{mtime=2.5}; size=5] ; c "z" ; d "z"',
        root='a "12345" [mtime=2.5] ; b => a ; c "z" ; d "z"',
    ),
)
