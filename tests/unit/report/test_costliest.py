"""The costliest paths: a directory is one row when all of it met one fate, and every byte is in one row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.analysis.ledger import WasteCause
from layerscope.report.costliest import Costly, costliest
from layerscope.report.gathering import gathered
from tests.analyses import Step, analysis, step
from tests.builders import directory, file, opaque, symlink, whiteout

REMOVED, OVERWRITTEN = WasteCause.REMOVED, WasteCause.OVERWRITTEN


def test_a_removed_directory_is_one_row() -> None:
    files = [file(f"var/lib/apt/lists/{n}", b"x" * 10) for n in range(50)]
    found = costliest(analysis(step(*files), step(whiteout("var/lib/apt/lists"))), 10)
    first = b"var/lib/apt/lists/0"
    assert found == (Costly(b"var/lib/apt/lists", 500, 50, True, REMOVED, 0, 1, False, first, 10),)
    assert found[0].dominant == b""


def test_a_directory_of_which_something_stays_is_no_row() -> None:
    base = step(file("d/gone", b"x" * 10), file("d/gone2", b"x" * 20), file("d/stays", b"x"))
    found = costliest(analysis(base, step(whiteout("d/gone"), whiteout("d/gone2"))), 10)
    assert [(row.path, row.bytes, row.is_directory) for row in found] == [
        (b"d/gone2", 20, False),
        (b"d/gone", 10, False),
    ]


def test_a_directory_whose_files_met_two_fates_is_two_kinds_of_rows() -> None:
    base = step(
        file("d/a", b"x" * 10), file("d/b", b"x" * 20), file("d/sub/c", b"x" * 3), file("d/sub/e", b"x" * 4)
    )
    found = costliest(analysis(base, step(file("d/a", b"y"), whiteout("d/b"), whiteout("d/sub"))), 10)
    assert [(row.path, row.bytes, row.cause) for row in found] == [
        (b"d/b", 20, REMOVED),
        (b"d/a", 10, OVERWRITTEN),
        (b"d/sub", 7, REMOVED),
    ]


def test_the_row_has_the_name_of_the_deepest_directory_that_holds_everything() -> None:
    base = step(directory("app"), file("app/node_modules/a/x", b"x"), file("app/node_modules/b/x", b"xx"))
    found = costliest(analysis(base, step(whiteout("app"))), 10)
    assert [(row.path, row.files) for row in found] == [(b"app/node_modules", 2)]


def test_a_directory_with_one_file_is_shown_as_the_file() -> None:
    found = costliest(analysis(step(file("a/b/c", b"x")), step(whiteout("a"))), 10)
    assert [(row.path, row.is_directory) for row in found] == [(b"a/b/c", False)]


def test_no_row_is_the_root_though_nothing_of_the_layer_is_left() -> None:
    base = step(file("a/x", b"x" * 9), file("a/y", b"x" * 9), file("b/x", b"x" * 2), file("c", b"x"))
    found = costliest(analysis(base, step(whiteout("a"), whiteout("b"), whiteout("c"))), 10)
    assert [(row.path, row.files) for row in found] == [(b"a", 2), (b"b/x", 1), (b"c", 1)]


def test_no_row_is_the_root_though_there_are_few_rows_and_many_small_files() -> None:
    names = [f"d{n % 4}/f{n}" for n in range(400)] + [f"f{n}" for n in range(4)]
    base = step(*(file(name, b"x" * 10) for name in names), *(file(f"d{n}/stays", b"x") for n in range(4)))
    found = costliest(analysis(base, step(*(file(name, b"y") for name in names))), 1)
    assert [(row.path, row.files) for row in found] == [(b"d0", 100)]


@pytest.mark.parametrize("stays", [[], ["app/stays"]])
def test_a_file_that_is_most_of_the_waste_has_a_row_whatever_else_is_in_its_directory(
    stays: list[str],
) -> None:
    """20 small files beside one large one, all overwritten; the fix is to write the large one once."""
    names = {"app/big.bin": 3_000_000} | {f"app/{n:02}": 1000 for n in range(20)}
    base = step(*(file(name, b"x" * size) for name, size in names.items()), *map(file, stays))
    given_ = analysis(base, step(*(file(name, b"y") for name in names)))
    for top in (1, 2, 10, 50):
        row = costliest(given_, top)[0]
        assert (row.path, row.bytes, row.files) == (b"app/big.bin", 3_000_000, 1)
    if not stays:
        rest = costliest(given_, 2)[1]
        assert (rest.path, rest.bytes, rest.files, rest.is_part) == (b"app", 20_000, 20, True)


def test_what_is_much_of_a_removed_directory_is_named_in_its_row() -> None:
    base = step(file("c/sub/big", b"x" * 30), *(file(f"c/{n}", b"x") for n in range(70)))
    (row,) = costliest(analysis(base, step(whiteout("c"))), 10)
    assert (row.path, row.files, row.dominant) == (b"c", 71, b"sub/big")


def test_a_fifth_of_all_waste_in_one_file_is_a_row_however_few_rows_are_asked_for() -> None:
    names = {"d/fifth": 200} | {f"d/{n}": 10 for n in range(80)}
    base = step(file("d/stays"), *(file(name, b"x" * size) for name, size in names.items()))
    found = costliest(analysis(base, step(*(file(name, b"y") for name in names))), 2)
    assert [(row.path, row.bytes) for row in found] == [(b"d", 800), (b"d/fifth", 200)]


def test_without_folding_each_file_is_a_row() -> None:
    files = [file(f"d/{n}", b"x" * (50 - n)) for n in range(50)]
    found = costliest(analysis(step(*files), step(whiteout("d"))), 3, fold=False)
    assert [(row.path, row.bytes, row.is_directory) for row in found] == [
        (b"d/0", 50, False),
        (b"d/1", 49, False),
        (b"d/2", 48, False),
    ]


def test_one_layer_after_the_other_each_has_its_own_row() -> None:
    layers = [step(*(file(f"d/{name}", bytes([n]) * n) for name in "abcdefghij")) for n in (1, 2, 3)]
    found = costliest(analysis(*layers), 10)
    assert [(row.path, row.bytes, row.written_in, row.hidden_in) for row in found] == [
        (b"d", 20, 1, 2),
        (b"d", 10, 0, 1),
    ]


def test_rows_are_the_most_bytes_first_and_no_more_than_asked_for() -> None:
    base = step(file("a", b"x" * 3), file("b", b"x" * 5), file("c", b"x" * 4), file("stays", b"x"))
    given_ = analysis(base, step(whiteout("a"), whiteout("b"), whiteout("c")))
    assert [row.path for row in costliest(given_, 2)] == [b"b", b"c"]
    assert costliest(given_, 0) == ()


def test_files_that_lie_behind_a_symlink_still_count() -> None:
    base = step(
        directory("real"), symlink("link", "real"), file("link/a", b"x" * 5), file("link/b", b"x" * 6)
    )
    given_ = analysis(base, step(whiteout("real/a"), whiteout("real/b")))
    assert sum(row.bytes for row in costliest(given_, 10)) == given_.ledger.wasted_bytes == 11


def test_a_path_of_very_many_components_costs_no_more_than_others() -> None:
    deep = "/".join("d" for _ in range(1_000))
    given_ = analysis(step(file(f"{deep}/a", b"xx"), file(f"{deep}/b", b"x")), step(whiteout("d")))
    assert [(row.bytes, row.files) for row in costliest(given_, 10)] == [(3, 2)]


def test_small_files_all_over_a_directory_are_one_row_that_says_it_is_a_part() -> None:
    """3,000 bytes in 300 files of 100 directories; ten rows of 10 bytes would show 100."""
    names = [f"usr/lib/p{n % 100}/f{n}" for n in range(300)]
    base = step(*(file(name, b"x" * 10) for name in names), *(file(f"{name}.stays", b"x") for name in names))
    found = costliest(analysis(base, step(*(file(name, b"y") for name in names))), 10)
    assert [(row.path, row.bytes, row.files, row.is_part) for row in found] == [(b"usr/lib", 3000, 300, True)]


def test_large_files_keep_their_rows_beside_the_small_ones() -> None:
    names = [f"d/{n}/f" for n in range(200)]
    base = step(
        file("d/0/large", b"x" * 5000), file("d/0/stays", b"1"), *(file(name, b"x" * 10) for name in names)
    )
    found = costliest(analysis(base, step(file("d/0/large", b"y"), *(file(name, b"y") for name in names))), 1)
    assert [(row.path, row.bytes) for row in found] == [(b"d/0/large", 5000)]
    two = costliest(analysis(base, step(file("d/0/large", b"y"), *(file(name, b"y") for name in names))), 2)
    assert [(row.path, row.bytes, row.files) for row in two] == [(b"d/0/large", 5000, 1), (b"d", 2000, 200)]


def test_one_small_file_alone_keeps_its_name() -> None:
    row = Costly(b"a/b/c", 1, 1, False, REMOVED, 0, 1)
    assert list(gathered([row], 1000)) == [row]


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
members = st.one_of(
    st.builds(lambda path, size: file(path, b"x" * size), paths, st.integers(0, 9)),
    st.builds(whiteout, paths),
    st.builds(opaque, paths),
)
steps = st.lists(members, max_size=6).map(lambda chosen: step(*chosen))


@settings(deadline=None)
@given(st.lists(steps, min_size=1, max_size=4))
def test_all_rows_together_are_the_wasted_bytes(layers: list[Step]) -> None:
    given_ = analysis(*layers)
    rows = costliest(given_, 10_000)
    assert sum(row.bytes for row in rows) == given_.ledger.wasted_bytes
    assert sum(row.files for row in rows) == sum(1 for _ in given_.ledger.files())


@settings(deadline=None)
@given(st.lists(steps, min_size=1, max_size=4), st.integers(1, 40))
def test_putting_small_rows_together_loses_nothing(layers: list[Step], least_bytes: int) -> None:
    """Only the last pile of each fate and each directory of the root may be smaller than asked for."""
    given_ = analysis(*layers)
    rows = costliest(given_, 10_000)
    piles = list(gathered(rows, least_bytes))
    assert sum(pile.bytes for pile in piles) == given_.ledger.wasted_bytes
    assert sum(pile.files for pile in piles) == sum(row.files for row in rows)
    small = [
        (pile.fate, pile.path.partition(b"/")[0])
        for pile in piles
        if pile.bytes < least_bytes and (pile.is_directory or b"/" in pile.path)
    ]
    assert len(small) == len(set(small))
