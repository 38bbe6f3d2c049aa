"""T: replacing and parents. D: the same path twice in one layer."""

from __future__ import annotations

from tests.cases import case
from tests.cases.notation import LOW, LOWER_D

LINK = 't/ ; t/x "1" ; ln -> t'

CASES = (
    case("T01", "a directory becomes a file", LOW, 'd "nowfile"', root='d "nowfile" ; foo "low" ; bar "bar"'),
    case(
        "T02",
        "a file becomes a directory",
        LOW,
        'foo/ ; foo/in "1"',
        root=f'{LOWER_D} ; foo/ ; foo/in "1" ; bar "bar"',
    ),
    case("T03", "a directory becomes a symlink", LOW, "d -> bar", root='d -> bar ; foo "low" ; bar "bar"'),
    case(
        "T04",
        "a symlink becomes a directory; its target is untouched",
        LINK,
        'ln/ ; ln/y "2"',
        root='t/ ; t/x "1" ; ln/ ; ln/y "2"',
    ),
    case(
        "T05",
        "an entry below a symlink of a lower layer takes the link's place (naive engines write through it)",
        LINK,
        'ln/y "2"',
        root='t/ ; t/x "1" ; ln/ [implicit] ; ln/y "2"',
        codes="entry-below-symlink",
    ),
    case(
        "T06",
        "a symlink of the same layer is followed",
        't/ ; ln -> t ; ln/y "2"',
        root='t/ ; ln -> t ; t/y "2"',
    ),
    case(
        "T07",
        "below an absolute symlink of a lower layer",
        "t/ ; ln -> /t",
        'ln/y "2"',
        root='t/ ; ln/ [implicit] ; ln/y "2"',
        codes="entry-below-symlink",
    ),
    case(
        "T08",
        "below a symlink of a lower layer that leaves the root",
        "t/ ; ln -> ../../../../t",
        'ln/y "2"',
        root='t/ ; ln/ [implicit] ; ln/y "2"',
        codes="entry-below-symlink",
    ),
    case(
        "T09",
        "below a dangling symlink of a lower layer",
        "ln -> nowhere",
        'ln/y "2"',
        root='ln/ [implicit] ; ln/y "2"',
        codes="entry-below-symlink",
    ),
    case(
        "T10",
        "below a file of a lower layer",
        LOW,
        'foo/in "1"',
        root=f'{LOWER_D} ; foo/ [implicit] ; foo/in "1" ; bar "bar"',
        codes="entry-below-file",
    ),
    case(
        "T11",
        "a directory over a directory: children stay, attributes are the upper ones",
        LOW,
        "d/ [0700; uid=5; mtime=5]",
        root=f"{LOW} ; d/ [0700; uid=5; mtime=5]",
    ),
    case(
        "T12",
        "a parent without an entry keeps its lower attributes (overlay resets them)",
        "d/ [0700; uid=5; mtime=5]",
        'd/n "1"',
        root='d/ [0700; uid=5; mtime=5] ; d/n "1"',
        codes="parent-without-entry",
    ),
    case("T13", "missing parents", 'p/q/r "1"', root='p/ [implicit] ; p/q/ [implicit] ; p/q/r "1"'),
    case("T14", "a loop of symlinks as parents ends", "a -> b ; b -> a", 'a/y "2"', root=None),
    case("T15", "a symlink to itself", LOW, "foo -> foo", root=f'{LOWER_D} ; foo -> foo ; bar "bar"'),
    case(
        "T16",
        "a directory's entry after its children wins",
        'p/r "1" ; p/ [0711; uid=7; mtime=9]',
        root='p/ [0711; uid=7; mtime=9] ; p/r "1"',
    ),
    case(
        "T17",
        "a symlink, then a directory at the same path",
        't/ ; ln -> t ; ln/ ; ln/y "1"',
        root='t/ ; ln/ ; ln/y "1"',
        codes="duplicate-entry",
    ),
    case(
        "T18",
        "a directory's time outlives its children",
        'p/ [mtime=42] ; p/a "1"',
        root='p/ [mtime=42] ; p/a "1"',
    ),
    # One path twice in a layer: the specification forbids it, and the last wins in all engines.
    case("D01", "a file twice", 'a "1" ; a "22"', root='a "22"', codes="duplicate-entry"),
    case(
        "D02",
        "a file, then a directory",
        'a "1" ; a/ ; a/x "1"',
        root='a/ ; a/x "1"',
        codes="duplicate-entry",
    ),
    case("D03", "a directory, then a file", 'a/ ; a/x "1" ; a "1"', root='a "1"', codes="duplicate-entry"),
    case("D04", "a directory twice", 'a/ [0700] ; a/x "1" ; a/ [0711]', root='a/ [0711] ; a/x "1"'),
    case(
        "D05", "a file twice under two spellings", './a "1" ; a "22"', root='a "22"', codes="duplicate-entry"
    ),
    case("D06", "a symlink, then a file", 't/ ; a -> t ; a "1"', root='t/ ; a "1"', codes="duplicate-entry"),
)
