"""A rule is one file, one test file and one page, and is found by its name alone."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerscope.report.rule_pages import SECTIONS
from layerscope.rules.base import Rule
from layerscope.rules.measuring import Budget
from layerscope.rules.registry import everything
from tests.architecture.house import PACKAGE, REPOSITORY

TESTS = REPOSITORY / "tests" / "unit" / "rules"
FILES = sorted(path for path in (PACKAGE / "rules").glob("*/*.py") if path.stem != "__init__")
FOLDERS = {"waste": "LS1", "dockerfile": "LS2", "budget": "LS3", "hygiene": "LS4"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def rules_of(path: Path) -> list[type[Rule | Budget]]:
    """The rules that a file defines itself."""
    module = importlib.import_module(f"layerscope.rules.{path.parent.name}.{path.stem}")
    classes = inspect.getmembers(module, inspect.isclass)
    return [
        kind for _, kind in classes if issubclass(kind, Rule | Budget) and kind.__module__ == module.__name__
    ]


def page_faults(text: str) -> Iterator[str]:
    """What keeps a docstring from being a page."""
    title, *rest = re.split(r"(?m)^## +(.+?) *$", inspect.cleandoc(text))
    if not re.fullmatch(r"[^\n]{1,75}\.\n*", title):
        yield "the title is not one line with a period"
    if tuple(rest[::2]) != SECTIONS:
        yield f"the sections are {rest[::2]}"
    sections = zip(rest[::2], rest[1::2], strict=True)
    yield from (f"{heading} says nothing" for heading, body in sections if not body.strip())


@each_file
def test_a_file_has_one_rule_and_is_named_after_it(path: Path) -> None:
    (rule,) = rules_of(path)
    assert path.stem == f"{rule.id}_{rule.name}".lower().replace("-", "_")
    assert rule.id.startswith(FOLDERS[path.parent.name])


@each_file
def test_a_rule_has_one_test_file(path: Path) -> None:
    number = path.stem.partition("_")[0]
    assert [found.stem for found in TESTS.glob(f"test_{number}_*.py")] == [f"test_{path.stem}"]


@each_file
def test_the_docstring_of_a_rule_is_its_page(path: Path) -> None:
    module = importlib.import_module(f"layerscope.rules.{path.parent.name}.{path.stem}")
    assert list(page_faults(module.__doc__ or "")) == []


def test_every_file_is_found_and_no_id_or_name_comes_twice() -> None:
    ids, names = [rule.id for rule in everything()], [rule.name for rule in everything()]
    assert ids == sorted(path.stem.partition("_")[0].upper() for path in FILES)
    assert len(set(ids)) == len(set(names)) == len(FILES)
    assert all(re.fullmatch(r"LS\d{3}", rule_id) for rule_id in ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_every_test_file_of_a_rule_has_its_rule() -> None:
    tested = {path.stem.removeprefix("test_") for path in TESTS.glob("test_ls[0-9]*.py")}
    assert tested - {path.stem for path in FILES} == set()


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("A.\n\n## What it finds\n\nx\n\n## Why it matters\n\nx\n\n## How to fix it\n\nx", 0),
        ("A\nb.\n\n## What it finds\n\nx\n\n## Why it matters\n\nx\n\n## How to fix it\n\nx", 1),
        ("A.\n\n## Why it matters\n\nx\n\n## What it finds\n\nx\n\n## How to fix it\n\nx", 1),
        ("A.\n\n## What it finds\n\n\n\n## Why it matters\n\nx\n\n## How to fix it\n\nx", 1),
    ],
)
def test_a_page_that_is_none_is_seen(text: str, faults: int) -> None:
    assert len(list(page_faults(text))) == faults
