"""How the claims of rules become findings: who has which byte, whose it is, what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.errors import UsageError
from layerscope.rules.base import Draft, PatternRule, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.examine import PATHS_SHOWN, examine
from layerscope.rules.finding import Finding, Fix, PathBytes, Role, Severity
from layerscope.rules.registry import all_rules, rule
from tests.analyses import analysis, step
from tests.builders import analyzed, file, layer, whiteout
from tests.rule_cases import on_base

FIX = Fix("do it otherwise")
OTHER = Fix("take another base")


class Told(Rule):
    """Yields what the test tells it."""

    name = "told"

    def __init__(self, *drafts: Draft, rule_id: str = "LS900", **attributes: Any) -> None:
        self.id = rule_id  # type: ignore[misc]
        self._drafts = drafts
        for name, value in attributes.items():
            setattr(self, name, value)

    def check(self, evidence: Evidence) -> Iterable[Draft]:
        return self._drafts


def claim(*inodes: int, **fields: Any) -> Draft:
    return Draft("message", FIX, inodes=inodes, **fields)


def examined(image: Analysis, *drafts: Draft, **attributes: Any) -> tuple[Finding, ...]:
    return examine(image, [Told(*drafts, **attributes)])


FILES = [b"x" * 1, b"x" * 20, b"x" * 300]


def three_files() -> Analysis:
    return analyzed(layer(*[file(f"d/f{number}", content) for number, content in enumerate(FILES)]))


def test_the_lower_rank_has_a_byte_then_the_lower_id() -> None:
    rules = [
        Told(claim(0, 1, 2), rule_id="LS901", rank=50),
        Told(claim(1), rule_id="LS902", rank=10),
        Told(claim(2), rule_id="LS900", rank=50),
    ]
    assert {f.rule_id: f.freed_bytes for f in examine(three_files(), rules)} == {
        "LS900": 300,
        "LS901": 1,
        "LS902": 20,
    }


def test_parts_of_a_file_leave_the_rest_to_others() -> None:
    rules = [Told(claim(parts={2: 120}), rank=1), Told(claim(2), rule_id="LS901", rank=2)]
    assert [f.freed_bytes for f in examine(three_files(), rules)] == [180, 120]
    assert [f.freed_bytes for f in examine(three_files(), [Told(claim(parts={2: 999}))])] == [300]


def test_a_rule_sees_what_is_claimed_before_it_is_asked() -> None:
    class Watching(Rule):
        id, name, rank = "LS901", "watching", 60

        def check(self, evidence: Evidence) -> Iterable[Draft]:
            yield Draft(f"left: {[evidence.unclaimed(inode) for inode in range(3)]}", FIX)

    found = examine(three_files(), [Watching(), Told(claim(1, parts={2: 50}))])
    assert found[-1].message == "left: [1, 0, 250]"


def test_what_others_have_is_silent_unless_the_rule_is_about_more_than_bytes() -> None:
    first = Told(claim(0), rank=1)
    assert len(examine(three_files(), [first, Told(claim(0), rule_id="LS901")])) == 1
    _, found = examine(three_files(), [first, Told(claim(0), rule_id="LS901", always=True)])
    assert (found.freed_bytes, found.locations[0].paths) == (0, (PathBytes(b"d/f0", 0, 1),))


def test_mentions_are_shown_and_claim_nothing() -> None:
    (found,) = examined(three_files(), claim(1, mentions=[2]))
    (place,) = found.locations
    assert (found.freed_bytes, place.files) == (20, 2)
    assert place.paths == (PathBytes(b"d/f1", 20, 20), PathBytes(b"d/f2", 0, 300))


def test_the_largest_paths_are_shown_and_all_are_counted() -> None:
    image = analyzed(layer(*[file(f"a/{number}/f", b"x" * (number + 1)) for number in range(9)]))
    (found,) = examined(image, claim(*range(9)))
    (place,) = found.locations
    assert (place.files, place.freed_bytes, place.directory) == (9, 45, b"a")
    assert [shown.path for shown in place.paths] == [b"a/%d/f" % n for n in (8, 7, 6, 5, 4)]
    assert len(place.paths) == PATHS_SHOWN


@pytest.mark.parametrize(
    ("paths", "directory"),
    [
        (["a/b/c", "a/b/d"], b"a/b"),
        (["a/b/c", "a/b/d/e"], b"a/b"),
        (["a/bc/d", "a/b/d"], b"a"),
        (["a-b/c", "a/c"], b""),
        (["c", "a/c"], b""),
        (["a/c"], b"a"),
    ],
)
def test_the_directory_holds_all_paths(paths: list[str], directory: bytes) -> None:
    image = analyzed(layer(*[file(path, b"x") for path in paths]))
    (found,) = examined(image, claim(*range(len(paths))))
    assert found.locations[0].directory == directory


def test_own_bytes_and_those_of_the_base_are_two_findings() -> None:
    image = on_base(analyzed(layer(file("base", b"x" * 30)), layer(file("own", b"y"))))
    base, own = examined(image, claim(0, 1, base_fix=OTHER))
    assert (base.in_base, base.freed_bytes, base.fix, base.severity) == (True, 30, OTHER, Severity.INFO)
    assert (own.in_base, own.freed_bytes, own.fix, own.severity) == (False, 1, FIX, Severity.WARNING)
    (standard,) = examined(image, claim(0))
    assert standard.fix.text.startswith("the base image stores these bytes")
    (kept,) = examined(image, claim(0), always=True, severity=Severity.ERROR)
    assert (kept.fix, kept.severity) == (FIX, Severity.ERROR)


def test_who_hid_bytes_of_the_base_may_be_who_can_free_them() -> None:
    image = on_base(analyzed(layer(file("a", b"x")), layer(whiteout("a"))))
    assert [f.in_base for f in examined(image, claim(0))] == [True]
    assert [f.in_base for f in examined(image, claim(0, by_hider=True))] == [False]


def test_few_bytes_are_for_information() -> None:
    image = analyzed(layer(file("a", b"x" * 99), file("b", b"y" * 9_901)))
    assert examined(image, claim(0))[0].severity is Severity.INFO
    assert examined(image, claim(1))[0].severity is Severity.WARNING
    assert examined(image, claim(1, severity=Severity.INFO))[0].severity is Severity.INFO


def test_layers_that_hid_and_layers_that_are_concerned_are_named_with_their_instructions() -> None:
    image = analysis(
        step(file("a", b"x"), file("b", b"y")),
        step(whiteout("a")),
        step(whiteout("b")),
        step(file("c", b"z")),
    )
    (found,) = examined(image, claim(0, 1, layers=[0, 3]))
    assert [(place.layer, place.role, place.files) for place in found.locations] == [
        (0, Role.STORED, 2),
        (3, Role.CONCERNED, 0),
        (1, Role.HIDDEN, 1),
        (2, Role.HIDDEN, 1),
    ]
    assert {place.instruction.text for place in found.locations if place.instruction} == {"RUN make"}


def test_a_finding_about_no_bytes_belongs_to_who_its_layers_belong_to() -> None:
    image = on_base(analyzed(layer(file("a", b"x")), layer(file("b", b"y"))))
    cases = [(claim(layers=[0]), [True]), (claim(layers=[0, 1]), [False]), (claim(), [False])]
    cases += [(claim(mentions=[0]), [True]), (claim(mentions=[0, 1]), [False, True])]
    for draft, sides in cases:
        assert sorted(found.in_base for found in examined(image, draft)) == sides


def test_a_guessed_base_hides_no_warning_and_both_fixes_are_named() -> None:
    image = analyzed(layer(file("a", b"x" * 300)), layer(file("b", b"y")))
    guess = replace(image, base=BaseImage(1, BaseOrigin.HISTORY, guessed=True))
    (found,) = examined(guess, claim(0), severity=Severity.WARNING)
    assert (found.in_base, found.severity) == (True, Severity.WARNING)
    assert "choose or build another base" in found.fix.text
    assert FIX.text in found.fix.text
    (known,) = examined(on_base(image), claim(0), severity=Severity.WARNING)
    assert known.severity is Severity.INFO
    assert FIX.text not in known.fix.text


def test_errors_come_first_then_most_bytes_then_severity_then_the_rule() -> None:
    rules = [
        Told(claim(layers=[0]), rule_id="LS903"),
        Told(claim(layers=[0]), rule_id="LS902"),
        Told(claim(layers=[0]), rule_id="LS904", severity=Severity.ERROR, always=True),
        Told(claim(2), rule_id="LS905"),
    ]
    assert [f.rule_id for f in examine(three_files(), rules)] == ["LS904", "LS905", "LS902", "LS903"]


class Logs(PatternRule):
    id, name = "LS906", "logs"
    patterns: ClassVar = {"logs": ("**/*.log",)}
    messages: ClassVar = {"logs": "logs are stored"}
    fixes: ClassVar = {"logs": FIX}


def test_a_rule_of_patterns_finds_live_files_by_layer() -> None:
    image = analyzed(
        layer(file("a.log", b"x"), file("b.log", b"y"), file("empty.log")),
        layer(whiteout("a.log"), file("c/d.log", b"zz")),
    )
    found = examine(image, [Logs()])
    assert [[shown.path for shown in each.locations[0].paths] for each in found] == [[b"c/d.log"], [b"b.log"]]


def test_an_image_without_layers_has_no_findings() -> None:
    assert examine(analyzed(), all_rules()) == ()


@pytest.mark.parametrize("name", ["LS101", "ls101", "removed-later", " Removed-Later "])
def test_a_rule_is_known_by_id_and_name(name: str) -> None:
    assert rule(name).id == "LS101"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("removed-latter", "near it are LS101 (removed-later)"),
        ("LS1011", "LS101 (removed-later)"),
        ("overwrit", "LS102 (overwritten)"),
        ("zebra", "layerscope rules lists them"),
        ("", "layerscope rules lists them"),
    ],
)
def test_a_name_that_is_none_leads_to_the_nearest(name: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        rule(name)
    assert str(raised.value).startswith(f"{name}: no such rule; ")
    assert said in str(raised.value)
