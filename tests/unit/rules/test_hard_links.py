"""What is hard-linked elsewhere is not freed by removing one of its names, whatever rule is about it."""

from __future__ import annotations

import pytest

from tests.builders import file, hardlink, layer, whiteout
from tests.rule_cases import claimed

DATA = b"x" * 200_000
SOURCE = file("app/m.py", b"x")
BYTECODE = "app/__pycache__/m.cpython-312.pyc"

each_rule = pytest.mark.parametrize(
    ("rule_id", "first", "second"),
    [
        ("LS110", "var/lib/apt/lists/a", "var/lib/apt/lists/b"),
        ("LS122", "root/.cache/yarn/v6/a", "root/.cache/yarn/v6/b"),
        ("LS122", "root/.yarn/berry/cache/a.zip", "root/.yarn/berry/cache/b.zip"),
        ("LS142", BYTECODE, BYTECODE.replace(".pyc", ".opt-1.pyc")),
        ("LS143", "app/node_modules/a/test/x", "app/node_modules/@s/a/test/x"),
        ("LS144", "usr/share/doc/app/a", "usr/share/doc/app/b"),
        ("LS145", "usr/share/locale/de/x.mo", "usr/share/locale/fr/x.mo"),
        ("LS146", "usr/lib/debug/a", "usr/lib/debug/b"),
        ("LS148", "var/log/a", "var/log/b"),
        ("LS149", "app/core.123", "app/core.124"),
        ("LS151", "tmp/a", "tmp/b"),
    ],
)


@each_rule
def test_a_name_outside_of_what_is_meant_keeps_the_bytes(rule_id: str, first: str, second: str) -> None:
    for one, other in ((first, "srv/data"), ("srv/data", first)):
        assert claimed(rule_id, layer(SOURCE, file(one, DATA), hardlink(other, to=one))) == {}


@each_rule
def test_names_that_are_all_meant_are_one_file(rule_id: str, first: str, second: str) -> None:
    stored = layer(SOURCE, file(first, DATA), hardlink(second, to=first))
    assert claimed(rule_id, stored) == {first: len(DATA)}


@pytest.mark.parametrize(
    ("rule_id", "meant", "kept"),
    [
        ("LS144", "usr/share/doc/app/changelog", "usr/share/doc/app/copyright"),
        ("LS145", "usr/share/locale/de/x.mo", "usr/share/locale/en/x.mo"),
        ("LS149", "app/core.123", "app/core.d"),
        ("LS148", "app/a.log", "app/testdata/a.log"),
        ("LS143", "app/node_modules/a/test/x", "app/node_modules/@s/test/x"),
    ],
)
def test_another_name_that_is_to_be_kept_keeps_the_bytes(rule_id: str, meant: str, kept: str) -> None:
    for one, other in ((meant, kept), (kept, meant)):
        assert claimed(rule_id, layer(file(one, DATA), hardlink(other, to=one))) == {}


def test_the_name_that_is_left_decides() -> None:
    lower = layer(file("tmp/a", DATA), hardlink("srv/a", to="tmp/a"), hardlink("tmp/b", to="tmp/a"))
    assert claimed("LS151", lower, layer(whiteout("srv/a"))) == {"tmp/a": len(DATA)}
    assert claimed("LS151", lower, layer(whiteout("tmp/a"), whiteout("tmp/b"))) == {}
    assert claimed("LS151", lower, layer(whiteout("tmp/a"), whiteout("srv/a"))) == {"tmp/a": len(DATA)}


def test_a_link_that_a_later_layer_makes_counts() -> None:
    lower = layer(file("tmp/a", DATA))
    assert claimed("LS151", lower, layer(hardlink("tmp/b", to="tmp/a"))) == {"tmp/a": len(DATA)}
    assert claimed("LS151", lower, layer(hardlink("srv/b", to="tmp/a"))) == {}
