"""Two layers against each other: what differs in which path, and what does not."""

from __future__ import annotations

import pytest

from layerscope.analysis.layer_difference import Aspect, LayerDifference, difference, differing_paths
from layerscope.analysis.layer_summary import LayerSummary, summarize
from tests.builders import (
    Member,
    char_device,
    directory,
    file,
    hardlink,
    layer,
    opaque,
    read_layer,
    symlink,
    whiteout,
)

LATER = 1_000_000_700


def summary(*members: Member, written_by: str = "pax") -> LayerSummary:
    return summarize(read_layer(layer(*members, written_by=written_by)))


def compared(old: list[Member], new: list[Member]) -> LayerDifference:
    return difference(summary(*old), summary(*new))


def counts(found: LayerDifference) -> dict[tuple[Aspect, ...], int]:
    return {each.aspects: each.paths for each in found.counts}


TREE = [directory("d"), file("d/a", b"aaa"), file("d/b", b"bb"), symlink("d/l", to="a")]


def test_a_layer_does_not_differ_from_itself() -> None:
    found = compared(TREE, TREE)
    assert (found.equal_paths, found.counts, found.reordered, found.same_content) == (4, (), False, True)
    assert found.same_content_bytes == 5


@pytest.mark.parametrize(
    ("changed", "aspects"),
    [
        (file("f", b"x", mtime=LATER), (Aspect.MTIME,)),
        (file("f", b"x", mtime_ns=1_000_000_000_000_000_001), (Aspect.MTIME,)),
        (file("f", b"x", uid=7), (Aspect.OWNER,)),
        (file("f", b"x", gid=7), (Aspect.OWNER,)),
        (file("f", b"x", mode=0o600), (Aspect.MODE,)),
        (file("f", b"x", xattrs=((b"user.a", b"1"),)), (Aspect.XATTRS,)),
        (file("f", b"x", uid=7, mtime=LATER), (Aspect.OWNER, Aspect.MTIME)),
        (file("f", b"y"), (Aspect.CONTENT,)),
        (file("f", b"y", uid=7, mtime=LATER), (Aspect.CONTENT,)),
        (symlink("f", to="x"), (Aspect.CONTENT,)),
        (directory("f"), (Aspect.CONTENT,)),
    ],
)
def test_what_differs_in_a_path_is_named(changed: Member, aspects: tuple[Aspect, ...]) -> None:
    assert counts(compared([file("f", b"x")], [changed])) == {aspects: 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (symlink("f", to="a"), symlink("f", to="b")),
        (char_device("f", 1, 3), char_device("f", 1, 5)),
        (hardlink("f", to="lower/a"), hardlink("f", to="lower/b")),
    ],
)
def test_another_target_is_another_content(old: Member, new: Member) -> None:
    assert counts(compared([old], [new])) == {(Aspect.CONTENT,): 1}


def test_paths_of_one_layer_alone_are_added_and_removed() -> None:
    found = compared([file("a", b"1"), file("b", b"22")], [file("b", b"22"), file("c", b"333")])
    assert counts(found) == {(Aspect.ADDED,): 1, (Aspect.REMOVED,): 1}
    assert (found.equal_paths, found.same_content_bytes, found.same_content) == (1, 2, False)


def test_whiteouts_and_opaque_directories_are_content() -> None:
    found = compared([file("a", b"1"), whiteout("w")], [file("a", b"1"), opaque("w")])
    assert counts(found) == {(Aspect.MARKER,): 2}
    assert not found.same_content


def test_another_order_is_seen_and_nothing_else() -> None:
    found = compared([file("a", b"1"), file("b", b"2")], [file("b", b"2"), file("a", b"1")])
    assert (found.counts, found.reordered) == ((), True)


def test_paths_between_the_others_are_no_other_order() -> None:
    found = compared([file("a"), file("c")], [file("a"), file("b"), file("c")])
    assert not found.reordered


def test_which_name_of_an_inode_is_the_file_does_not_change_its_content() -> None:
    found = compared([file("a", b"xyz"), hardlink("b", to="a")], [file("b", b"xyz"), hardlink("a", to="b")])
    assert found.same_content
    assert found.paths_with(Aspect.HARD_LINK) == 2
    assert found.same_content_bytes == 6


def test_the_last_entry_for_a_path_counts() -> None:
    found = compared([file("a", b"old"), file("a", b"new")], [file("a", b"new")])
    assert found.counts == ()


def test_largest_paths_are_the_examples() -> None:
    old = [file(f"f{n}", b"x" * n) for n in range(20)]
    new = [file(f"f{n}", b"x" * n, mtime=LATER) for n in range(20)]
    (count,) = difference(summary(*old), summary(*new), few=3).counts
    assert [each.path for each in count.examples] == [b"f19", b"f18", b"f17"]
    assert (count.paths, count.content_bytes) == (20, sum(range(20)))


def test_equally_large_examples_come_in_path_order() -> None:
    new = [file(name, b"xx") for name in "dbca"]
    (count,) = difference(summary(), summary(*new), few=2).counts
    assert [each.path for each in count.examples] == [b"a", b"b"]


def test_every_differing_path_is_listed() -> None:
    found = differing_paths(summary(file("a", b"1"), file("b")), summary(file("a", b"2"), file("b")))
    assert [(each.path, each.aspects) for each in found] == [(b"a", (Aspect.CONTENT,))]


def test_layers_with_the_same_content_have_the_same_content_key() -> None:
    old = summary(file("a", b"1"), file("b", b"2"))
    assert old.content_key == summary(file("b", b"2", uid=5), file("a", b"1", mtime=LATER)).content_key
    assert old.content_key != summary(file("a", b"2"), file("b", b"1")).content_key
    assert old.content_key != summary(file("a", b"1"), file("b", b"2"), whiteout("c")).content_key


def test_layers_with_the_same_order_key_have_the_same_paths_in_the_same_order() -> None:
    old = summary(file("d/a", b"1", mode=0o600), file("e/b", b"2"))
    assert old.order_key == summary(file("d/a", b"3"), file("e/b"), written_by="gnutar").order_key
    assert old.order_key != summary(file("e/b", b"2"), file("d/a", b"1", mode=0o600)).order_key
    assert old.order_key != summary(file("e/a", b"1", mode=0o600), file("d/b", b"2")).order_key


def test_keys_carry_the_content_bytes() -> None:
    found = summary(*TREE)
    assert list(found.keys) == sorted(found.keys)
    assert sum(found.key_sizes) == found.content_bytes == 5


def test_paths_are_kept_as_they_are() -> None:
    members = [directory("d"), file(b"d/\xff", b"1"), file("d/" + "long" * 60, b"2"), file("top", b"3")]
    found = summary(*members)
    assert [found.path(index) for index in range(len(found))] == [member.path for member in members]
