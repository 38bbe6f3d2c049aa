"""The Markdown report: tables that stay tables whatever an image says."""

from __future__ import annotations

import re

from layerscope.errors import Truncated
from layerscope.notices import Notice, Severity
from layerscope.report.markdown import markdown_report
from tests.analyses import analysis, step
from tests.builders import file, whiteout

CELL = re.compile(r"(?<!\\)\|")


def test_figures_layers_causes_and_paths_are_there() -> None:
    text = markdown_report(
        analysis(
            step(file("d/a", b"x" * 1000), file("d/b", b"x" * 2000), by="COPY d /d # buildkit"),
            step(whiteout("d"), by="RUN /bin/sh -c rm -rf /d # buildkit"),
        ),
        None,
    )
    assert text.startswith("## `app:1`\n\n**3.0 kB wasted** (100 % of 3.0 kB stored)")
    assert "| 0 | `COPY d /d` | 3.0 kB |" in text
    assert "| `removed` | 3.0 kB | 100 % |" in text
    row = (
        "| `all 2 files in d/, largest b, 2.0 kB` | layer 0 `COPY d /d` | layer 1 `RUN rm -rf /d` | removed |"
    )
    assert f"| 3.0 kB {row}" in text


def test_an_image_without_waste_has_no_tables_of_waste() -> None:
    text = markdown_report(analysis(step(file("a", b"x"))), None)
    assert "**No wasted bytes** (1 B stored)" in text
    assert "cause" not in text


def test_no_text_of_an_image_leaves_its_code_span_or_its_cell() -> None:
    evil = "a`b``c|d @someone #1 <img src=x> \x1b[31m"
    given = analysis(
        step(file(evil, b"x"), by=f"RUN {evil}\n\n# heading # buildkit"),
        step(whiteout(evil)),
        tags=(evil,),
        notices=(Notice("x", Severity.WARNING, evil, 0),),
    )
    text = markdown_report(given, None)
    assert "\x1b" not in text
    tables = [line for line in text.split("\n") if line.startswith("|")]
    assert {len(CELL.findall(line)) for line in tables} == {8, 6, 5}  # seven columns, five, or four
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)
    outside = re.sub(r"(?m)^#+ |^\| # |^</?details>|<summary>Layers.*</summary>", "", outside)
    assert not set("@#<") & set(outside)


def test_a_partial_result_says_so() -> None:
    given = analysis(step(file("a", b"x"), error=Truncated("ends early")), step(file("b", b"x")))
    assert "**Partial:** layer 0 could not be read in full." in markdown_report(given, None)
    assert "no wasted bytes" not in markdown_report(given, None).lower()
