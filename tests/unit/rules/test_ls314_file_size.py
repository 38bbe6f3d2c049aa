"""LS314: the largest live file."""

from __future__ import annotations

from tests.budget_cases import measured


def test_hidden_files_do_not_count() -> None:
    found = measured("file-size")
    assert (found.value, found.in_base) == (500, True)
    assert [place.layer for place in found.locations] == [0, 1, 2]


def test_a_pattern_narrows_it() -> None:
    found = measured("file-size", pattern="app/**")
    assert (found.value, found.in_base) == (200, False)
    assert measured("file-size", pattern="nothing").value == 0
