"""Several suggestions in one file: each instruction is changed by one of them."""

from __future__ import annotations

import pytest

from layerscope.advice.improve import compatible
from layerscope.advice.independence import Trust
from layerscope.advice.suggesting import together
from layerscope.advice.suggestions.base import Edit, Suggestion
from layerscope.advice.suggestions.changing import applied
from layerscope.advice.suggestions.registry import all_kinds, known_kinds
from layerscope.dockerfile.read import read_dockerfile
from layerscope.errors import UsageError
from tests.cli.running import REPOSITORY
from tests.unit.advice.cases import advised, instructions

TEXT = """\
# syntax=docker/dockerfile:1
FROM debian
RUN npm ci
RUN npm cache clean --force
RUN pip install x
"""


def test_the_first_of_two_that_change_one_instruction_joins() -> None:
    kinds = frozenset({"cache-mount", "merge-cleanup"})
    advice = advised(TEXT, {"a": ""}, kinds=kinds)
    joined = {each.id: each.joins for each in advice.suggestions}
    assert joined == {"cache-mount:3": False, "merge-cleanup:3": True, "cache-mount:5": True}
    assert advice.safe is not None
    assert instructions(advice.safe.text)[1:] == [
        "RUN npm ci && npm cache clean --force",
        "RUN --mount=type=cache,target=/root/.cache/pip pip install x",
    ]
    text, done = together(read_dockerfile(TEXT.encode(), "f"), advice.suggestions)
    assert [each.id for each in done] == ["cache-mount:3", "cache-mount:5"]
    assert text.count("--mount") == 2


def test_another_run_finds_what_was_left() -> None:
    once = advised(TEXT, {"a": ""})
    assert once.safe is not None
    again = advised(once.safe.text, {"a": ""}, kinds=frozenset({"cache-mount"}))
    assert [each.id for each in again.suggestions if each.joins] == ["cache-mount:3", "cache-mount:4"]


def test_what_is_only_about_an_instruction_is_no_obstacle() -> None:
    def made(kind: str, *edits: Edit, lines: tuple[int, ...] = (1,)) -> Suggestion:
        return Suggestion(
            kind=kind, stage="", lines=lines, what="", reasons=(), trust=Trust.PROVED, edits=edits
        )

    one, two = made("one", Edit(0, 1, "x")), made("two", Edit(5, 6, "y"))
    advice, other = made("advice"), made("other", Edit(1, 2, "z"), lines=(2,))
    assert compatible([advice, one, two]) == [advice, one]
    assert compatible([one, other]) == [one]  # they touch
    with pytest.raises(ValueError, match="overlap"):
        applied("abcdef", [Edit(0, 3, ""), Edit(2, 4, "")])


def test_kinds_have_names_that_are_told_apart() -> None:
    names = [kind.kind for kind in all_kinds()]
    assert len(set(names)) == len(names) > 10
    assert known_kinds(["copy-link"]) == {"copy-link"}
    with pytest.raises(UsageError, match="not one of bind-mount"):
        known_kinds(["copy-links"])


@pytest.mark.parametrize("page", ["decisions/0028-transformations.md", "how-to/order-a-dockerfile.md"])
def test_every_kind_has_its_line(page: str) -> None:
    text = (REPOSITORY / "docs" / page).read_text()
    assert [kind.kind for kind in all_kinds() if f"| `{kind.kind}` |" not in text] == []
