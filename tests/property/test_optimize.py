"""Laws of rewriting layers: the root filesystem survives, waste is gone, doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from layerscope.optimizer.verify import first_difference
from tests.builders import Member, analyzed, layer
from tests.property.strategies import SETTINGS, rich_stacks, stacks
from tests.rewriting import rewritten


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
    groups: list[tuple[int, ...]] = []
    for index in range(kept, len(before)):
        if groups and data.draw(st.booleans()):
            groups[-1] = (*groups[-1], index)
        else:
            groups.append((index,))
    check_rewrite(before, rewritten(before, kept=kept, groups=groups), kept)


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
