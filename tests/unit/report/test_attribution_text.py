"""Findings, packages and the base image as a person reads them, in text and in Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.image.history import DockerfileMatch
from layerscope.report.markdown import markdown_report
from layerscope.report.text import text_report
from layerscope.report.text_options import TextOptions
from layerscope.rules.finding import Finding, Role, Severity
from tests.analyses import analysis, step
from tests.builders import file, whiteout
from tests.findings import LINES, finding, location, package, with_base, with_packages

GIVEN = analysis(
    step(file("a", b"x" * 700), file("c/d", b"x" * 300), by="COPY . / # buildkit"),
    step(file("b", b"x" * 50), whiteout("c"), by="RUN rm -r c # buildkit"),
)
LISTS = location(
    (b"var/lib/apt/lists/a", 40_000_000),
    (b"var/lib/apt/lists/b", 5),
    files=12,
    directory=b"var/lib/apt/lists",
)


def text(given: Analysis, findings: Sequence[Finding] | None = None, **options: Any) -> str:
    return text_report(given, findings, TextOptions(**{"width": 100, **options}))


def section(shown: str, title: str) -> list[str]:
    """The lines of one section, without its title."""
    lines = shown.split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith(title))
    end = lines.index("", start)
    return lines[start + 1 : end]


def test_a_finding_says_what_where_and_what_to_do() -> None:
    here = replace(LISTS, instruction=location(lines=LINES).instruction)
    hidden = location(layer=1, role=Role.HIDDEN, by="RUN rm -r c # buildkit")
    shown = section(text(GIVEN, [finding(40_000_005, here, hidden, wasted_bytes=40_000_005)]), "Findings")
    assert shown == [
        "   40.0 MB  warning  LS199 some-rule: caches are stored",
        "            stored by layer 0  :7-9  RUN make && rm -rf x && true",
        "              12 files in var/lib/apt/lists/, largest a, 40.0 MB",
        "            hidden by layer 1  RUN rm -r c",
        "            fix: remove them",
        "                 RUN make && rm -rf x",
    ]


def test_few_paths_are_named_each() -> None:
    shown = section(text(GIVEN, [finding(30, location((b"x/a", 20), (b"y/b", 10)))]), "Findings")
    assert [line.strip() for line in shown[2:4]] == ["x/a (20 B)", "y/b (10 B)"]


def test_paths_without_bytes_are_named_though_there_are_many() -> None:
    """Of secrets it matters which they are."""
    keys = [(b"root/key%d" % number, 0) for number in range(5)]
    shown = section(text(GIVEN, [finding(0, location(*keys, files=9, directory=b"root"))]), "Findings")
    assert [line.strip() for line in shown[2:8]] == [*(f"root/key{n}" for n in range(5)), "and 4 more files"]


def test_many_files_all_over_the_root_are_counted() -> None:
    shown = section(text(GIVEN, [finding(30, location((b"x/a", 20), files=900))]), "Findings")
    assert shown[2].strip() == "900 files, largest x/a, 20 B"


def test_top_findings_are_shown_and_the_rest_is_one_line() -> None:
    many = [finding(1000 * size, LISTS, message=f"{size} caches") for size in (9, 8, 7, 6)]
    shown = section(text(GIVEN, many, top=2), "Findings")
    assert [line[:19].split()[0] for line in shown if "LS199 some" in line] == ["9.0", "8.0"]
    assert shown[-1] == "   13.0 kB  2 more findings (LS199): --top 4"


def test_a_fix_that_several_findings_share_stands_once_below_them() -> None:
    """One message stands once, too, with the bytes of all that it is about."""
    other = location((b"srv/x", 5), layer=1)
    many = [
        finding(9000, LISTS),
        finding(700, other, rule_id="LS198"),
        finding(6000, other),
        finding(500, LISTS, message="others are stored"),
    ]
    shown = section(text(GIVEN, many), "Findings")
    assert [line.strip()[:30] for line in shown] == [
        "15.0 kB  warning  LS199 some-r",
        "stored by layer 0  RUN make",
        "12 files in var/lib/apt/lists/",
        "stored by layer 1  RUN make",
        "srv/x",
        "500 B  warning  LS199 some-rul",
        "stored by layer 0  RUN make",
        "12 files in var/lib/apt/lists/",
        "fix: remove them",
        "RUN make && rm -rf x",
        "700 B  warning  LS198 some-rul",
        "stored by layer 1  RUN make",
        "srv/x",
        "fix: remove them",
        "RUN make && rm -rf x",
    ]


def test_a_command_to_copy_is_one_line_however_long() -> None:
    command = "RUN apt-get update && " + "apt-get install -y some-package && " * 9 + "true"
    assert f"\n{'':17}{command}\n" in text(GIVEN, [finding(9, LISTS, example=command)], width=80)


def test_an_error_is_shown_however_few_bytes_it_has() -> None:
    many = [finding(1000), finding(900), finding(3, severity=Severity.ERROR, message="a key is stored")]
    shown = "\n".join(section(text(GIVEN, many, top=1), "Findings"))
    assert "a key is stored" in shown
    assert "1 more finding (LS199): --top 3" in shown


def test_a_warning_that_is_not_about_bytes_is_shown_and_has_a_dash_for_them() -> None:
    many = [finding(1000), finding(900), finding(0, rule_id="LS405", message="everybody may write")]
    shown = section(text(GIVEN, many, top=1), "Findings")
    assert "         \u2013  warning  LS405 some-rule: everybody may write" in shown
    ascii_only = section(text(GIVEN, many, top=1, unicode=False), "Findings")
    assert "         -  warning  LS405 some-rule: everybody may write" in ascii_only


def test_notes_say_which_paths_and_where() -> None:
    here = location((b"srv/.git/pack", 70), lines=LINES)
    hidden = location(layer=1, role=Role.HIDDEN)
    notes = [
        finding(70, here, hidden, severity=Severity.INFO),
        finding(70, LISTS, hidden, severity=Severity.INFO, message="files of layer 0 are removed by layer 1"),
        finding(7, LISTS, severity=Severity.INFO, in_base=True),
    ]
    shown = text(GIVEN, [finding(9, LISTS), *notes], width=120)
    lists = "12 files in var/lib/apt/lists/, largest a, 40.0 MB"
    assert section(shown, "Notes") == [
        "      70 B  LS199  caches are stored  srv/.git/pack  (:7-9, hidden by layer 1)",
        f"      70 B  LS199  files of layer 0 are removed by layer 1  {lists}",
        f"       7 B  LS199  caches are stored  {lists}  (base image)",
    ]


def test_notes_are_wrapped_and_never_cut() -> None:
    long = location((b"d/" * 60 + b"f", 3))
    shown = text(GIVEN, [finding(3, long, severity=Severity.INFO, message="word " * 30)], width=60)
    assert "d/" * 60 + "f" in "".join(line.strip() for line in section(shown, "Notes"))


def test_the_header_counts_the_findings() -> None:
    given = [
        finding(5_000_000, severity=Severity.ERROR),
        finding(1_000_000),
        finding(1_000_000, severity=Severity.INFO),
    ]
    shown = " ".join(text(GIVEN, given).split())
    assert (
        "findings 1 error, 1 warning, 1 note; acting on errors and warnings frees 6.0 MB of 1.1 kB" in shown
    )
    wasted = text(GIVEN, [finding(300, wasted_bytes=200)])
    assert "acting on warnings frees 300 B of 1.1 kB (200 B wasted, 100 B live)" in wasted
    assert "findings none" in text(GIVEN, [])
    assert "findings" not in text(GIVEN, None)


def test_sections_stand_in_the_order_in_which_one_acts() -> None:
    given = with_packages(GIVEN, package("libc6", 5))
    shown = text(given, [finding(9, LISTS), finding(9, severity=Severity.INFO)])
    titles = ["Findings", "Notes", "Layers, from", "Waste by cause", "Packages"]
    places = [shown.index(f"\n{title}") for title in titles]
    assert places == sorted(places)


def test_the_costliest_paths_are_shown_where_no_finding_says_the_same() -> None:
    assert "Costliest" not in text(GIVEN, [finding(9, LISTS)])
    assert "Costliest" in text(GIVEN, None)
    assert "Costliest" in text(GIVEN, [finding(9, LISTS)], fold=False)


def test_the_header_says_how_much_of_the_dockerfile_was_found() -> None:
    match = DockerfileMatch("app/Dockerfile", "build", 3, 4)
    shown = text(replace(GIVEN, image=replace(GIVEN.image, dockerfile=match)))
    assert "lines    3 of 4 instructions of app/Dockerfile found in the image's history" in shown
    assert "\nlines  " not in text(GIVEN)


def test_the_base_is_told_apart_in_header_and_table() -> None:
    shown = text(with_base(GIVEN, 1, BaseOrigin.HISTORY))
    assert "base     layer 0, base:1, guessed from the history" in shown
    assert "1.0 kB stored, 0 B wasted by itself, 300 B by your layers" in shown
    assert "yours    layer 1: 50 B stored, 300 B made waste by them" in shown
    table = [line.strip() for line in section(shown, "Layers, from")]
    assert [line[0] for line in table] == ["#", "0", "\u2500", "1"]
    assert "--- the base image ends here ---" in text(with_base(GIVEN, 1), unicode=False)


def test_an_image_without_a_base_has_no_boundary() -> None:
    assert "base image ends" not in text(GIVEN)
    assert "base image ends" not in text(with_base(GIVEN, 2))
    assert "yours  " not in text(with_base(GIVEN, 2))
    assert "base     not recognized: all layers count as yours (--base IMAGE tells)" in text(GIVEN)


def test_a_base_that_is_only_named_is_said_to_end_nobody_knows_where() -> None:
    given = replace(GIVEN, base=BaseImage(0, BaseOrigin.NONE, "alpine:3"))
    assert "base     alpine:3; which layers are its is unknown" in text(given)


def test_packages_have_their_sums_and_the_largest_their_layer() -> None:
    packages = (package("libc6", 5000), package("six", 100, ecosystem="pypi", added_in=1), package("a", 50))
    shown = section(text(with_packages(GIVEN, *packages, unowned=(2, 90)), top=2), "Packages")
    assert shown == [
        "    5.0 kB  deb   2 packages, 2 files",
        "     100 B  pypi  1 package, 1 file",
        "      90 B  none  2 files of no package",
        "    5.0 kB  libc6 1.0 (deb), since layer 0: COPY . /",
        "     100 B  six 1.0 (pypi), since layer 1: RUN rm -r c",
    ]


def hostile() -> tuple[Analysis, list[Finding]]:
    """Text that would act on a terminal, in every place that an image can put some."""
    evil = "x\x1b[2J\u202e`|<b>@a\n::error::"
    raw = evil.encode()
    lines = replace(LINES, file=evil, text=evil)
    place = location(
        (raw, 3), (raw, 2), (raw, 1), (raw, 1), files=9, directory=raw, by=f"RUN {evil}", lines=lines
    )
    few = location((raw, 3), by=f"RUN {evil} # buildkit")
    given = with_packages(with_base(GIVEN, 1, name=evil), package(evil, 3))
    findings = [
        finding(3, place, few, message=evil, fix="remove", example=evil),
        finding(3, few, message=evil, severity=Severity.INFO),
    ]
    return given, findings


@pytest.mark.parametrize("width", [40, 80, 200])
def test_nothing_of_an_image_acts_on_the_terminal(width: int) -> None:
    shown = text(*hostile(), width=width, color=True)
    assert re.search("[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202e]", shown) is None
    assert set(re.findall("\x1b\\[[^m]*.", shown)) <= set(re.findall("\x1b\\[[\\d;]*m", shown))
    assert not any(line.startswith("::") for line in shown.split("\n"))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    given, findings = hostile()
    long = location((b"d/" * 200 + b"f", 3), files=9, directory=b"d/" * 199 + b"d", by="RUN " + "x" * 500)
    many = [*findings, finding(9, long, message="word " * 60, fix="word " * 60, example="y" * 300)]
    shown = text(with_packages(given, package("p" * 300, 3)), many, width=width)
    lines = [line for line in shown.split("\n") if "y" * 300 not in line]  # a command to copy may be longer
    assert max(cell_len(line) for line in lines) <= width


def test_markdown_has_findings_notes_base_and_packages() -> None:
    given = with_packages(with_base(GIVEN, 1), package("libc6", 5000), unowned=(2, 90))
    here = replace(LISTS, instruction=location(lines=LINES).instruction)
    shown = markdown_report(given, [finding(9000, here), finding(5, LISTS, severity=Severity.INFO)])
    assert "Base image: `layer 0, base:1, as given`. 1.0 kB stored" in shown
    assert "\nYour layers: 50 B stored, 300 B made waste by them.\n" in shown
    assert "Findings: 1 warning, 1 note; acting on warnings frees 9.0 kB of 1.1 kB" in shown
    assert "| 0 (base) | `COPY . /` |" in shown
    assert (
        "**9.0 kB, warning** LS199 `some-rule`: `caches are stored`\n\n"
        "- stored by layer 0 `:7-9` `RUN make && rm -rf x && true`\n"
        "  - `12 files in var/lib/apt/lists/, largest a, 40.0 MB`\n\n"
        "Fix: remove them\n\n"
        "```dockerfile\nRUN make && rm -rf x\n```\n"
    ) in shown
    paths = "`12 files in var/lib/apt/lists/, largest a, 40.0 MB`"
    assert f"| 5 B | LS199 `some-rule`: `caches are stored` | {paths} | `layer 0` |" in shown
    assert "| 5.0 kB | `deb` | `libc6 1.0` | layer 0: `COPY . /` |" in shown


def test_no_text_of_an_image_leaves_its_cell_in_markdown() -> None:
    shown = markdown_report(*hostile())
    assert "\x1b" not in shown
    tables = [block.split("\n") for block in shown.strip().split("\n\n") if block.startswith("|")]
    cells = [[len(re.findall(r"(?<!\\)\|", line)) for line in lines] for lines in tables]
    assert all(len(set(counts)) == 1 for counts in cells)
    outside = re.sub(r"(?ms)^(`{3,})dockerfile\n.*?^\1$", "", shown)
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", outside)
    outside = re.sub(r"(?m)^#+ |^\| # |<br>|^</?details>|<summary>Layers.*</summary>", "", outside)
    assert not set("@#<") & set(outside)


def test_markdown_shows_top_findings_and_counts_the_rest() -> None:
    shown = markdown_report(GIVEN, [finding(size, LISTS) for size in (9, 8, 7)], top=1)
    assert shown.count("some-rule") == 1
    assert "2 more findings (LS199): 15 B, `--top 3`" in shown
