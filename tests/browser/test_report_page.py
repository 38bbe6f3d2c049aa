"""The report as a reviewer has it before them: opened from disk, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from layerscope.report.html.shared import html_sharing
from tests.analyses import analysis, step
from tests.browser.conftest import Watched
from tests.browser.pages import ordinary, write_comparison, write_report
from tests.builders import file
from tests.differential.tools import require_module
from tests.sharing import hostile_sharing
from tests.told import HOSTILE

Opened = Callable[..., Watched]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(tmp_path_factory.mktemp("report") / "report.html", ordinary())


def rows(page: Any) -> list[str]:
    """Paths of the file table, as they are seen."""
    return page.locator("#rows td.path").all_inner_texts()


def serious_violations(page: Any) -> list[tuple[str, str]]:
    """What axe-core says of the page as it is."""
    axe = require_module("axe_playwright_python")
    page.evaluate(resources.files(axe).joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document)")
    assert len(found["passes"]) > 10
    return [
        (violation["id"], node["html"][:120])
        for violation in found["violations"]
        for node in violation["nodes"]
        if violation["impact"] in ("serious", "critical")
    ]


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
    page.fill("#search", "/usr/bin/")
    page.get_by_role("status").get_by_text("1 of").wait_for()
    assert rows(page) == ["usr/bin/tool"], "as in a shell"


def test_a_layer_is_shown_alone_with_its_files_and_findings(report: Path, opened: Opened) -> None:
    page = opened(report).page
    page.get_by_role("button", name="Show layer 2 alone").click()
    assert sorted(rows(page)) == ["srv/data.bin", "usr/bin/tool"], "what it stores, and what it hides"
    findings = page.locator(".finding:visible")
    assert findings.count() == 1
    assert "removed by layer 2" in findings.first.inner_text()
    page.get_by_role("button", name="Only layer 2 ✕").click()
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


def test_a_click_on_the_treemap_shows_the_files_that_are_there(report: Path, opened: Opened) -> None:
    page = opened(report).page
    page.get_by_label("Group by").select_option("instruction")
    page.get_by_label("Size").select_option("wasted")
    shown = page.locator(".map:visible")
    assert shown.count() == 1
    assert shown.locator("figcaption").inner_text() == "Wasted bytes by instruction: 2.0 MB"
    shown.locator("a[data-only='layer:0']").first.click()
    assert rows(page) == ["usr/bin/tool"], "of the layer, the wasted ones"


def test_a_tile_s_files_have_the_tile_s_bytes(report: Path, opened: Opened) -> None:
    page = opened(report).page
    page.locator(".map:visible a[data-only='below:usr/lib/app/']").click()
    assert page.get_by_role("status").inner_text() == "240 of 244 files, 2.2 MB"
    assert "usr/lib/app/: 2.2 MB" in page.locator(".map:visible").text_content()
    page.get_by_role("button", name="Only usr/lib/app/").click()
    page.get_by_role("status").get_by_text("244 of").wait_for()


def test_a_package_s_files_can_be_asked_for(tmp_path: Path, opened: Opened) -> None:
    status = "Package: a\nVersion: 1\nStatus: install ok installed\nArchitecture: all\n\n"
    given = analysis(
        step(
            file("var/lib/dpkg/status", status.encode()),
            file("var/lib/dpkg/info/a.list", b"/.\n/usr\n/usr/one\n/usr/two\n"),
            *(file(f"usr/{name}", name.encode()) for name in ("one", "two", "three")),
        )
    )
    page = opened(write_report(tmp_path / "packages.html", given)).page
    page.get_by_role("link", name="a 1").last.click()
    assert sorted(rows(page)) == ["usr/one", "usr/two"]


def test_nothing_moves_while_it_loads(report: Path, chromium: Any) -> None:
    page = chromium.new_page(viewport={"width": 1200, "height": 900})
    page.add_init_script(
        """window.moved = [];
        new PerformanceObserver((list) => window.moved.push(...list.getEntries().map((entry) => entry.value)))
            .observe({type: "layout-shift", buffered: true});"""
    )
    page.goto(f"{report.as_uri()}#packages")
    page.locator("#found:not(:empty)").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("window.moved") == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_of_it_keeps_anybody_out(scheme: str, width: int, tmp_path: Path, opened: Opened) -> None:
    """axe-core, which knows contrast, names, roles and the order of headings."""
    new = ordinary(parts=9)  # what axe does takes time with every element
    old = analysis(step(file("etc/os-release", b"y" * 900), by="ADD base.tar /"))
    page = opened(write_comparison(tmp_path / "r.html", old, new), width=width, scheme=scheme).page
    assert serious_violations(page) == []


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_many_images_share_is_a_matrix_of_text(scheme: str, tmp_path: Path, opened: Opened) -> None:
    path = tmp_path / "sharing.html"
    path.write_bytes(html_sharing(hostile_sharing(HOSTILE[4:9])))
    watched = opened(path, scheme=scheme, width=390)
    page = watched.page
    assert (watched.requests, watched.complaints) == ([watched.url], [])
    matrix = page.locator("table.matrix tbody tr")
    assert matrix.count() == 5
    assert len(set(matrix.first.locator("td.n").all_inner_texts()[1:])) == 1, "all share the base"
    assert page.locator("main img, main error").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert serious_violations(page) == []


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
