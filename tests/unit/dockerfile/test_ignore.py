"""`.dockerignore`: the cases that moby's matcher is known for."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.ignore import (
    NOTHING_IGNORED,
    Inheritance,
    ignore_file_names,
    read_ignore_rules,
)
from layerscope.errors import DockerfileError

PATHS = (
    *("a.md", "README.md", "d", "d/a.md", "d/x", "d/x/y", "d/q", "node_modules", "node_modules/x", "q"),
    *("q/node_modules/z", "build", "build/keep/z", "build/o", "ab.txt", "a*b"),
)


def left(rules: str, inheritance: Inheritance = Inheritance.ALL) -> str:
    """The paths that stay in the context."""
    found = read_ignore_rules(rules.encode(), ".dockerignore", inheritance)
    return " ".join(path for path in PATHS if not found.ignores(path))


def without(gone: str) -> str:
    return " ".join(path for path in PATHS if path not in gone.split())


@pytest.mark.parametrize(
    ("rules", "gone"),
    [
        ("", ""),
        ("# a.md", ""),
        ("*.md", "a.md README.md"),
        ("*.md\n!README.md", "a.md"),
        ("!README.md\n*.md", "a.md README.md"),
        ("**/*.md", "a.md README.md d/a.md"),
        ("**/node_modules", "node_modules node_modules/x q/node_modules/z"),
        ("node_modules", "node_modules node_modules/x"),
        ("/build/", "build build/keep/z build/o"),
        ("./build/../d", "d d/a.md d/x d/x/y d/q"),
        ("build\n!build/keep", "build build/o"),
        ("build/*\n!build/keep", "build/o"),
        ("d/**", "d/a.md d/x d/x/y d/q"),
        ("d\n!d/x", "d d/a.md d/q"),
        ("*\n!d", without("d d/a.md d/x d/x/y d/q")),
        ("**", " ".join(PATHS)),
        ("  ab.txt\t\r", "ab.txt"),
        ("[a-b]?.t[^y]t", "ab.txt"),
        ("a\\*b", "a*b"),
        ("a.txt", ""),
        ("A.md", ""),
        ("\ufeffa.md", "a.md"),
        ("d/?", "d/x d/x/y d/q"),
    ],
)
def test_the_paths_that_are_left(rules: str, gone: str) -> None:
    assert left(rules) == without(gone)
    assert left(rules, Inheritance.SAME_DEPTH) == without(gone)


def test_an_exception_that_nothing_was_in_front_of_does_not_count_below() -> None:
    assert left("!d\nd/x") == without("d/x d/x/y")
    assert left("d/x/y\n!d") == without("d/x/y")
    assert left("d/x/y\n!d", Inheritance.SAME_DEPTH) == without("")


def test_wildcards_of_an_exception_make_buildkit_look_into_everything() -> None:
    assert left("d\n!**/y") == without("d d/a.md d/x d/q")
    assert left("d\n!**/y", Inheritance.SAME_DEPTH) == without("d d/a.md d/x d/x/y d/q")


def test_a_pattern_of_any_depth_takes_what_is_below_with_it() -> None:
    rules = "**/x\n!d/a.md"
    assert left(rules) == without("d/x d/x/y node_modules/x")
    assert left(rules, Inheritance.SAME_DEPTH) == without("d/x d/x/y node_modules/x")


@pytest.mark.parametrize(("rules", "line"), [("a\n!", 2), ("a[", 1), ("\n\na\\", 3), ("[]", 1), ("[b-a]", 1)])
def test_what_builders_refuse_is_an_error_with_its_line(rules: str, line: int) -> None:
    with pytest.raises(DockerfileError, match=rf"^\.dockerignore:{line}:1: ") as caught:
        read_ignore_rules(rules.encode(), ".dockerignore")
    assert caught.value.exit_code == 7


def test_no_file_ignores_nothing() -> None:
    assert not any(map(NOTHING_IGNORED.ignores, PATHS))


def test_many_stars_take_no_time() -> None:
    rules = read_ignore_rules(("**/" * 40 + "z").encode(), ".dockerignore")
    assert not rules.ignores("/".join("a" * 60))


def test_each_builder_looks_in_its_own_places() -> None:
    found = {builder: ignore_file_names(builder, "docker/app.Dockerfile") for builder in Builder}
    assert found[Builder.BUILDKIT] == ("docker/app.Dockerfile.dockerignore", ".dockerignore")
    assert found[Builder.CLASSIC] == (".dockerignore",)
    assert found[Builder.BUILDAH][-2:] == (".containerignore", ".dockerignore")
