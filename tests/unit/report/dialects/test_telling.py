"""From a verdict to what is told: places, silence, figures, growth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from layerscope.analysis.growth import Change, GrowthTable
from layerscope.analysis.snapshot import SnapshotTotals
from layerscope.gate.verdict import Outcome as Ended
from layerscope.gate.verdict import Verdict
from layerscope.gate.waivers import WaiverState, WaiverUse
from layerscope.notices import Notice, Severity
from layerscope.report.dialects.comment import pull_request_comment
from layerscope.report.dialects.outcome import SourceTree, State, Told
from layerscope.report.dialects.render import DIALECTS, render
from layerscope.report.dialects.telling import told
from tests.findings import location
from tests.told import HOSTILE
from tests.verdicts import IMAGE, WAIVER, budget, found, growth, verdict

TREE = SourceTree("/src/repo", "/src/repo/build")
NOTHING: Any = {
    "before": SnapshotTotals(),
    "after": SnapshotTotals(),
    **{
        name: GrowthTable(0) for name in ("instructions", "directories", "files", "packages", "base_packages")
    },
}


def told_of(given: Verdict) -> Told:
    return told(given, TREE)


def place_of(given: Verdict) -> str:
    (outcome,) = told_of(given).outcomes
    (place,) = outcome.places
    assert (place.first, place.last) == (1, 1)
    return place.path


def test_what_has_no_line_stands_where_somebody_can_do_something_about_it() -> None:
    given = replace(IMAGE, dockerfile="../Dockerfile")
    rules = {"configuration": ("../layerscope.toml",)}
    assert place_of(verdict(budget(), image=given, **rules)) == "layerscope.toml"
    assert place_of(verdict(budget(), image=given)) == "Dockerfile"
    assert place_of(verdict(found(), image=given, **rules)) == "Dockerfile"
    assert place_of(verdict(found(), **rules)) == "build/build/app.tar"


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("-", "build/image"),
        ("oci:layout:app:1", "build/layout"),
        ("docker-archive:/tmp/a.tar:app", "/tmp/a.tar"),
        ("a:b.tar", "build/a:b.tar"),
    ],
)
def test_the_place_of_an_image_is_its_file(reference: str, path: str) -> None:
    assert place_of(verdict(found(), image=replace(IMAGE, reference=reference))) == path


@pytest.mark.parametrize(
    ("tags", "repository"),
    [
        ((), ""),
        (("app",), "app"),
        (("localhost:5000/app",), "localhost:5000/app"),
        (("localhost:5000/app:1.2",), "localhost:5000/app"),
        (("app:1@sha256:" + "0" * 64,), "app"),
    ],
)
def test_the_repository_is_the_name_without_what_changes(tags: tuple[str, ...], repository: str) -> None:
    assert told_of(verdict(image=replace(IMAGE, tags=tags))).repository == repository


def test_an_image_that_was_not_read_is_broken_and_neither_passed_nor_failed() -> None:
    given = told_of(verdict(found(outcome=Ended.REPORTED), undecided="layer 2: ends after 3 bytes"))
    assert not given.passed
    broken, other = given.outcomes
    assert (broken.state, broken.headline) == (State.BROKEN, "layer 2: ends after 3 bytes")
    assert other.state is State.REPORTED
    assert given.of(State.FAILED) == []


def test_the_comment_is_silent_where_the_gate_passed_and_nothing_grew() -> None:
    passed = found(outcome=Ended.PASSED)
    assert pull_request_comment(told_of(verdict(passed))) == b""
    assert pull_request_comment(told_of(verdict(passed, growth=growth(**NOTHING)))) == b""
    assert pull_request_comment(told_of(verdict(passed, growth=growth()))) != b""
    assert pull_request_comment(told_of(verdict(found(), growth=growth(**NOTHING)))) != b""
    assert pull_request_comment(told_of(verdict(passed, undecided="layer 2: ends early"))) != b""


def test_the_comment_names_the_package_the_instruction_and_the_bytes() -> None:
    text = pull_request_comment(told_of(verdict(budget(), growth=growth()))).decode()
    assert "#### What changed since `app:main`" in text
    assert "**+30.0 MB stored by your layers, 0 B by the base image**; 0 B wasted, +10.0 MB of blobs." in text
    assert "| +30.0 MB | 5.0 MB | 35.0 MB | `RUN pip install torch` | layer 2 |" in text
    assert "| +30.0 MB | 0 B | 30.0 MB | new: `pypi torch 2.1` | layer 2 `RUN pip install torch` |" in text
    assert "| +29.0 MB | 0 B | 29.0 MB | `usr/lib/python3/site-packages/torch/` |" in text
    assert "| +2.0 MB |  |  | 9 others |  |" in text
    assert "By package of the base image" not in text


def test_growth_of_all_layers_is_called_so() -> None:
    text = pull_request_comment(told_of(verdict(growth=growth(base_apart=False, base=Change(0, 0))))).decode()
    assert "**+30.0 MB stored by all layers**" in text
    assert "By instruction, all layers" in text
    assert "base image" not in text


def test_figures_have_what_they_were() -> None:
    totals = SnapshotTotals(layers=4, stored_bytes=130_000_000, own_stored_bytes=50_000_000, wasted_bytes=12)
    text = pull_request_comment(told_of(verdict(budget(), totals=totals, growth=growth()))).decode()
    assert "| contents of all layers | 100.0 MB | 130.0 MB | +30.0 MB |" in text
    assert "| layers | 3 | 4 | +1 |" in text
    alone = pull_request_comment(told_of(verdict(budget(), totals=totals))).decode()
    assert "|  | Now |\n| --- | ---: |\n| contents of all layers | 130.0 MB |" in alone
    assert "| of them in your layers | 50.0 MB |" in alone


def test_without_a_base_image_nothing_is_told_of_it() -> None:
    totals = SnapshotTotals(stored_bytes=1000, own_stored_bytes=1000)
    text = pull_request_comment(told_of(verdict(budget(), totals=totals))).decode()
    assert "| contents of all layers | 1.0 kB |" in text
    assert "your layers" not in text


def test_waivers_that_can_go_are_told_and_others_are_not() -> None:
    uses = tuple(WaiverUse(WAIVER, state) for state in WaiverState)
    who = "the waiver of LS110 by ops (layerscope.toml: waivers[0])"
    assert told_of(verdict(waivers=uses)).notices == (
        f"{who} excuses nothing any more: it can go",
        f"{who} is over and excuses nothing any more: it can go",
    )


def hostile_verdict(text: str) -> Verdict:
    path = text.encode("utf-8", "surrogatepass")
    where = location((path, 1), by=f"RUN {text}", directory=path)
    grown = growth()
    rows = {
        "instructions": GrowthTable(1, (replace(grown.instructions.rows[0], after=text, before=text),)),
        "directories": GrowthTable(1, (replace(grown.directories.rows[0], path=path),)),
        "files": GrowthTable(1, (replace(grown.files.rows[0], path=path, instruction=text),)),
        "packages": GrowthTable(
            1, (replace(grown.packages.rows[0], name=text, after_versions=(text,), instruction=text),)
        ),
    }
    return verdict(
        found(where, message=text, reason=text),
        found(where, outcome=Ended.REPORTED),
        budget(subject=text),
        image=replace(IMAGE, tags=(text,), reference=text or "-", platform=text, created=text),
        growth=replace(grown, before_name=text, **rows),
        notices=(Notice("x", Severity.WARNING, text, 0, path),),
        next_command=text,
        waivers=(WaiverUse(replace(WAIVER, owner=text), WaiverState.UNUSED),),
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_growth_of_hostile_names_is_code_and_nothing_else(text: str) -> None:
    shown = pull_request_comment(told_of(hostile_verdict(text))).decode()
    tokens = MarkdownIt("commonmark").enable("table").parse(shown)
    inline = [child for token in tokens for child in token.children or ()]
    assert not {"link_open", "image"} & {token.type for token in inline}
    words = " ".join(child.content for child in inline if child.type == "text").replace("\\", "")
    assert not set("@#[<") & set(words)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_says_the_same_twice_whatever_an_image_says(dialect: Any, text: str) -> None:
    once, twice = (render(dialect, told_of(hostile_verdict(text))) for _ in range(2))
    assert once == twice
    assert b"\x1b" not in once
    assert b"##vso[" not in once
