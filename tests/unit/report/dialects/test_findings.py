"""Findings as outcomes: places from the repository's root, and fingerprints that outlive an edit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.report.dialects.findings import finding_outcome
from layerscope.report.dialects.outcome import Outcome, Place, SourceTree, State
from layerscope.report.printable import LOG_COMMAND, UNSAFE
from layerscope.rules.finding import Finding, Role
from tests.findings import LINES, finding, location
from tests.told import HOSTILE

TREE = SourceTree("/src/repo", "/src/repo/build")
FALLBACK = Place("image.tar")


def told_of(given: Finding) -> Outcome:
    return finding_outcome(given, State.REPORTED, TREE, FALLBACK)


def test_it_stands_on_its_lines_from_the_root_of_the_repository() -> None:
    hidden = replace(LINES, first=20, last=20, text="RUN rm -rf x")
    both = finding(
        1000, location((b"a", 1000), lines=LINES), location(layer=1, role=Role.HIDDEN, lines=hidden)
    )
    assert told_of(both).places == (
        Place("build/app/Dockerfile", 7, 9, LINES.text),
        Place("build/app/Dockerfile", 20, 20, "RUN rm -rf x"),
    )


def test_without_lines_it_stands_where_the_image_is() -> None:
    assert told_of(finding(1000, location((b"a", 1000)))).places == (FALLBACK,)
    assert told_of(finding(0)).places == (FALLBACK,)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("app/Dockerfile", "build/app/Dockerfile"),
        ("./Dockerfile", "build/Dockerfile"),
        ("../Dockerfile", "Dockerfile"),
        ("../../other/Dockerfile", "/src/other/Dockerfile"),
        ("/src/repo/x/Dockerfile", "x/Dockerfile"),
        ("/src/repository/Dockerfile", "/src/repository/Dockerfile"),
    ],
)
def test_paths_are_from_the_root(file: str, path: str) -> None:
    assert TREE.path(file) == path


def test_paths_of_windows_have_slashes() -> None:
    tree = SourceTree("C:/work/repo", "C:/work/repo/build")
    assert tree.path("app\\Dockerfile") == "build/app/Dockerfile"
    assert tree.path("C:\\work\\repo\\Dockerfile") == "Dockerfile"


def test_it_says_who_stored_what_and_what_to_do() -> None:
    given = told_of(finding(1000, location((b"var/a", 600), (b"var/b", 400), lines=LINES)))
    assert given.headline == "caches are stored (1.0 kB)"
    assert given.details == (
        "stored by layer 0 :7-9 RUN make && rm -rf x && true",
        "  var/a (600 B)",
        "  var/b (400 B)",
    )
    assert (given.fix, given.example) == ("remove them", "RUN make && rm -rf x")


def test_the_same_finding_is_known_again_after_the_instruction_grew_and_moved() -> None:
    before = finding(1000, location((b"var/a", 1000), layer=3, directory=b"var", lines=LINES, files=9))
    moved = replace(LINES, first=70, last=71, text="RUN make more")
    after = finding(
        2, location((b"var/b", 2), layer=5, directory=b"var", by="RUN make more", lines=moved, files=8)
    )
    assert told_of(before).fingerprint == told_of(after).fingerprint
    elsewhere = finding(1000, location((b"opt/a", 1000), directory=b"opt", files=9))
    assert told_of(elsewhere).fingerprint != told_of(before).fingerprint


def test_a_secret_in_an_instruction_is_shown_nowhere() -> None:
    secret = "RUN curl -H 'Authorization: Bearer ghp_012345678901234567890123456789abcdef' https://x.example"
    given = told_of(
        finding(1, location((b"a", 1), by=secret), location((b"b", 1), lines=replace(LINES, text=secret)))
    )
    assert "ghp_" not in repr(given)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_image_says_is_printable_in_every_field(text: str) -> None:
    path = text.encode("utf-8", "surrogatepass")
    given = told_of(finding(1, location((path, 1), by=f"RUN {text}", directory=path), message=text))
    shown = "".join((given.headline, *given.details, given.subject))
    assert not UNSAFE.search(shown)
    assert not LOG_COMMAND.search(shown)
    assert len(given.headline) < 500


def test_a_very_long_instruction_is_cut() -> None:
    given = told_of(finding(1, location((b"a", 1), by="RUN " + "x" * 100_000)))
    assert max(map(len, given.details)) < 500
