"""LS317: what must not be in any layer."""

from __future__ import annotations

from tests.analyses import analysis, step
from tests.budget_cases import measured
from tests.builders import directory, file, symlink


def test_what_a_later_layer_removes_is_still_there() -> None:
    found = measured("forbidden-path", pattern="app/a")
    assert (found.value, [place.layer for place in found.locations]) == (1, [1])


def test_empty_files_directories_and_links_count() -> None:
    given = analysis(step(directory(".git"), file(".git/HEAD"), symlink("key.pem", "x")))
    assert measured("forbidden-path", given, "**/.git").value == 1
    assert measured("forbidden-path", given, ".git").value == 2
    assert measured("forbidden-path", given, "**/*.pem").value == 1
    assert measured("forbidden-path", given, "**/*.key").value == 0
