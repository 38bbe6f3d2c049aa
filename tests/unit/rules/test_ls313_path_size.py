"""LS313: live files at some paths."""

from __future__ import annotations

import pytest

from tests.budget_cases import measured


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("app", 240),
        ("/app/", 240),
        ("app/*", 240),
        ("app/b", 200),
        ("**/c", 40),
        ("**", 740),
        ("ap", 0),
        ("*", 0),
        ("etc/more", 0),
    ],
)
def test_a_pattern_is_a_file_a_directory_or_a_glob(pattern: str, size: int) -> None:
    assert measured("path-size", pattern=pattern).value == size


def test_the_places_are_layers_with_their_largest_files() -> None:
    places = measured("path-size", pattern="**").locations
    assert [(p.layer, p.directory, [f.path for f in p.paths]) for p in places] == [
        (0, b"etc", [b"etc/os"]),
        (1, b"app", [b"app/b"]),
        (2, b"app", [b"app/c"]),
    ]
    assert measured("path-size", pattern="etc").in_base
