"""Results as outcomes: places from the repository's root, figures, and fingerprints that outlive an edit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerscope.gate.verdict import Bound, Result, Unit
from layerscope.gate.verdict import Outcome as Ended
from layerscope.report.dialects.outcome import Outcome, Place, SourceTree, State, numbered
from layerscope.report.dialects.results import result_outcome
from layerscope.report.printable import LOG_COMMAND, UNSAFE
from layerscope.rules.finding import Fix, Role
from tests.findings import LINES, location
from tests.told import HOSTILE
from tests.verdicts import WAIVER, budget, found

TREE = SourceTree("/src/repo", "/src/repo/build")
FALLBACK = Place("image.tar")
SECRET = "RUN curl -H 'Authorization: Bearer ghp_012345678901234567890123456789abcdef' https://x.example"


def told_of(given: Result) -> Outcome:
    return result_outcome(given, TREE, FALLBACK)


def test_it_stands_on_its_lines_from_the_root_of_the_repository() -> None:
    hidden = replace(LINES, first=20, last=20, text="RUN rm -rf x")
    both = found(location((b"a", 1000), lines=LINES), location(layer=1, role=Role.HIDDEN, lines=hidden))
    assert told_of(both).places == (
        Place("build/app/Dockerfile", 7, 9, LINES.text),
        Place("build/app/Dockerfile", 20, 20, "RUN rm -rf x"),
    )


def test_without_lines_it_stands_where_it_is_told_to() -> None:
    assert told_of(found(location((b"a", 1000)))).places == (FALLBACK,)
    assert told_of(budget()).places == (FALLBACK,)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("app/Dockerfile", "build/app/Dockerfile"),
        ("./Dockerfile", "build/Dockerfile"),
        ("../Dockerfile", "Dockerfile"),
        ("../../other/Dockerfile", "/src/other/Dockerfile"),
        ("/src/repo/x/Dockerfile", "x/Dockerfile"),
        ("/src/repository/Dockerfile", "/src/repository/Dockerfile"),
        ("a\\b", "build/a\\b"),
    ],
)
def test_paths_are_from_the_root(file: str, path: str) -> None:
    assert TREE.path(file) == path


def test_paths_of_windows_have_slashes() -> None:
    tree = SourceTree("C:/src/repo", "C:/src/repo/build")
    assert tree.path("app\\Dockerfile") == "build/app/Dockerfile"
    assert tree.path("C:\\src\\repo\\Dockerfile") == "Dockerfile"


def test_a_finding_says_who_stored_what_and_what_to_do() -> None:
    given = told_of(found(location((b"var/a", 600), (b"var/b", 400), lines=LINES)))
    assert given.headline == "package lists of apt are stored (1.0 kB)"
    assert given.details == (
        "stored by layer 0 :7-9 RUN make && rm -rf x && true",
        "  var/a (600 B)",
        "  var/b (400 B)",
    )
    assert (given.fix, given.freed_bytes) == ("remove them where they are made", 1000)


@pytest.mark.parametrize(
    ("given", "headline"),
    [
        (budget(), "the image is larger than allowed: 812.3 MB, at most 800.0 MB"),
        (budget(800_000_001), "the image is larger than allowed: 800,000,001 B, at most 800,000,000 B"),
        (budget(30, 20, unit=Unit.COUNT), "the image is larger than allowed: 30, at most 20"),
        (budget(0.051, 0.02, unit=Unit.RATIO), "the image is larger than allowed: 5.1 %, at most 2.0 %"),
        (budget(1.5, 0.02, unit=Unit.RATIO), "the image is larger than allowed: 150.0 %, at most 2.0 %"),
        (budget(-0.1, 0.02, unit=Unit.RATIO), "the image is larger than allowed: -10.0 %, at most 2.0 %"),
        (
            budget(0.8999, 0.9, unit=Unit.RATIO, bound=Bound.AT_LEAST),
            "the image is larger than allowed: 89.99 %, at least 90 %",
        ),
        (
            budget(30_000_000, 10_000_000, before=100_000_000),
            "the image is larger than allowed: +30.0 MB to 100.0 MB, at most 10.0 MB",
        ),
        (
            budget(3, 1, before=1200, unit=Unit.COUNT),
            "the image is larger than allowed: +3 to 1,200, at most 1",
        ),
        (budget(subject="COPY *"), "the image is larger than allowed (COPY *): 812.3 MB, at most 800.0 MB"),
        (budget(allowed=None), "the image is larger than allowed: 812.3 MB"),
    ],
)
def test_a_budget_says_its_figures(given: Result, headline: str) -> None:
    assert told_of(given).headline == headline


def test_a_budget_says_who_decided_it() -> None:
    assert told_of(budget()).details == ("decided by layerscope.toml: budgets.image-size",)
    assert told_of(budget(outcome=Ended.PASSED)).details == ()


def test_states_are_those_of_the_gate_and_a_waiver_is_told() -> None:
    states = [told_of(budget(outcome=outcome)).state for outcome in Ended]
    assert states == [State.FAILED, State.REPORTED, State.WAIVED, State.SKIPPED, State.PASSED]
    waived = told_of(found(outcome=Ended.WAIVED, waiver=WAIVER))
    assert waived.excuse == "ops, until 2027-01-31: next base has none"
    assert told_of(budget(None, None, outcome=Ended.SKIPPED, reason="no baseline")).excuse == "no baseline"
    expired = told_of(found(waiver=WAIVER, reason="the waiver of ops expired on 2027-01-31"))
    assert "the waiver of ops expired on 2027-01-31" in expired.details


def test_the_same_finding_is_known_again_after_the_instruction_grew_and_moved() -> None:
    before = found(location((b"var/a", 1000), layer=3, directory=b"var", lines=LINES, files=9))
    moved = replace(LINES, first=70, last=71, text="RUN make more")
    now = location((b"var/b", 2), layer=5, directory=b"var", by="RUN make more", lines=moved, files=8)
    assert told_of(before).fingerprint == told_of(found(now)).fingerprint
    elsewhere = found(location((b"opt/a", 1000), directory=b"opt", files=9))
    assert told_of(elsewhere).fingerprint != told_of(before).fingerprint


def test_a_budget_is_known_by_its_subject_whatever_it_measures_and_wherever() -> None:
    one = told_of(budget(1, 0, subject="COPY *", locations=(location((b"a", 1)),)))
    other = told_of(budget(2, 0, subject="COPY *", locations=(location((b"b", 1), layer=4),)))
    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != told_of(budget(1, 0, subject="RUN *")).fingerprint
    whole = [told_of(budget(1, 0, locations=(location((path, 1)),))) for path in (b"a", b"b")]
    assert whole[0].fingerprint == whole[1].fingerprint


def test_two_that_are_alike_keep_their_numbers_when_the_other_one_has_more_bytes() -> None:
    def prints(*sizes: int) -> dict[int, str]:
        alike = [
            found(location((b"var/a", size), layer=layer, directory=b"var", files=9))
            for layer, size in enumerate(sizes)
        ]
        alike.sort(key=lambda each: -each.freed_bytes)  # as a verdict has them
        return {each.order: each.fingerprint for each in numbered(map(told_of, alike))}

    assert prints(10, 20) == prints(20, 10)
    assert len(set(prints(10, 20).values())) == 2


def test_a_secret_is_shown_nowhere() -> None:
    shown = location((b"a", 1), by=SECRET), location((b"b", 1), lines=replace(LINES, text=SECRET))
    given = told_of(
        found(*shown, message=f"x {SECRET}", fix=Fix(f"y {SECRET}"), reason=SECRET, subject=SECRET)
    )
    assert "ghp_" not in repr(given)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_image_says_is_printable_in_every_field(text: str) -> None:
    path = text.encode("utf-8", "surrogatepass")
    where = location((path, 1), by=f"RUN {text}", directory=path)
    fields: dict[str, Any] = {"message": text, "reason": text, "fix": Fix(text, text), "origin": text}
    for given in (told_of(found(where, **fields)), told_of(budget(subject=text, **fields))):
        shown = "".join((given.headline, *given.details, given.subject, given.fix, given.example))
        assert not UNSAFE.search(shown.replace("\n", ""))
        assert not LOG_COMMAND.search(shown)


def test_what_is_very_long_is_cut() -> None:
    given = told_of(found(location((b"x" * 9999, 1), by="RUN " + "x" * 100_000), message="m" * 9999))
    assert len(given.headline) < 500
    assert max(map(len, given.details)) < 1100
    assert len(given.subject) < 250
