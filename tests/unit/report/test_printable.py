"""Text of an image cannot act on the terminal that shows it."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.report.json import encode_line
from layerscope.report.printable import UNSAFE, path_text, printable, without_surrogates


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("line\nnext\r\t", "line\\nnext\\r\\t"),
        ("\x7f\x9b31m", "\\x7f\\x9b31m"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\udce9", "\\udce9"),
        ("naïve 日本 🦀", "naïve 日本 🦀"),
    ],
)
def test_characters_that_act_become_visible(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(codec="utf-8")))
def test_nothing_that_acts_is_left(text: str) -> None:
    """Unicode's own classes are the judge: controls, and what turns the direction of writing."""
    shown = printable(text)
    assert UNSAFE.search(shown) is None
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Zl", "Zp", "Cs"}
    assert not {unicodedata.bidirectional(c) for c in shown} & {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
    }


@pytest.mark.parametrize(
    ("path", "shown"),
    [(b"caf\xc3\xa9", "café"), (b"caf\xe9", "caf\\xe9"), (b"a\x1b[31m\xff", "a\\x1b[31m\\xff")],
)
def test_paths_show_the_bytes_that_are_no_text(path: bytes, shown: str) -> None:
    assert path_text(path) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("##vso[task.setvariable variable=PATH]/tmp", "\\x23#vso[task.setvariable variable=PATH]/tmp"),
        ("a ##[add-mask]x", "a \\x23#[add-mask]x"),
        ("##teamcity[buildStatus text='x']", "\\x23#teamcity[buildStatus text='x']"),
        ("::set-output name=x::y", "\\x3a:set-output name=x::y"),
        ("  ::Error::y", "  \\x3a:Error::y"),
        ("### heading [link]", "### heading [link]"),
        ("std::vector<int>::size", "std::vector<int>::size"),
        ("Test::Warnings.3pm", "Test::Warnings.3pm"),
    ],
)
def test_what_a_ci_service_would_obey_is_no_command_any_more(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_json_cannot_command_a_ci_service_and_stays_what_it_is() -> None:
    value = "##vso[task.setvariable variable=PATH]/tmp ##[x] \u202e##y[z]"
    line = encode_line(value)
    assert b"##" not in line
    assert msgspec.json.decode(line) == value


def test_surrogates_are_replaced_and_the_rest_stays() -> None:
    assert without_surrogates("a\udce9b🦀") == "a\ufffdb🦀"
