"""Laws of findings: bytes are counted once, waste is counted whole, and the same image gives the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.examine import examine
from layerscope.rules.finding import Finding, Fix, Role
from layerscope.rules.registry import all_rules
from tests.builders import Member, analyzed, file, hardlink, layer, whiteout
from tests.property.strategies import SETTINGS, stacks

_KNOWN_PATHS = st.sampled_from(
    [
        *("var/cache/apt/archives/a.deb", "var/lib/apt/lists/a", "root/.cache/pip/a", "root/.npm/_cacache/a"),
        *(
            "usr/share/doc/a/b",
            "usr/share/locale/de/a.mo",
            "srv/.git/HEAD",
            "srv/__pycache__/a.pyc",
            "srv/a.py",
        ),
        *("usr/lib/python3/test/a.py", "var/log/a.log", "srv/core.1", "srv/a~", "tmp/a", "usr/lib/debug/a"),
        *(
            "opt/a.tar.gz",
            "opt/a/b",
            "opt/c/b",
            "root/.ssh/id_rsa",
            "srv/.env",
            "opt",
            "srv",
            "usr/share/doc",
        ),
    ]
)
_known_members = st.one_of(
    st.builds(
        file,
        _KNOWN_PATHS,
        st.sampled_from([b"", b"x", b"y" * 20_000, b"z" * 100_000]),
        mode=st.sampled_from([0o644, 0o4777]),
    ),
    st.builds(whiteout, _KNOWN_PATHS),
    st.builds(hardlink, _KNOWN_PATHS, _KNOWN_PATHS),
)
known_stacks = st.lists(st.lists(_known_members, max_size=8), min_size=1, max_size=4)
"""Layers of files at paths that rules know, base first."""


@st.composite
def analyses(draw: st.DrawFn) -> Analysis:
    """Images of generated layers, some of which may be a base image's."""
    stack: list[list[Member]] = draw(st.one_of(stacks, known_stacks))
    whole = analyzed(*[layer(*members) for members in stack])
    base = draw(st.integers(0, len(stack)))
    return replace(whole, base=BaseImage(base, BaseOrigin.GIVEN))


GENERAL = tuple(rule for rule in all_rules() if not rule.patterns)
"""All rules but those about certain paths; for laws that need many runs."""


class Greedy(Rule):
    """A rule that claims what it was told to, whatever others do."""

    name = "greedy"

    def __init__(self, number: int, rank: int, always: bool, drafts: list[Draft]) -> None:
        self.id = f"LS9{number:02}"  # type: ignore[misc]
        self.rank = rank  # type: ignore[misc]
        self.always = always  # type: ignore[misc]
        self.drafts = drafts

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        stored = sum(map(len, evidence.inodes.changesets))

        def within(inodes: Iterable[int]) -> list[int]:
            return [inode for inode in inodes if inode < stored]

        for draft in self.drafts:
            inodes = within(draft.inodes)
            parts = {inode: count for inode, count in draft.parts.items() if inode < stored}
            if (draft.inodes or draft.parts) and not (inodes or parts):
                continue  # the image is too small for it
            yield replace(
                draft,
                inodes=inodes,
                parts=parts,
                mentions=within(draft.mentions),
                layers=[number for number in draft.layers if number < len(evidence.analysis.layers)],
            )


_inodes = st.lists(st.integers(0, 12), max_size=6)
_drafts = st.builds(
    Draft,
    st.just("claimed"),
    st.just(Fix("do nothing")),
    inodes=_inodes,
    parts=st.dictionaries(st.integers(0, 12), st.integers(0, 12), max_size=3),
    mentions=_inodes,
    layers=st.lists(st.integers(0, 3), max_size=2),
)
greedy_rules = st.lists(
    st.tuples(st.integers(0, 99), st.booleans(), st.lists(_drafts, max_size=3)), max_size=4
).map(lambda given: [Greedy(number, *each) for number, each in enumerate(given)])


def freed(findings: Iterable[Finding]) -> int:
    return sum(finding.freed_bytes for finding in findings)


@SETTINGS
@given(analyses(), greedy_rules)
def test_findings_count_no_byte_twice_and_all_waste(analysis: Analysis, more: list[Greedy]) -> None:
    for rules in (all_rules(), [*all_rules(), *more]):
        findings = examine(analysis, rules)
        assert freed(findings) <= analysis.ledger.stored_bytes
        assert sum(finding.wasted_bytes for finding in findings) == analysis.ledger.wasted_bytes
        base = sum(analysis.ledger.stored_by_layer[: analysis.base.layers])
        assert freed(finding for finding in findings if finding.in_base) <= base


@SETTINGS
@given(analyses(), greedy_rules)
def test_a_finding_has_the_bytes_of_its_locations(analysis: Analysis, more: list[Greedy]) -> None:
    for finding in examine(analysis, [*GENERAL, *more]):
        stored = [place for place in finding.locations if place.role is Role.STORED]
        assert finding.freed_bytes == sum(place.freed_bytes for place in finding.locations)
        assert 0 <= finding.wasted_bytes <= finding.freed_bytes
        assert finding.locations or not finding.freed_bytes  # a finding may be about the configuration
        for place in stored:
            shown = sum(path.freed_bytes for path in place.paths)
            assert shown == place.freed_bytes or (
                shown < place.freed_bytes and place.files > len(place.paths)
            )
            assert all(0 <= path.freed_bytes <= path.content_bytes for path in place.paths)
            assert all(path.path.startswith(place.directory) for path in place.paths)
        if finding.freed_bytes:
            sides = {place.layer < analysis.base.layers for place in stored if place.freed_bytes}
            by_hider = finding.rule_id in {"LS103", "LS104", "LS108"}  # who hid bytes of the base can mend it
            assert sides == {finding.in_base} or (by_hider and not finding.in_base)


@SETTINGS
@given(analyses(), greedy_rules)
def test_who_asks_for_bytes_and_gets_none_is_silent(analysis: Analysis, more: list[Greedy]) -> None:
    for rule in more:
        rule.drafts = [draft for draft in rule.drafts if draft.inodes or draft.parts]
    silent = {rule.id for rule in more if not rule.always}
    for finding in examine(analysis, [*GENERAL, *more]):
        assert finding.freed_bytes > 0 or finding.rule_id not in silent


some_rules = st.lists(st.sampled_from(all_rules()), max_size=6, unique_by=lambda rule: rule.id)


@SETTINGS
@given(analyses(), some_rules, greedy_rules)
def test_a_rule_alone_never_gets_less_than_among_others(
    analysis: Analysis, some: list[Rule], more: list[Greedy]
) -> None:
    rules = [*some, *more]
    among = examine(analysis, rules)
    for rule in rules:
        alone = freed(examine(analysis, [rule]))
        assert freed(finding for finding in among if finding.rule_id == rule.id) <= alone


@SETTINGS
@given(analyses(), greedy_rules, st.randoms(use_true_random=False))
def test_the_order_of_rules_changes_nothing(analysis: Analysis, more: list[Greedy], random: object) -> None:
    rules = [*GENERAL, *more]
    shuffled = list(rules)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    findings = examine(analysis, rules)
    assert findings == examine(analysis, shuffled)
    assert [f.freed_bytes for f in findings] == sorted((f.freed_bytes for f in findings), reverse=True)
