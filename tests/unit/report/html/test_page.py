"""The page: what it is made of, and that nothing in it can get out of its place."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest

from layerscope.analysis.analyze import Analysis
from layerscope.api import examine
from layerscope.report.html.files import FileRows, file_rows
from layerscope.report.html.page import html_report
from layerscope.report.html.payload import bounded_payload, file_payload
from tests.analyses import analysis, step
from tests.builders import file, hardlink, symlink, whiteout
from tests.findings import with_base
from tests.told import HOSTILE
from tests.verdicts import budget, verdict


def small() -> Analysis:
    return analysis(
        step(file("usr/a", b"x" * 300), file("usr/b", b"y" * 200), hardlink("usr/c", to="usr/b")),
        step(whiteout("usr/a"), file("d", b"z" * 50), symlink("e", to="d"), by="RUN rm /usr/a # buildkit"),
    )


def page(given: Analysis, **more: object) -> str:
    return html_report(given, examine(given), **more).decode()  # type: ignore[arg-type]


def payload(text: str) -> dict[str, list[object]]:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def test_every_stored_byte_is_in_the_files_once() -> None:
    given = small()
    rows = file_rows(given).rows
    assert [(row.path, row.size, row.layer, row.hidden_in) for row in rows] == [
        (b"d", 50, 1, None),
        (b"e", 0, 1, None),
        (b"usr/a", 300, 0, 1),
        (b"usr/b", 200, 0, None),
        (b"usr/c", 0, 0, None),
    ]
    assert sum(row.size for row in rows) == given.ledger.stored_bytes
    assert sum(row.size for row in rows if row.cause) == given.ledger.wasted_bytes


def test_of_too_many_files_the_largest_are_kept_and_the_rest_is_told() -> None:
    files = file_rows(small()).largest(2)
    assert [row.path for row in files.rows] == [b"usr/a", b"usr/b"]
    assert (files.left_out, files.left_out_bytes) == (3, 50)
    assert files.largest(1).left_out_bytes == 250
    assert files.largest(2) == files


def test_the_data_never_takes_more_than_it_may() -> None:
    given = analysis(step(*(file(f"srv/{'n' * 200}{number}", b"x" * number) for number in range(300))))
    rows, text = bounded_payload(file_rows(given), [], 20_000)
    assert 10_000 < len(text.encode()) <= 20_000
    assert rows.left_out == 300 - len(rows.rows) > 0
    assert min(row.size for row in rows.rows) == rows.left_out, "the smallest are left out"
    shown = page(given, most_bytes=20_000)
    assert f"{rows.left_out} smaller files with" in shown
    assert "Live bytes by directory: 44.9 kB" in shown, "drawings have all of them"


def test_the_data_says_what_the_rows_say() -> None:
    document = json.loads(file_payload(file_rows(small()), ["bash 5 (deb)"]))
    assert document == {
        "directories": ["", "usr"],
        "counts": [2, 3],
        "names": ["d\ne", "a\nb\nc"],
        "sizes": [50, 0, 300, 200, 0],
        "layers": [1, 2, 0, 3],
        "packages": [-1, 5],
        "causes": [0, 2, 4, 1, 0, 2],
        "hiders": [-1, 2, 1, 1, -1, 2],
        "labels": {"packages": [""], "causes": document["labels"]["causes"]},
    }
    assert document["labels"]["causes"][4] == "removed"
    owned = file_rows(small()).rows[0]
    text = file_payload(FileRows((replace(owned, package=1),)), ["unused", "bash 5 (deb)"])
    assert json.loads(text)["labels"]["packages"] == ["", "bash 5 (deb)"]


def test_the_policy_names_the_script_and_the_style_that_are_there() -> None:
    text = page(small())
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', text)
    assert len(scripts) == 3
    for element in (style, *scripts):
        digest = base64.b64encode(hashlib.sha256(element.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy.replace("&#39;", "'").replace("&#43;", "+")
    assert policy.startswith("default-src &#39;none&#39;")
    assert not re.search(r"\sstyle=|\son\w+=|https?://", text)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_of_an_image_stays_in_its_element(hostile: str) -> None:
    """One element for data, three scripts, one style, whatever names hold."""
    name = hostile.replace("/", "%").encode("utf-8", "surrogateescape").replace(b"\0", b"") or b"x"
    given = analysis(step(file(name, b"x"), by=f"RUN {hostile}"), tags=(hostile,), reference="</title>" + "x")
    text = page(given, dockerfile=f"FROM x\nRUN {hostile}\n", verdict=verdict(budget(subject=hostile)))
    assert text.count("<script") == text.count("</script>") == 4
    assert "<img" not in text
    assert "<error" not in text
    assert "<!-- " not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert sum(map(len, payload(text)["names"])) > 0  # type: ignore[arg-type]


def test_the_same_image_gives_the_same_bytes() -> None:
    assert page(small()) == page(small())


def test_what_the_gate_said_stands_at_the_top() -> None:
    text = page(small(), verdict=verdict(budget()))
    assert text.index("The gate failed.") < text.index('id="layers"')
    assert "the image is larger than allowed: 812.3 MB, at most 800.0 MB" in text
    assert "The gate passed." in page(small(), verdict=verdict())
    assert "could not be read in full" in page(small(), verdict=verdict(undecided="layer 1: truncated"))


def test_layers_of_the_base_are_told_apart() -> None:
    text = page(with_base(small(), 1))
    rows = re.findall(r'<tr id="layer-\d" data-layer="(\d)"( class="is-base")?>', text)
    assert rows == [("0", ' class="is-base"'), ("1", "")]


def test_a_long_instruction_is_folded_and_all_of_it_is_there() -> None:
    text = page(analysis(step(file("a", b"x"), by="RUN " + "y" * 5000)))
    assert text.count("y" * 5000) == 1
    assert re.search(r'<summary class="instruction">RUN y+\.\.\.y+</summary>', text)


def test_an_image_that_could_not_be_read_in_full_says_so_first() -> None:
    text = page(analysis(step(file("a", b"x")), step(file("b", b"y"), absent="foreign layer")))
    assert text.index("layer 1 could not be read in full") < text.index('class="figures"')


def test_an_image_without_anything_is_a_page() -> None:
    text = page(analysis())
    assert "0 layers" in text
    assert 'id="space"' not in text
