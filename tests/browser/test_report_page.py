"""The report as a reviewer has it before them: opened from disk, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.analyses import analysis, step
from tests.browser.conftest import Watched
from tests.browser.pages import ordinary, write_comparison, write_report
from tests.builders import file
from tests.differential.tools import require_module
from tests.told import HOSTILE

Opened = Callable[..., Watched]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(tmp_path_factory.mktemp("report") / "report.html", ordinary())


def rows(page: Any) -> list[str]:
    """Paths of the file table, as they are seen."""
    return page.locator("#rows td.path").all_inner_texts()


def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(report: Path, opened: Opened) -> None:
    watched = opened(report)
    assert watched.requests == [watched.url]
    assert watched.complaints == []


def test_the_policy_lets_no_other_script_run(report: Path, opened: Opened) -> None:
    """What got through the escaping, if anything did, would stand still."""
    watched = opened(report)
    watched.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'taken over'";
            document.body.append(script);
            const picture = document.createElement("img");
            picture.src = "https://example.invalid/x.png";
            document.body.append(picture);
        }"""
    )
    assert watched.page.title() != "taken over"
    script, picture = watched.complaints
    assert "inline script" in script
    assert "https://example.invalid/x.png" in picture
    assert all("Content Security Policy" in complaint for complaint in (script, picture))


def test_searching_finds_a_path_and_says_how_many(report: Path, opened: Opened) -> None:
    page = opened(report).page
    assert "usr/bin/tool" in rows(page)
    page.keyboard.press("/")
    page.keyboard.type("APP/part12 so")
    page.get_by_role("status").get_by_text("10 of").wait_for()
    assert rows(page) == [f"usr/lib/app/part12{digit}.so" for digit in range(10)]
    page.keyboard.press("Escape")
    page.get_by_role("status").get_by_text("244 of").wait_for()


def test_a_layer_is_shown_alone_with_its_files_and_findings(report: Path, opened: Opened) -> None:
    page = opened(report).page
    page.get_by_role("button", name="Show layer 2 alone").click()
    assert sorted(rows(page)) == ["srv/data.bin", "usr/bin/tool"], "what it stores, and what it hides"
    findings = page.locator(".finding:visible")
    assert findings.count() == 1
    assert "removed by layer 2" in findings.first.inner_text()
    page.get_by_role("button", name="Layer 2 alone ✕").click()
    assert page.locator(".finding:visible").count() == page.locator("#findings ~ .finding").count() > 1


def test_columns_sort_both_ways(report: Path, opened: Opened) -> None:
    page = opened(report).page
    assert rows(page)[0] == "var/lib/apt/lists/deb.example_Packages", "most bytes first"
    header = page.locator("th[data-sort=path]")
    header.get_by_role("button").click()
    assert (rows(page)[0], header.get_attribute("aria-sort")) == ("etc/os-release", "ascending")
    header.get_by_role("button").click()
    assert rows(page)[0] == "var/lib/apt/lists/deb.example_Packages"


def test_many_files_come_in_steps(report: Path, opened: Opened) -> None:
    page = opened(report).page
    assert len(rows(page)) == 200
    page.get_by_role("button", name="Show 44 more of 44").click()
    assert len(rows(page)) == 244


def test_a_click_on_the_treemap_looks_for_what_is_there(report: Path, opened: Opened) -> None:
    page = opened(report).page
    page.get_by_label("Group by").select_option("instruction")
    page.get_by_label("Size").select_option("wasted")
    shown = page.locator(".map:visible")
    assert shown.count() == 1
    assert shown.locator("figcaption").inner_text() == "Wasted bytes by instruction: 2.0 MB"
    shown.locator("a[data-search='layer:0']").first.click()
    assert sorted(rows(page)) == ["etc/os-release", "usr/bin/tool"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_of_it_keeps_anybody_out(scheme: str, width: int, tmp_path: Path, opened: Opened) -> None:
    """axe-core, which knows contrast, names, roles and the order of headings."""
    axe = require_module("axe_playwright_python")
    new = ordinary()
    old = analysis(step(file("etc/os-release", b"y" * 900), by="ADD base.tar /"))
    page = opened(write_comparison(tmp_path / "r.html", old, new), width=width, scheme=scheme).page
    source = resources.files(axe).joinpath("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(source)
    found = page.evaluate("() => axe.run(document)")
    serious = [
        (violation["id"], node["html"][:120])
        for violation in found["violations"]
        for node in violation["nodes"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert len(found["passes"]) > 10


def test_a_narrow_window_has_no_second_direction_to_scroll(report: Path, opened: Opened) -> None:
    page = opened(report, width=390).page
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_colors_are_the_system_s_until_somebody_chooses(report: Path, opened: Opened) -> None:
    page = opened(report, scheme="dark").page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Light").click()
    light = page.evaluate(background)
    assert sum(map(int, dark[4:-1].split(","))) < 200
    assert sum(map(int, light[4:-1].split(","))) > 600


def test_without_scripts_it_is_a_document(report: Path, opened: Opened) -> None:
    page = opened(report, scripts=False).page
    text = page.inner_text("body")
    assert "var/lib/apt/lists/deb.example_Packages" in text
    assert "remove" in page.locator(".finding .fix").first.inner_text()
    assert page.locator(".map:visible").count() == page.locator(".map").count() > 3
    assert page.locator("input, select, button").locator("visible=true").count() == 0


def test_everything_can_be_reached_by_the_keyboard(report: Path, opened: Opened) -> None:
    page = opened(report).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("button.choose").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.locator("button.choose").nth(1).get_attribute("aria-pressed") == "true"


def test_names_that_would_do_something_only_show_up(tmp_path: Path, opened: Opened) -> None:
    """In paths, in the history, in tags, and in a megabyte of one instruction."""
    paths = [
        text.replace("/", "%").encode("utf-8", "surrogateescape").replace(b"\0", b"") for text in HOSTILE
    ]
    steps = [
        step(file(path or b"x", b"x" * (number + 1)), by=f"RUN {text}")
        for number, (path, text) in enumerate(zip(paths, HOSTILE, strict=True))
    ]
    given = analysis(*steps, step(file("a"), by="RUN " + "<b>" * 350_000), tags=HOSTILE)
    watched = opened(write_report(tmp_path / "hostile.html", given))
    assert watched.complaints == []
    assert watched.requests == [watched.url]
    page = watched.page
    assert page.locator("main img, main b > b, main iframe, main object").count() == 0
    shown = "\n".join(rows(page))
    assert "<img src=x onerror=y>" in shown
    assert "\u202e" not in page.inner_text("body")
    assert "\\u202e" in shown
    page.fill("#search", "onerror")
    page.get_by_role("status").get_by_text("1 of").wait_for()
    assert watched.complaints == []


def test_a_comparison_has_its_table_before_any_picture(tmp_path: Path, opened: Opened) -> None:
    old = analysis(
        step(file("a", b"1" * 4_000_000), by="ADD base.tar /"),
        step(file("gone", b"2" * 1_000_000), by="RUN x"),
    )
    new = analysis(
        step(file("a", b"1" * 4_000_000), by="ADD base.tar /"), step(file("b", b"3" * 3_000_000), by="RUN y")
    )
    watched = opened(write_comparison(tmp_path / "comparison.html", old, new))
    text = watched.page.inner_text("main")
    assert text.index("Layer by layer") < text.index("Where the bytes are")
    table = watched.page.get_by_role("region", name="By file").inner_text()
    assert "+3.0 MB" in table
    assert "added: b" in table
    assert "-1.0 MB" in table
    assert "removed: gone" in table
    assert watched.complaints == []
