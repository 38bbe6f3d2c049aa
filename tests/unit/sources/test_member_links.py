"""Names and links inside an archive: resolved in the archive's own table, in bounded time."""

from __future__ import annotations

import pytest

from layerscope.blobs.archive import ArchiveMember
from layerscope.errors import Malformed
from layerscope.sources.members import MAX_LINK_STEPS, MemberTable
from layerscope.sources.names import leaves_archive, normalize


def table(**members: str) -> MemberTable:
    """`name="file"`, or `name="-> target"` and `name="=> target"` for links; `__` in a name is a slash."""
    return MemberTable(member(name.replace("__", "/"), kind) for name, kind in members.items())


def member(name: str, kind: str) -> ArchiveMember:
    kinds = {"->": "symlink", "=>": "hardlink"}
    link = kinds.get(kind[:2])
    return ArchiveMember(
        name.encode(), link or kind, kind[2:].strip().encode() if link else None, size=0, offset=0
    )


def resolved(members: MemberTable, name: str) -> str | None:
    found = members.resolve(name.encode())
    return found and found[0].decode()


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        (b"a/b", b"a/b"),
        (b"./a", b"a"),
        (b"/a", b"a"),
        (b"a//b/", b"a/b"),
        (b"a/./b", b"a/b"),
        (b"a/../b", b"b"),
        (b"../../a", b"a"),
        (b"..", b""),
        (b".", b""),
        (b"a\\b", b"a\\b"),
    ],
)
def test_a_name_is_normalized_without_leaving_the_root(name: bytes, normal: bytes) -> None:
    assert normalize(name) == normal


def test_names_that_leave_the_archive_are_told() -> None:
    assert leaves_archive(b"../a")
    assert leaves_archive(b"a/../../b")
    assert not leaves_archive(b"a/../b")
    assert not leaves_archive(b"/..a/b")


def test_chains_of_links_are_followed() -> None:
    members = table(a="-> b", b="=> c__d", c__d="-> ../e", e="file")
    members.add(member("b", "=> c/d"))
    assert resolved(members, "a") == "e"


def test_a_symlink_starts_where_it_stands_and_a_hard_link_at_the_root() -> None:
    members = table(d__s="-> x", d__h="=> x", d__x="file", x="file")
    assert resolved(members, "d/s") == "d/x"
    assert resolved(members, "d/h") == "x"


def test_linked_directories_are_followed() -> None:
    assert resolved(table(b="-> real", real__layer="file"), "b/layer") == "real/layer"


def test_a_name_that_is_no_file_is_not_there() -> None:
    assert resolved(table(d="directory"), "d") is None
    assert resolved(table(a="-> nowhere"), "a") is None
    assert resolved(table(f="file"), "") is None


@pytest.mark.parametrize("length", [1, 2, 7])
def test_a_circle_of_links_is_malformed(length: int) -> None:
    members = MemberTable(member(f"l{i}", f"-> l{(i + 1) % length}") for i in range(length))
    with pytest.raises(Malformed, match="in a circle"):
        members.resolve(b"l0")


def test_a_long_chain_ends_at_the_limit() -> None:
    links = [member(f"l{i}", f"-> l{i + 1}") for i in range(MAX_LINK_STEPS)]
    members = MemberTable([*links, member(f"l{MAX_LINK_STEPS}", "file")])
    assert resolved(members, "l0") == f"l{MAX_LINK_STEPS}"
    longer = MemberTable([member("start", "-> l0"), *links, member(f"l{MAX_LINK_STEPS}", "file")])
    with pytest.raises(Malformed):
        longer.resolve(b"start")


def test_links_that_multiply_a_path_end_at_a_limit() -> None:
    """Each link doubles the components to come: 2^255 without a bound."""
    members = MemberTable([member(f"l{i}", f"-> l{i + 1}/l{i + 1}") for i in range(200)])
    with pytest.raises(Malformed):
        members.resolve(b"l0/" + b"x/" * 4000)


def test_the_last_of_two_members_counts() -> None:
    members = MemberTable([member("a", "file"), member("./a", "-> b"), member("b", "file")])
    assert resolved(members, "a") == "b"
    assert (members.duplicates, members.first_duplicate) == (1, b"a")


def test_a_directory_that_comes_twice_is_no_duplicate() -> None:
    assert MemberTable([member("d", "directory"), member("d/", "directory")]).duplicates == 0
