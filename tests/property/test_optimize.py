"""Laws of rewriting layers: the root filesystem survives, waste is gone, doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from layerscope.blobs.limits import DEFAULT_LIMITS
from layerscope.image.entry import EntryKind
from layerscope.optimizer.replay import replay
from layerscope.optimizer.verify import first_difference
from tests.builders import Member, analyzed, layer
from tests.property.strategies import SETTINGS, rich_stacks, stacks
from tests.rewriting import rewritten, whiteouts_of


def tars(stack: Iterable[Sequence[Member]], written_by: str = "raw") -> list[bytes]:
    return [layer(*members, written_by=written_by) for members in stack]


def check_rewrite(before: list[bytes], after: list[bytes], kept: int) -> None:
    old, new = analyzed(*before), analyzed(*after)
    assert first_difference(old.rootfs.entries(), new.rootfs.entries()) == ""
    assert list(new.ledger.wasted_by_layer[kept:]) == [0] * (len(after) - kept)
    assert after[:kept] == before[:kept]


@SETTINGS
@given(rich_stacks, st.data())
def test_the_root_filesystem_survives_and_the_waste_is_gone(
    stack: list[list[Member]], data: st.DataObject
) -> None:
    before = tars(stack)
    kept = data.draw(st.integers(0, len(before)))
    check_rewrite(before, rewritten(before, kept=kept), kept)


@SETTINGS
@given(rich_stacks, st.data())
def test_layers_can_be_merged_in_any_way(stack: list[list[Member]], data: st.DataObject) -> None:
    before = tars(stack)
    kept = data.draw(st.integers(0, len(before)))
    groups = drawn_groups(data, kept, len(before))
    check_rewrite(before, rewritten(before, kept=kept, groups=groups), kept)


@SETTINGS
@given(rich_stacks, st.data())
def test_what_is_dropped_is_gone_and_nothing_else(stack: list[list[Member]], data: st.DataObject) -> None:
    """Any files, names of hard links among them, whatever is kept, merged or brought into normal form."""
    before = tars(stack)
    kept = data.draw(st.integers(0, len(before) - 1))
    old = analyzed(*before)
    paths = [e.path for e in old.rootfs.entries() if e.kind is not EntryKind.DIRECTORY]
    dropped = data.draw(st.lists(st.sampled_from(paths), unique=True)) if paths else []
    groups = drawn_groups(data, kept, len(before))
    latest_ns = data.draw(st.sampled_from([None, 1 << 62]))  # after all times
    after = rewritten(before, kept=kept, groups=groups, dropped=dropped, latest_ns=latest_ns)
    new = analyzed(*after)
    wanted = replay([*(e.reading.changeset for e in old.layers), whiteouts_of(dropped)], 0, DEFAULT_LIMITS)
    assert {e.path for e in wanted.rootfs.entries()} == {e.path for e in old.rootfs.entries()} - {*dropped}
    assert first_difference(wanted.rootfs.entries(), new.rootfs.entries()) == ""
    assert list(new.ledger.wasted_by_layer[kept:]) == [0] * (len(after) - kept)


def drawn_groups(data: st.DataObject, kept: int, count: int) -> list[tuple[int, ...]]:
    """Neighbors above the kept layers, merged in any way."""
    groups: list[tuple[int, ...]] = []
    for index in range(kept, count):
        if groups and data.draw(st.booleans()):
            groups[-1] = (*groups[-1], index)
        else:
            groups.append((index,))
    return groups


@SETTINGS
@given(rich_stacks, st.data())
def test_optimizing_again_changes_nothing(stack: list[list[Member]], data: st.DataObject) -> None:
    before = tars(stack)
    kept = data.draw(st.integers(0, len(before)))
    once = rewritten(before, kept=kept)
    assert rewritten(once, kept=kept) == once


@SETTINGS
@given(stacks, st.sampled_from(["pax", "gnutar", "raw"]), st.integers(1, 3000))
def test_how_layers_are_written_and_arrive_changes_nothing(
    stack: list[list[Member]], written_by: str, block: int
) -> None:
    before = tars(stack, written_by)
    after = rewritten(before, block=block)
    assert after == rewritten(before)
    check_rewrite(before, after, 0)
