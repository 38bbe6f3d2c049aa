"""What is read of shell commands, and what is given up on."""

from __future__ import annotations

import pytest

from layerscope.advice.shell import read_commands, variables_in
from layerscope.dockerfile.expand import UNKNOWN


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a b", [("a", "b")]),
        ("a && b; c | d || e & f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("a 'b c' \"d $X\" e\\ f", [("a", "b c", "d x", "e f")]),
        ("a ${X}y $Z", [("a", "xy", UNKNOWN)]),
        ("a $(b c) d", [("b", "c"), ("a", UNKNOWN, "d")]),
        ('a "$(b "c d")"', [("b", "c d"), ("a", UNKNOWN)]),
        ("a `b`", [("b",), ("a", UNKNOWN)]),
        ("a > b 2>&1 < c", [("a",)]),
        ("A=1 b", [("b",)]),
        ("set -ex; a # b && c\nd", [("set", "-ex"), ("a",), ("d",)]),
        ("X=y; a $X", [(), ("a", "y")]),
        ("export X=y; a $X", [("export", "X=y"), ("a", "y")]),
    ],
)
def test_simple_commands(text: str, words: list[tuple[str, ...]]) -> None:
    found = read_commands(text, {"X": "x"})
    assert found is not None
    assert [command.words for command in found] == words


@pytest.mark.parametrize(
    "text",
    [
        "if a; then b; fi",
        "for x in a b; do c; done",
        "(a; b)",
        "{ a; }",
        "f() { a; }",
        "case a in b) c;; esac",
        "a <<E\nb\nE",
        "a <(b)",
        "! a",
        "a 'b",
        'a "b',
        "a $(b",
        "a $((1 + 2))",
        "a >",
        "x" * 100_000,
    ],
)
def test_everything_else_gives_nothing(text: str) -> None:
    assert read_commands(text, {}) is None


def test_redirections_and_globs_are_kept() -> None:
    (command,) = read_commands("a *.py 'b*' > out >> more < in 2> /dev/null", {}) or ()
    assert command.globs == {1}
    assert command.outputs == ("out", "more", "/dev/null")
    assert command.inputs == ("in",)


def test_names_behind_dollars() -> None:
    assert variables_in("echo $A ${B:-$C} '$D' \\$E") == {"A", "B", "C", "D", "E"}
