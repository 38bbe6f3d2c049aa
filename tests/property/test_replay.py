"""Laws of replaying layers, on generated stacks of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.image.entry import EntryKind
from layerscope.rootfs.rootfs import RootfsEntry
from tests.accounting import verify_the_account
from tests.builders import Member, analyzed, layer, memory_image, read
from tests.compressing import COMPRESSIONS, compress
from tests.oracle import Oracle
from tests.property.strategies import SETTINGS, is_marker, layers, plain_members, stacks


def tars(stack: Iterable[Sequence[Member]]) -> list[bytes]:
    return [layer(*members, written_by="raw") for members in stack]


def tree(analysis: Analysis) -> list[RootfsEntry]:
    return list(analysis.rootfs.entries())


def waste(analysis: Analysis) -> list[tuple[Any, ...]]:
    return [(f.path, f.size, f.cause, f.written_in, f.hidden_in) for f in analysis.ledger.files()]


def link_groups(identities: Mapping[bytes, Hashable]) -> set[frozenset[bytes]]:
    """Which paths are names of one inode."""
    groups = defaultdict(set)
    for path, identity in identities.items():
        groups[identity].add(path)
    return {frozenset(names) for names in groups.values()}


@SETTINGS
@given(stacks)
def test_the_naive_replay_gives_the_same_tree_and_the_same_waste(stack: list[list[Member]]) -> None:
    oracle = Oracle()
    for members in stack:
        oracle.apply(members)
    readings = [read(tar, content_hash="sha256") for tar in tars(stack)]
    analysis = analyze(memory_image(readings), readings)
    found = {
        entry.path: (
            entry.kind,
            entry.mode,
            entry.uid,
            entry.gid,
            None if entry.implicit else entry.mtime_ns,
            entry.size,
            entry.content_digest if entry.size else b"",
            entry.link_target,
            entry.device,
            entry.xattrs,
        )
        for entry in tree(analysis)
    }
    nodes = {b"/".join(path): node for path, node in oracle.tree.items()}
    expected = {
        path: (
            EntryKind.FILE if node.kind is EntryKind.HARDLINK else node.kind,
            node.mode,
            node.uid,
            node.gid,
            node.mtime_ns,
            len(node.content),
            hashlib.sha256(node.content).digest() if node.content else b"",
            node.link_target,
            node.device,
            node.xattrs,
        )
        for path, node in nodes.items()
    }
    assert found == expected
    assert link_groups({e.path: e.inode for e in tree(analysis)}) == link_groups(
        {path: id(node) for path, node in nodes.items()}
    )
    assert sorted(waste(analysis)) == sorted(oracle.waste)


@SETTINGS
@given(stacks)
def test_every_stored_byte_is_live_or_wasted(stack: list[list[Member]]) -> None:
    verify_the_account(analyzed(*tars(stack)))


@SETTINGS
@given(stacks)
def test_a_layer_adds_and_removes_what_its_counts_say(stack: list[list[Member]]) -> None:
    """However often a layer writes a path, removes it and makes it again."""
    analysis = analyzed(*tars(stack))
    before: set[bytes] = set()
    oracle = Oracle()
    for members, layer_analysis in zip(stack, analysis.layers, strict=True):
        oracle.apply(members)
        after = {b"/".join(path) for path in oracle.tree}
        changes = layer_analysis.changes
        assert (changes.added, changes.removed) == (len(after - before), len(before - after))
        assert 0 <= changes.modified + changes.unchanged <= len(after & before)
        before = after


@SETTINGS
@given(stacks, st.data())
def test_an_empty_layer_changes_nothing(stack: list[list[Member]], data: st.DataObject) -> None:
    plain = tars(stack)
    position = data.draw(st.integers(0, len(plain)))
    more = analyzed(*plain[:position], data.draw(st.sampled_from([b"", bytes(1024)])), *plain[position:])
    analysis = analyzed(*plain)

    def moved(index: int) -> int:
        return index + (index >= position)

    assert [structs.replace(e, layer=moved(e.layer)) for e in tree(analysis)] == tree(more)
    expected = [(*w[:3], moved(w[3]), moved(w[4])) for w in waste(analysis)]
    assert waste(more) == expected
    assert more.ledger.by_cause == analysis.ledger.by_cause


@SETTINGS
@given(stacks, layers, st.data())
def test_where_markers_stand_in_their_layer_changes_nothing(
    stack: list[list[Member]], top: list[Member], data: st.DataObject
) -> None:
    """Spec: image-spec v1.1.1, layer.md#whiteouts: they apply to lower layers only."""
    moved = [member for member in top if not is_marker(member)]
    for marker in filter(is_marker, top):
        moved.insert(data.draw(st.integers(0, len(moved))), marker)
    one, other = (analyzed(*tars([*stack, members])) for members in (top, moved))
    assert tree(one) == tree(other)
    assert waste(one) == waste(other)
    assert replace(one.layers[-1].changes, notices=()) == replace(other.layers[-1].changes, notices=())


@SETTINGS
@given(
    st.lists(st.lists(plain_members(), max_size=8), min_size=1, max_size=3),
    st.sampled_from(["pax", "gnutar", "ustar", "raw"]),
    st.sampled_from(sorted(COMPRESSIONS)),
)
def test_how_a_layer_is_written_changes_nothing(
    stack: list[list[Member]], written_by: str, compression: str
) -> None:
    one = analyzed(*tars(stack))
    other = analyzed(*(compress(layer(*members, written_by=written_by), compression) for members in stack))
    assert tree(one) == tree(other)
    assert waste(one) == waste(other)


@SETTINGS
@given(layers, st.integers(1, 3000), st.sampled_from(sorted(COMPRESSIONS)))
def test_how_the_bytes_arrive_changes_nothing(members: list[Member], block: int, compression: str) -> None:
    blob = compress(layer(*members, written_by="raw"), compression)
    whole, pieces = read(blob), read(blob, block=block)
    assert list(whole.changeset.entries()) == list(pieces.changeset.entries())
    assert (whole.diff_id, whole.digest, whole.error) == (pieces.diff_id, pieces.digest, pieces.error)
    assert whole.notices == pieces.notices
