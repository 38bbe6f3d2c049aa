"""A package belongs to the layer since which it has been there without a break, in this version."""

from __future__ import annotations

from tests.builders import Member, directory, file, opaque, whiteout
from tests.unit.packages.records import added, apk_package, dist_info, dpkg_package, node_package, table

STATUS = "var/lib/dpkg/status"


def status(*paragraphs: str) -> Member:
    return file(STATUS, "".join(paragraphs).encode())


A, B, A2 = dpkg_package("a"), dpkg_package("b"), dpkg_package("a", "2")


def test_a_rewritten_database_adds_only_what_is_new() -> None:
    assert added(table([status(A)], [status(A, B)], [status(B, A)])) == {"a": ("1", 0), "b": ("1", 1)}


def test_an_upgrade_is_another_package() -> None:
    assert added(table([status(A)], [status(A2)])) == {"a": ("2", 1)}


def test_a_package_that_was_away_belongs_to_the_layer_that_brought_it_back() -> None:
    assert added(table([status(A, B)], [status(B)], [status(A, B)])) == {"a": ("1", 2), "b": ("1", 0)}


def test_layers_without_records_change_nothing() -> None:
    assert added(table([status(A)], [file("x", b"x")], [], [status(A, B)])) == {"a": ("1", 0), "b": ("1", 3)}


def test_a_database_that_is_removed_takes_its_packages_along() -> None:
    assert added(table([status(A)], [whiteout(STATUS)])) == {}


def test_a_directory_above_that_is_removed_or_emptied_takes_them_too() -> None:
    assert added(table([status(A)], [whiteout("var/lib")])) == {}
    assert added(table([status(A)], [directory("var/lib/dpkg"), opaque("var/lib/dpkg")])) == {}
    assert added(table([status(A)], [file("var/lib", b"now a file")])) == {}


def test_a_database_that_comes_back_in_the_layer_that_empties_its_directory_was_never_away() -> None:
    assert added(table([status(A)], [opaque("var/lib/dpkg"), status(A, B)])) == {"a": ("1", 0), "b": ("1", 1)}


def test_metadata_copied_by_a_chown_are_no_new_installation() -> None:
    first = dist_info("usr/lib/python3/site-packages", "six", "1.16", ["six.py"])
    again = [file(member.path, member.content, uid=1000) for member in first]
    found = table(first, again, dist_info("usr/lib/python3/site-packages", "idna", "3", []))
    assert added(found) == {"six": ("1.16", 0), "idna": ("3", 2)}


def test_the_same_version_at_another_place_is_another_package_of_a_language() -> None:
    found = table(
        [node_package("tmp/node_modules/x", "x")],
        [node_package("app/node_modules/x", "x")],
        [whiteout("tmp/node_modules")],
    )
    assert added(found) == {"x": ("1.0.0", 1)}


def test_a_system_s_database_may_move_without_installing_anything() -> None:
    content = apk_package("musl", "1.2", {"lib": ["ld-musl.so"]}).encode()
    found = table(
        [file("lib/apk/db/installed", content), file("lib/ld-musl.so", b"x")],
        [whiteout("lib/apk"), file("usr/lib/apk/db/installed", content)],
    )
    assert added(found) == {"musl": ("1.2", 0)}
    assert found.packages[0].record == b"usr/lib/apk/db/installed"


def test_a_record_written_twice_in_one_layer_counts_as_it_ends() -> None:
    assert added(table([status(A, B), status(A)])) == {"a": ("1", 0)}


def test_bytes_are_told_by_the_layer_that_added_the_package() -> None:
    lists = [file(f"var/lib/dpkg/info/{name}.list", f"/{name}\n".encode()) for name in "ab"]
    found = table(
        [status(A), *lists, file("a", b"12")], [status(A, B), file("b", b"123"), file("a", b"1234")]
    )
    assert found.by_layer() == {0: (1, 4), 1: (1, 3)}
