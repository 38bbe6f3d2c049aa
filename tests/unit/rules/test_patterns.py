"""Globs of paths mean what one regular expression for each of them would mean."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.rules.patterns import PathPatterns
from tests.property.strategies import SETTINGS


def changeset(*paths: bytes, sizes: dict[bytes, int] | None = None) -> Changeset:
    """Files of one byte, or of another size, at these paths."""
    made = Changeset()
    directories = {b"": 0}
    for path in paths:
        parent, _, name = path.rpartition(b"/")
        if parent not in directories:
            directories[parent] = len(made.directories)
            made.directories.append(parent)
        made.parents.append(directories[parent])
        made.names.append(name)
        made.kinds.append(int(EntryKind.FILE))
        made.sizes.append((sizes or {}).get(path, 1))
    return made


def expression(glob: str) -> str:
    """The same glob as a regular expression."""
    text = re.escape(glob).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return f"(?:{text})"


def by_expressions(patterns: dict[Any, tuple[str, ...]], made: Changeset) -> dict[Any, list[int]]:
    """What every glob, tried on every path, matches."""
    found: dict[Any, list[int]] = {}
    for key, globs in patterns.items():
        compiled = re.compile("|".join(map(expression, globs)).encode(), re.DOTALL)
        indexes = [i for i in range(len(made)) if made.sizes[i] and compiled.fullmatch(made.path(i))]
        if globs and indexes:
            found[key] = indexes
    return found


_pieces = st.sampled_from(["a", "b", ".c", "*", "a*", "*.c", "*a*", "a*.c", ".c.*", "*~", "b*b", "*.c.*"])
_globs = st.builds(
    lambda parts, last: "/".join([*parts, last]),
    st.lists(st.one_of(st.just("**"), st.just("**"), _pieces), max_size=4),
    st.one_of(_pieces, st.just("**")),
)
_components = st.one_of(
    st.sampled_from([b"a", b"b", b".c", b"a.c", b"bb", b"b.b", b"a~", b".c.b", b"a.c.c", b"x"]),
    st.text("ab.c~*[\n", min_size=1, max_size=4).map(str.encode),
    st.binary(min_size=1, max_size=3).map(lambda name: name.replace(b"/", b"\xff")),
)
_paths = st.lists(_components, min_size=1, max_size=5).map(b"/".join)


@SETTINGS
@given(
    st.dictionaries(st.integers(0, 9), st.lists(_globs, min_size=1, max_size=3).map(tuple), max_size=6),
    st.lists(_paths, max_size=12),
)
@example({0: ("**/*",), 1: ("a/**",)}, [b"a", b"a/a", b"a/b/c", b"b/a"])
@example({0: ("**/a/**/b", "**/a/b/**")}, [b"a/b", b"x/a/y/a/b", b"a/b/b", b"b/a"])
@example({0: ("a/a", "a.c"), 1: ("a*/**", "a*")}, [b"a/a", b"a.c"])
@example({0: ("*.c",), 1: ("**/*.c",)}, [b".c", b"a.c", b"a/.c", b"x/.c/.c"])
def test_globs_match_what_their_regular_expressions_match(
    patterns: dict[int, tuple[str, ...]], paths: list[bytes]
) -> None:
    made = changeset(*paths)
    assert PathPatterns(patterns).match(made) == by_expressions(patterns, made)


@pytest.mark.parametrize(
    ("glob", "matched", "passed_over"),
    [
        ("var/cache/apt/archives/*.deb", b"var/cache/apt/archives/a.deb", b"var/cache/apt/archives/x/a.deb"),
        ("**/.git/**", b"srv/.git/objects/00/1", b"srv/.gitignore"),
        ("**/.git/**", b".git/HEAD", b".git"),
        ("**/*.pyc", b"a/b/c.pyc", b"a.pyc/c"),
        ("home/*/.cache/pip/**", b"home/me/.cache/pip/x", b"home/me/her/.cache/pip/x"),
        ("**/*.log.*", b"var/log/a.log.1", b"var/log/a.log"),
        ("**/lib*.a", b"usr/lib/libc.a", b"usr/lib/libc.so"),
        ("a[b]?.c", b"a[b]?.c", b"ab1.c"),
        ("caf\u00e9/**", "café/x".encode(), b"cafe/x"),
    ],
)
def test_a_glob_matches_whole_paths(glob: str, matched: bytes, passed_over: bytes) -> None:
    assert PathPatterns({"key": (glob,)}).match(changeset(passed_over, matched)) == {"key": [1]}


def test_files_without_content_are_passed_over() -> None:
    made = changeset(b"a.log", b"b.log", sizes={b"a.log": 0})
    assert PathPatterns({"key": ("*.log",)}).match(made) == {"key": [1]}


def test_a_path_is_found_once_by_several_globs_of_a_key() -> None:
    patterns = {"one": ("**/*.pyc", "**/__pycache__/**"), "two": ("**/__pycache__/**",)}
    made = changeset(b"a/__pycache__/b.pyc", b"a/c.pyc")
    assert PathPatterns(patterns).match(made) == {"one": [0, 1], "two": [0]}


def test_one_object_serves_many_layers() -> None:
    patterns = PathPatterns({"key": ("**/a/**",)})
    layers = [changeset(b"a/b"), changeset(b"b/a", b"b/b/a/c"), changeset()]
    assert [patterns.match(layer) for layer in layers] == [{"key": [0]}, {"key": [1]}, {}]


def test_two_stars_within_a_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a/b\*\*: \*\* is a component of its own"):
        PathPatterns({"key": ("a/b**",)})


def test_more_places_than_are_remembered_are_still_found() -> None:
    """A layer made so that nearly every directory has another set of globs complete."""
    names = [f"n{number}" for number in range(11)]
    patterns = {name: (f"**/{name}/**",) for name in names}
    chosen = [[name for bit, name in enumerate(names) if number >> bit & 1] for number in range(2048)]
    made = changeset(*["/".join([*parts, "file"]).encode() for parts in chosen])
    found = PathPatterns(patterns).match(made)
    assert found == {name: [i for i, parts in enumerate(chosen) if name in parts] for name in names}
