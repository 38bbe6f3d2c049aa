"""A snapshot adds up, whatever its lists have no room for."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.snapshot import Rest, Snapshot, SnapshotBounds, take_snapshot
from tests.analyses import analysis, step
from tests.builders import directory, file, whiteout
from tests.findings import package, with_base, with_packages

APP = analysis(
    step(directory("usr"), file("usr/lib.so", b"l" * 500), by="ADD file:1 in /"),
    step(
        directory("app"),
        file("app/a", b"a" * 100),
        file("app/b", b"b" * 50),
        directory("app/deep"),
        file("app/deep/c", b"c" * 7),
    ),
    step(file("app/a", b"A" * 60), whiteout("usr/lib.so"), by="RUN rm"),
)
OWN = with_base(APP, 1)


def verify_the_sums(snapshot: Snapshot, given: Analysis) -> None:
    totals = snapshot.totals
    assert totals.stored_bytes == totals.live_bytes + totals.wasted_bytes == given.ledger.stored_bytes
    assert sum(layer.stored_bytes for layer in snapshot.layers) == totals.stored_bytes
    assert sum(layer.wasted_bytes for layer in snapshot.layers) == totals.wasted_bytes
    own = sum(layer.stored_bytes for layer in snapshot.layers if not layer.in_base)
    assert own == totals.own_stored_bytes
    for rows, rest in (
        (snapshot.directories, snapshot.more_directories),
        (snapshot.files, snapshot.more_files),
    ):
        assert sum(row.own_bytes for row in rows) + rest.own_bytes == totals.own_stored_bytes
        assert sum(row.base_bytes for row in rows) + rest.base_bytes == totals.base_stored_bytes
    more = snapshot.more_packages
    packaged = sum(each.content_bytes for each in snapshot.packages) + more.own_bytes + more.base_bytes
    assert packaged + snapshot.unowned_bytes == totals.live_bytes


def test_every_list_adds_up_with_room_for_all_and_with_room_for_little() -> None:
    for given in (APP, OWN):
        for bounds in (
            SnapshotBounds(),
            SnapshotBounds(packages=0, directories=1, files=1, depth=1),
            SnapshotBounds(packages=1, directories=0, files=0),
        ):
            verify_the_sums(take_snapshot(given, bounds=bounds), given)


def test_the_figures_are_those_of_the_layers() -> None:
    snapshot = take_snapshot(OWN)
    assert (snapshot.totals.own_stored_bytes, snapshot.totals.base_stored_bytes) == (217, 500)
    assert (snapshot.totals.wasted_bytes, snapshot.totals.own_wasted_bytes) == (600, 600)
    assert [(d.path, d.own_bytes, d.base_bytes) for d in snapshot.directories] == [
        (b"usr", 0, 500),
        (b"app", 210, 0),
        (b"app/deep", 7, 0),
    ]
    assert [layer.instruction for layer in snapshot.layers] == ["ADD file:1 in /", "RUN make", "RUN rm"]


def test_a_path_that_two_layers_store_is_one_file_with_the_bytes_of_both() -> None:
    files = {each.path: each for each in take_snapshot(OWN).files}
    assert (files[b"app/a"].own_bytes, files[b"app/a"].layer) == (160, 2)


def test_the_rest_says_how_large_what_is_left_out_can_be() -> None:
    snapshot = take_snapshot(OWN, bounds=SnapshotBounds(files=2, directories=2))
    assert [each.path for each in snapshot.files] == [b"usr/lib.so", b"app/a"]
    assert snapshot.more_files == Rest(3, 117, 0, 60)
    assert snapshot.more_directories == Rest(1, 7, 0, 7)
    assert take_snapshot(OWN).more_files == Rest()


def test_what_is_deep_counts_for_the_directory_above() -> None:
    snapshot = take_snapshot(OWN, bounds=SnapshotBounds(depth=1))
    assert [(d.path, d.own_bytes) for d in snapshot.directories if d.own_bytes] == [(b"app", 217)]


def test_packages_of_one_name_are_one_and_those_of_the_base_apart() -> None:
    given = with_packages(
        OWN,
        package("left-pad", 30, ecosystem="npm", added_in=1),
        package("left-pad", 20, ecosystem="npm", added_in=2),
        package("libc", 40, added_in=0),
        package("left-pad", 10, ecosystem="npm", added_in=0),
        unowned=(1, 17),
    )
    assert given.ledger.live_bytes == 117
    snapshot = take_snapshot(given)
    verify_the_sums(snapshot, given)
    found = [(p.name, p.content_bytes, p.files, p.added_in, p.in_base) for p in snapshot.packages]
    assert found == [("left-pad", 50, 2, 1, False), ("libc", 40, 1, 0, True), ("left-pad", 10, 1, 0, True)]


def test_findings_are_counted_by_rule() -> None:
    snapshot = take_snapshot(APP, findings=[("LS110", 5), ("LS101", 3), ("LS110", 0)])
    assert snapshot.findings == (("LS101", 1, 3), ("LS110", 2, 5))


def test_an_image_without_layers_has_a_snapshot() -> None:
    empty = analysis()
    verify_the_sums(take_snapshot(empty), empty)
