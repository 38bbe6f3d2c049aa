"""The pages of the rules, from docstrings to text, Markdown and JSON."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import jsonschema
import pytest

from layerscope.report.rule_pages import rule_page, rules_json, rules_markdown, rules_text
from layerscope.report.schema import schema_text
from layerscope.rules.base import Rule
from layerscope.rules.registry import all_rules

PAGE = """Things that are too much, in some words.

## What it finds

A paragraph of so many words that it has to be wrapped in a terminal that is
only fifty columns wide.

* a point of a list that is rather long for a line, too
* another

## Why it matters

It does.

## How to fix it

Do:

    RUN make && \\
        rm -rf something-with-a-name-that-is-longer-than-fifty-columns
"""


@pytest.fixture
def rule(monkeypatch: pytest.MonkeyPatch) -> Rule:
    """A rule whose module has the docstring."""
    module = ModuleType("some_rule", PAGE)
    monkeypatch.setitem(sys.modules, "some_rule", module)
    kind = type(
        "Some", (Rule,), {"id": "LS199", "name": "some-rule", "check": None, "__module__": "some_rule"}
    )
    return kind()  # type: ignore[abstract, no-any-return]


def test_text_is_wrapped_and_examples_are_not(rule: Rule) -> None:
    assert rules_text([rule], width=50, color=False).split("\n") == [
        "LS199 some-rule: Things that are too much, in some",
        "words",
        "At most: warning",
        "",
        "What it finds",
        "",
        "A paragraph of so many words that it has to be",
        "wrapped in a terminal that is only fifty columns",
        "wide.",
        "",
        "* a point of a list that is rather long for a",
        "  line, too",
        "* another",
        "",
        "Why it matters",
        "",
        "It does.",
        "",
        "How to fix it",
        "",
        "Do:",
        "",
        "    RUN make && \\",
        "        rm -rf something-with-a-name-that-is-longer-than-fifty-columns",
        "",
    ]


def test_color_is_for_headings_alone(rule: Rule) -> None:
    colored = rules_text([rule], width=50, color=True)
    assert colored.count("\x1b[1m") == 4
    assert "\x1b[1mWhat it finds\x1b[0m" in colored


def test_markdown_has_the_docstring_as_it_stands(rule: Rule) -> None:
    shown = rules_markdown([rule])
    assert shown.startswith(
        "# LS199: Things that are too much, in some words\n\nName: `some-rule`. At most: warning."
    )
    assert shown.endswith(PAGE[PAGE.index("## What") :])


def test_a_page_has_its_sections(rule: Rule) -> None:
    page = rule_page(rule)
    assert (page.id, page.name, page.title) == (
        "LS199",
        "some-rule",
        "Things that are too much, in some words",
    )
    assert page.why_it_matters == "It does."
    assert page.how_to_fix_it.startswith("Do:\n\n    RUN make")


def test_several_rules_are_a_table() -> None:
    shown = rules_text(all_rules(), width=80, color=False)
    assert max(map(len, shown.split("\n"))) <= 80
    assert f"{len(all_rules())} rules; " in shown
    assert "| [LS101](LS101.md) | `removed-later` | warning |" in rules_markdown(all_rules())


def test_json_follows_the_schema() -> None:
    document = json.loads(rules_json(all_rules()))
    schema = json.loads(schema_text("rules.schema.json"))
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    assert [rule["id"] for rule in document["rules"]] == [rule.id for rule in all_rules()]
    assert all(all(rule.values()) for rule in document["rules"])
