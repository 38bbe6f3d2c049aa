"""An image whose names, history, labels and tags would do something, through every command that shows them.

In HTML a browser tells (tests/browser); the dialects of CI services have tests of their own.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from layerscope.report.printable import UNSAFE
from tests.builders import file, layer, whiteout
from tests.cli.conftest import saved
from tests.cli.running import Ended, environment, layerscope
from tests.told import HOSTILE

LONG = "RUN " + "<b>`|\n" * 200_000
"""A megabyte of one instruction."""
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "x;=1+1")


def names() -> Iterator[bytes]:
    for text in (*HOSTILE, *FORMULAS):
        yield text.replace("/", "%").replace("\0", "").encode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each hostile text as a path that is removed later, as one that stays, and in every document."""
    texts = [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for text in HOSTILE]
    removed = layer(*(file(b"gone/" + name, b"x" * 9000) for name in names()))
    kept = layer(whiteout("gone"), *(file(name, b"y" * 50) for name in names()))
    history = [f"RUN {text}" for text in texts] + [LONG]
    stored = [removed, kept, *(layer(file(f"n{number}", b"n")) for number in range(len(history) - 2))]
    labels = {text: text for text in texts}
    return saved(
        tmp_path_factory.mktemp("hostile") / "app.tar",
        *stored,
        history=tuple({"created_by": text, "comment": text} for text in history),
        tags=tuple(f"registry.example/{number}:{text}" for number, text in enumerate(texts)),
        execution={"Labels": labels, "Env": [f"A{n}={text}" for n, text in enumerate(texts)]},
    )


def ran(*arguments: object) -> Ended:
    ended = layerscope(*arguments, env=environment(COLUMNS="200"))
    assert ended.code == 0, ended.err
    assert len(ended.out) < 8_000_000
    return ended


COMMANDS = (
    ("inspect", "{}"),
    ("inspect", "{}", "--color", "always"),
    ("files", "{}"),
    ("diff", "{lean}", "{}"),
    ("share", "{}", "{lean}"),
)


def given(arguments: tuple[str, ...], hostile: Path) -> list[str]:
    lean = Path(__file__).parents[2] / "sample_images" / "lean.tar"
    return [each.format(hostile, lean=lean) for each in arguments]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_on_a_terminal_it_shows_up_and_does_nothing(arguments: tuple[str, ...], hostile: Path) -> None:
    text = ran(*given(arguments, hostile)).text
    colors = re.compile(r"\x1b\[[\d;]*m")
    assert [found for found in UNSAFE.findall(colors.sub("", text)) if found != "\n"] == []
    assert not re.search(r"^\s*::|##vso\[|##\[", text, re.MULTILINE)
    assert "\\x1b]0;title" in text or arguments[0] == "share"


MARKDOWN = (
    ("inspect", "{}", "--format", "markdown"),
    ("diff", "{lean}", "{}", "--format", "markdown"),
    ("share", "{}", "{lean}", "--format", "markdown"),
)


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from inline(token.children or [])


@pytest.mark.parametrize("arguments", MARKDOWN, ids=" ".join)
def test_in_markdown_it_is_text(arguments: tuple[str, ...], hostile: Path) -> None:
    """No element, link, picture or heading but our own; nobody is notified."""
    text = ran(*given(arguments, hostile)).text
    tokens = list(inline(MarkdownIt("commonmark").enable("table").parse(text)))
    elements = [token.content for token in tokens if token.type in ("html_inline", "html_block")]
    allowed = re.compile(r"(</?(details|summary|b|br|sub)>|<!--[^<>]*-->|[^<>])*")
    assert [each for each in elements if not allowed.fullmatch(each) or "x -->" in each] == []
    assert [token.attrs for token in tokens if token.type in ("image", "link_open")] == []
    assert not any("@everyone" in token.content for token in tokens if token.type == "text")
    assert [found for found in UNSAFE.findall(text) if found != "\n"] == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_in_a_spreadsheet_nothing_is_a_formula(delimiter: str, hostile: Path) -> None:
    text = ran("files", hostile, "--format", "csv").text
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    signs = ("=", "+", "@", "\t", "\r", "-")
    assert [cell for row in rows for cell in row if cell.startswith(signs) and not cell[1:].isdigit()] == []
    assert len(rows) == 1 + len(list(names())) + 9


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)


@pytest.mark.parametrize("others", [(), ("{lean}",), ("{lean}", "{opaque}")])
def test_in_html_there_is_no_element_but_ours(others: tuple[str, ...], hostile: Path) -> None:
    samples = Path(__file__).parents[2] / "sample_images"
    paths = [each.format(lean=samples / "lean.tar", opaque=samples / "opaque.tar") for each in others]
    text = ran("report", *paths, hostile).text
    elements = _Elements()
    elements.feed(text)
    assert not {"img", "error", "iframe", "object", "link", "base", "form"} & set(elements.found)
    assert elements.found.count("script") == (4 if len(others) < 2 else 2)
    assert elements.found.count("b") < 100, "not those of the megabyte"
    assert "&lt;img src=x onerror=y&gt;" in text or len(others) > 1, "which shows no paths of one image"


def test_for_machines_it_is_what_it_was(hostile: Path) -> None:
    lines = ran("files", hostile, "--format", "jsonl").text.splitlines()
    paths = [json.loads(line)["path"] for line in lines]
    assert "=1+1" in paths
    assert next(name for name in paths if "onerror" in name) in HOSTILE[5].replace("/", "%")
