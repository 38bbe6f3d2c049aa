"""LS141: version-control data."""

from __future__ import annotations

from tests.builders import analyzed, file, layer
from tests.rule_cases import claimed, named, owned

FOUND = {
    "app/.git/objects/pack/pack-1a2b.pack": 500,
    "app/.git/HEAD": 23,
    "app/vendor/lib/.git": 30,
    "srv/.hg/store/data/a.i": 60,
    "srv/old/.svn/wc.db": 70,
    "srv/older/CVS/Entries": 9,
}
LEAN = (
    "app/.gitignore",
    "app/.gitattributes",
    "app/.github/workflows/ci.yml",
    "app/main.py",
)
NEAR = (
    "usr/share/git-core/templates/hooks/pre-commit.sample",
    "app/git/x",
    "usr/lib/CVS/Readme",
    "app/a.git",
)


def test_repositories_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS141", stored) == FOUND


def test_settings_for_version_control_are_not_its_data() -> None:
    assert named("LS141", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_names_are_not_meant() -> None:
    assert named("LS141", layer(*(file(path, b"x") for path in NEAR))) == []


def test_what_a_package_of_the_system_brings_is_not_meant() -> None:
    fixture = "usr/share/some/tests/.git/HEAD"
    whole = analyzed(layer(file(fixture, b"x")))
    assert named("LS141", whole) == [fixture]
    assert named("LS141", owned(whole, fixture)) == []
    assert named("LS141", owned(whole, fixture, ecosystem="npm")) == [fixture]
