"""Laws of comparing: nothing differs from itself, both directions agree, bytes and paths add up."""

from __future__ import annotations

from hypothesis import given

from layerscope.analysis.comparison import compare
from layerscope.analysis.comparison_types import LayerFate
from layerscope.analysis.layer_difference import Aspect, difference
from layerscope.analysis.layer_summary import common, summarize
from tests.builders import Member, analyzed, layer, read_layer
from tests.property.strategies import SETTINGS, layers, stacks

_MIRRORED = {Aspect.ADDED: Aspect.REMOVED, Aspect.REMOVED: Aspect.ADDED}


@SETTINGS
@given(stacks)
def test_nothing_differs_from_itself(stack: list[list[Member]]) -> None:
    analysis = analyzed(*(layer(*each) for each in stack))
    found = compare(analysis, analysis)
    assert not found.differs
    assert found.paths.unchanged == len(list(analysis.rootfs.entries()))
    assert (found.pull.pulled_layers, found.pull.stored_bytes, found.causes) == (0, 0, ())
    assert found.growth.is_nothing


@SETTINGS
@given(stacks, stacks)
def test_every_layer_has_one_fate_and_bytes_add_up(old: list[list[Member]], new: list[list[Member]]) -> None:
    before, after = (analyzed(*(layer(*each) for each in stack)) for stack in (old, new))
    found = compare(before, after)
    for side, count in (("old", len(old)), ("new", len(new))):
        indexes = [getattr(pair, side) for pair in found.layers if getattr(pair, side) is not None]
        assert indexes == list(range(count))
    paths = found.paths
    grown = paths.added_bytes - paths.removed_bytes + paths.grew_bytes - paths.shrank_bytes
    assert grown == after.ledger.live_bytes - before.ledger.live_bytes
    there = paths.content + paths.metadata + paths.unchanged
    assert there + paths.removed == len(list(before.rootfs.entries()))
    assert there + paths.added == len(list(after.rootfs.entries()))
    assert found.pull.pulled_layers + found.pull.reused_layers <= len(new)
    same = [before.layers[0].diff_id] == [after.layers[0].diff_id] if old and new else False
    assert (found.layers[0].fate is LayerFate.KEPT) == same if found.layers else not (old or new)


@SETTINGS
@given(layers, layers)
def test_two_layers_differ_alike_in_both_directions(old: list[Member], new: list[Member]) -> None:
    one, other = (summarize(read_layer(layer(*each))) for each in (old, new))
    there, back = difference(one, other), difference(other, one)
    assert (there.equal_paths, there.same_content_paths, there.reordered) == (
        back.equal_paths,
        back.same_content_paths,
        back.reordered,
    )
    mirrored = {tuple(_MIRRORED.get(a, a) for a in each.aspects): each.paths for each in back.counts}
    assert {each.aspects: each.paths for each in there.counts} == mirrored
    markers = sum(each.paths for each in there.counts if Aspect.MARKER in each.aspects)
    assert there.equal_paths + there.differing_paths - markers == len(one.indexes() | other.indexes())
    assert common(one, other)[0] == there.same_content_paths
    assert (one.content_key == other.content_key) == there.same_content
    assert one.order_key != other.order_key or list(one.indexes()) == list(other.indexes())
