"""Laws of the normal form: what is in a layer decides its bytes, and who wrote it when does not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from layerscope.optimizer.order import path_order
from layerscope.optimizer.verify import first_difference
from tests.builders import Member, analyzed, directory, file, hardlink, layer, read_layer, symlink, whiteout
from tests.property.strategies import SETTINGS, rich_stacks
from tests.rewriting import rewritten

LATEST = 1_200_000_000
"""Between the times that members have."""


def normal(before: list[bytes], kept: int = 0) -> list[bytes]:
    return rewritten(before, kept=kept, latest_ns=LATEST * 10**9)


@SETTINGS
@given(rich_stacks, st.data())
def test_all_but_late_times_survives(stack: list[list[Member]], data: st.DataObject) -> None:
    before = [layer(*members, written_by="raw") for members in stack]
    kept = data.draw(st.integers(0, len(before)))
    after = normal(before, kept)
    old, new = analyzed(*before), analyzed(*after)
    difference = first_difference(
        old.rootfs.entries(), new.rootfs.entries(), latest_ns=LATEST * 10**9, kept=kept
    )
    assert difference == ""
    assert list(new.ledger.wasted_by_layer[kept:]) == [0] * (len(after) - kept)
    assert after[:kept] == before[:kept]
    assert all(
        entry.mtime_ns <= LATEST * 10**9 for tar in after[kept:] for entry in read_layer(tar).entries()
    )
    assert normal(after, kept) == after


@SETTINGS
@given(rich_stacks)
def test_a_normal_form_is_sorted_and_optimal(stack: list[list[Member]]) -> None:
    after = normal([layer(*members, written_by="raw") for members in stack])
    assert rewritten(after) == after
    for tar in after:
        paths = [entry.path for entry in read_layer(tar).entries()]
        assert paths == sorted(paths, key=path_order)
        assert len(set(paths)) == len(paths)


_metadata = {
    "mode": st.sampled_from([0o644, 0o755]),
    "uid": st.sampled_from([0, 1000]),
    "mtime": st.sampled_from([0, LATEST - 1, LATEST]),
}
_contents = st.sampled_from([b"", b"x", b"0123456789" * 99])
_unordered = st.fixed_dictionaries(
    {},
    optional={
        "d": st.builds(directory, st.just("d"), **_metadata),
        "d/a": st.builds(file, st.just("d/a"), _contents, **_metadata),
        "d/b": st.builds(symlink, st.just("d/b"), st.just("a"), **_metadata),
        "d-": st.builds(file, st.just("d-"), _contents, **_metadata),
        "gone": st.builds(whiteout, st.just("gone")),
        "e/\u0301": st.builds(file, st.just("e/\u0301"), _contents, **_metadata),
        "z" * 120: st.builds(file, st.just("z" * 120), _contents, **_metadata),
    },
)
_links = st.lists(st.sampled_from(["a", "d/x", "f", "m"]), unique=True, max_size=4)


@SETTINGS
@given(_unordered, _links, st.data())
def test_order_format_and_late_times_count_for_nothing(
    members: dict[str, Member], links: list[str], data: st.DataObject
) -> None:
    """Names of one inode, too: which of them has the content, and which are links, is an accident."""
    base = layer(file("gone", b"gone"), directory("kept"))

    def built() -> bytes:
        ordered = data.draw(st.permutations(list(members.values())))
        names = data.draw(st.permutations(links))
        if names:
            ordered = [*ordered, file(names[0], b"linked"), *(hardlink(n, names[0]) for n in names[1:])]
        late = data.draw(st.integers(LATEST, LATEST + 9))
        ordered = [
            replace(member, mtime_ns=late * 10**9) if member.mtime_ns >= LATEST * 10**9 else member
            for member in ordered
        ]
        return layer(*ordered, written_by=data.draw(st.sampled_from(["raw", "pax", "gnutar"])))

    one, other = built(), built()
    assert normal([base, one], 1) == normal([base, other], 1)
