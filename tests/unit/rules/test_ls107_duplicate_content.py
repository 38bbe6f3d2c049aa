"""LS107: the same content at several paths."""

from __future__ import annotations

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.examine import examine
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.registry import rule
from tests.analyses import analysis, step
from tests.builders import analyzed, file, hardlink, layer, whiteout
from tests.rule_cases import claimed, findings, on_base, owned

SOME = bytes(range(250)) * 80  # the least that is looked at
MANY = b"0123456789" * 100_000


def test_all_copies_but_the_first_count() -> None:
    one = layer(file("a/x", SOME), file("b/x", SOME), file("c/y", SOME))
    assert claimed("LS107", one, layer(file("d/x", SOME))) == {
        "a/x": 0,
        "b/x": 20_000,
        "c/y": 20_000,
        "d/x": 20_000,
    }


def test_two_trees_that_are_alike_are_named_and_worth_a_warning() -> None:
    one = layer(file("opt/app/lib/m", MANY), file("opt/app/n", SOME))
    (found,) = findings("LS107", one, layer(file("srv/lib/m", MANY), file("srv/n", SOME)))
    assert found.message == "/srv holds what /opt/app holds, too"
    assert found.severity is Severity.WARNING
    assert (found.freed_bytes, found.wasted_bytes) == (1_020_000, 0)


def test_small_copies_are_for_information() -> None:
    (found,) = findings("LS107", layer(file("a", SOME), file("b", SOME)))
    assert found.severity is Severity.INFO


def test_hard_links_other_contents_tiny_and_hidden_files_are_no_copies() -> None:
    other = SOME[:-1] + b"!"
    lower = layer(
        file("a", SOME),
        hardlink("b", to="a"),
        file("c", other),
        file("d", b"x" * 19_999),
        file("e", b"x" * 19_999),
    )
    assert findings("LS107", lower) == ()
    assert findings("LS107", layer(file("a", SOME), file("b", SOME)), layer(whiteout("a"))) == ()


def test_contents_that_were_not_hashed_are_not_called_equal() -> None:
    image = analyzed(layer(file("a", SOME), file("b", SOME)))
    image.rootfs.inodes.changesets[0].digest_size = 0
    assert findings("LS107", image) == ()


def test_what_packages_of_the_system_hold_twice_is_theirs() -> None:
    image = analyzed(layer(file("usr/lib/a", SOME), file("usr/lib/b", SOME)))
    assert findings("LS107", owned(image, "usr/lib/a", "usr/lib/b")) == ()


def test_a_copy_of_a_system_file_counts_and_the_system_keeps_its_own() -> None:
    image = analyzed(layer(file("opt/a", SOME)), layer(file("usr/lib/a", SOME)))
    assert claimed("LS107", owned(image, "usr/lib/a")) == {"opt/a": 20_000, "usr/lib/a": 0}


def test_a_copy_that_a_language_package_brought_is_for_information() -> None:
    image = analyzed(layer(file("site/a/m", MANY), file("site/b/m", MANY)))
    (found,) = findings("LS107", owned(image, "site/b/m", ecosystem="pypi"))
    assert found.severity is Severity.INFO


def test_copies_within_one_package_are_its_own_affair() -> None:
    image = analyzed(layer(file("site/a/m", MANY), file("site/b/m", MANY)))
    assert findings("LS107", owned(image, "site/a/m", "site/b/m", ecosystem="pypi")) == ()


def test_what_is_claimed_elsewhere_never_leaves_more_copies() -> None:
    """Of a package's three copies and one that nobody owns, the latter counts, also without the first."""
    names = [f"site/{number}" for number in range(4)]
    image = analyzed(layer(*[file(name, SOME) for name in names]))
    image = owned(image, names[0], names[2], names[3], ecosystem="pypi")
    assert sum(claimed("LS107", image).values()) == 20_000
    among = [found for found in examine(image, [First(), rule("LS107")]) if found.rule_id == "LS107"]
    assert [found.freed_bytes for found in among] == [20_000]


def test_a_copy_of_a_file_of_the_base_is_ones_own_finding() -> None:
    image = analyzed(layer(file("a", SOME)), layer(file("b", SOME)))
    (found,) = findings("LS107", on_base(image))
    assert not found.in_base
    assert [place.layer for place in found.locations] == [0, 1]


class First(Rule):
    """Claims the first file of the image."""

    id = "LS999"
    name = "first"
    rank = 1

    def check(self, evidence: Evidence) -> list[Draft]:
        return [Draft("first", Fix("remove it"), inodes=[0])]


def test_a_copy_whose_other_is_claimed_may_have_to_stay() -> None:
    image = analyzed(layer(file("a", SOME), file("b", SOME)))
    found = examine(image, [First(), rule("LS107")])
    assert [each.rule_id for each in found] == ["LS999"]
    assert found[0].freed_bytes == 20_000


def test_what_was_copied_twice_is_not_to_be_linked_later() -> None:
    for by, said in (
        ("RUN cp -r a b # buildkit", "instruction that writes"),
        ("COPY a /b # buildkit", "once"),
    ):
        image = analysis(step(file("a", SOME)), step(file("b", SOME), by=by))
        assert said in findings("LS107", image)[0].fix.text
