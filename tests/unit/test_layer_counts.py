"""Per-layer counts: a path counts once, for what it was before the layer and is after it."""

from __future__ import annotations

import pytest

from layerscope.rootfs.change import LayerChanges
from tests.builders import Member, analyzed, directory, file, hardlink, layer, whiteout


def last(*stack: list[Member]) -> LayerChanges:
    return analyzed(*(layer(*members, written_by="raw") for members in stack)).layers[-1].changes


@pytest.mark.parametrize(
    ("stack", "counts"),
    [
        ([[file("d/x", b"1")], [file("d/x", b"22"), file("d", b"f")]], (0, 1, 1, 0)),
        (
            [[directory("d"), file("d/x", b"1")], [whiteout("d"), directory("d"), file("d/x", b"1")]],
            (0, 0, 0, 2),
        ),
        ([[file("a", b"1")], [directory("d"), hardlink("d/l", to="a"), file("d", b"f")]], (1, 0, 0, 0)),
        ([[file("a", b"1"), file("b", b"2")], [hardlink("b", to="a")]], (0, 1, 0, 0)),
        ([[file("a", b"1")], [file("a", b"2"), file("a", b"33")]], (0, 1, 0, 0)),
        ([[file("a", b"1")], [file("a", b"1")]], (0, 0, 0, 1)),
        ([[file("d/x", b"1"), file("d/y", b"1")], [whiteout("d"), file("d/y", b"2")]], (0, 2, 1, 0)),
        ([[file("a", b"1"), hardlink("b", to="a")], [hardlink("b", to="a", mode=0o600)]], (0, 1, 0, 0)),
    ],
)
def test_a_path_counts_once(stack: list[list[Member]], counts: tuple[int, int, int, int]) -> None:
    """The second case: `d` was implied by nothing, it had an entry, and has an equal one again."""
    changes = last(*stack)
    assert (changes.added, changes.modified, changes.removed, changes.unchanged) == counts


def test_only_what_stays_counts_as_added_bytes() -> None:
    changes = last([], [file("a", b"12345"), file("a", b"1"), file("d/b", b"123"), file("d", b"12")])
    assert (changes.added, changes.added_bytes) == (2, 3)


def test_a_hard_link_over_a_lower_name_is_no_duplicate() -> None:
    notices = last([file("a", b"1"), file("b", b"2")], [hardlink("b", to="a")]).notices
    assert {notice.code for notice in notices} == {"link-to-lower-layer"}


def test_a_duplicate_is_noticed_with_its_whole_path() -> None:
    notices = last([], [file("usr/lib/x", b"1"), file("usr/lib/x", b"2")]).notices
    assert [(notice.code, notice.path) for notice in notices] == [("duplicate-entry", b"usr/lib/x")]
