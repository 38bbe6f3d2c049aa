"""Numbers for people are decimal, as Docker prints them, and never claim more than they know."""

from __future__ import annotations

import pytest

from layerscope.report.fit import cut_middle
from layerscope.report.units import count, percent, plural, size


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1500, "1.5 kB"),
        (999_999, "1.0 MB"),
        (96_100_000, "96.1 MB"),
        (1_230_000_000, "1.2 GB"),
    ],
)
def test_sizes_are_decimal(size_bytes: int, text: str) -> None:
    assert size(size_bytes) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0 %"),
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33.3 %"),
        (1, 10_000_000, "<0.1 %"),
        (9_999_999, 10_000_000, "99.9 %"),
    ],
)
def test_a_share_is_0_or_100_percent_only_if_it_is(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_counts_are_grouped_and_nouns_agree() -> None:
    assert count(1_204_000) == "1,204,000"
    assert [plural(n, "file") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
    assert plural(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("short", 10, "short"),
        ("abcdefghijklmnop", 10, "abcde...op"),
        ("日本語日本語", 12, "日本語日本語"),
        ("日本語日本語", 9, "日本...語"),
        ("abcdef", 3, "..."),
        ("abcdef", 0, ""),
    ],
)
def test_the_middle_is_cut_and_wide_characters_count_twice(text: str, width: int, cut: str) -> None:
    assert cut_middle(text, width) == cut
