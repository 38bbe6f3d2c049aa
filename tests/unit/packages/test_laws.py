"""Laws of the package table on generated images, and its questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis.analyze import analyze
from layerscope.blobs.limits import Limits
from layerscope.packages import history, ownership
from layerscope.packages.table import NO_PACKAGES
from tests.builders import Member, analyzed, file, layer, memory_image, opaque, read, symlink, whiteout
from tests.property.strategies import SETTINGS, layers, paths
from tests.unit.packages.records import (
    apk_package,
    dist_info,
    dpkg_package,
    node_package,
    rpm_header,
    rpm_sqlite,
    table,
    verify_the_law,
)

_lists = st.lists(paths, max_size=6)
_names = st.sampled_from(["p", "q", "r"])
_versions = st.sampled_from(["1", "2"])


@st.composite
def _records(draw: st.DrawFn) -> list[Member]:
    """The records of one manager, about paths that generated layers have."""
    name, version, listed = draw(_names), draw(_versions), draw(_lists)
    kind = draw(st.sampled_from(["dpkg", "apk", "rpm", "pypi", "npm", "gone", "none"]))
    if kind == "dpkg":
        lines = "".join(f"/{path}\n" for path in listed)
        return [
            file("var/lib/dpkg/status", dpkg_package(name, version).encode()),
            file(f"var/lib/dpkg/info/{name}.list", lines.encode()),
        ]
    if kind == "apk":
        split = [path.rpartition("/") for path in listed]
        content = apk_package(name, version, {parent: [base] for parent, _, base in split})
        return [file("lib/apk/db/installed", content.encode())]
    if kind == "rpm":
        files = [(f"/{path.rpartition('/')[0]}/", path.rpartition("/")[2]) for path in listed]
        return [file("var/lib/rpm/rpmdb.sqlite", rpm_sqlite(rpm_header(name, version, files)))]
    if kind == "pypi":
        return dist_info(
            draw(st.sampled_from(["a", "b/c"])), name, version, [f"../{path}" for path in listed]
        )
    if kind == "npm":
        return [node_package(f"{draw(paths)}/node_modules/{name}", name, version)]
    return [draw(st.sampled_from([whiteout("var"), opaque("lib"), whiteout("a"), symlink("lib", "a")]))]


@SETTINGS
@given(st.lists(st.tuples(layers, _records()), min_size=1, max_size=4))
def test_packages_and_what_none_owns_add_up_to_what_is_live(
    stack: list[tuple[list[Member], list[Member]]],
) -> None:
    analysis = analyzed(*(layer(*members, *records, written_by="raw") for members, records in stack))
    verify_the_law(analysis)
    for package in analysis.packages.packages:
        assert 0 <= package.added_in < len(stack)
    hidden = {inode for inode, _, _ in analysis.rootfs.inodes.hidden_inodes()}
    assert hidden.isdisjoint(analysis.packages.owners)


def test_who_does_not_ask_gets_no_figures() -> None:
    readings = [read(layer(file("lib/apk/db/installed", apk_package("a", "1", {}).encode())))]
    analysis = analyze(memory_image(readings), readings, packages=False)
    assert analysis.packages is NO_PACKAGES
    assert not analysis.packages.looked_for


def test_packages_are_sorted_by_their_bytes_then_by_their_names() -> None:
    installed = "".join(apk_package(name, "1", {"": [name]}) for name in "cbad")
    found = table([file("lib/apk/db/installed", installed.encode()), file("d", b"12"), file("a", b"1")])
    assert [package.name for package in found.packages] == ["d", "a", "b", "c"]


def test_the_largest_files_that_no_package_owns_are_told() -> None:
    found = table(
        [
            file("lib/apk/db/installed", apk_package("a", "1", {"": ["mine"]}).encode()),
            file("mine", b"x" * 9000),
            file("old", b"x" * 8000),
            file("big", b"x" * 7000),
            file("small", b"x" * 6000),
            file("same", b"x" * 6000),
        ],
        [whiteout("old"), file("bigger", b"x" * 7500)],
    )
    largest = [found.inodes.locate(inode) for inode in found.largest_unowned(4)]
    assert [changeset.path(index) for changeset, index, _ in largest] == [
        b"bigger",
        b"big",
        b"small",
        b"same",
    ]


def test_a_path_that_is_gone_belongs_to_the_package_that_lists_it() -> None:
    found = table(
        [
            symlink("lib", "usr/lib"),
            file("usr/lib/a.so", b"old"),
            file("usr/lib/doc/text", b"removed"),
            node_package("app/node_modules/x", "x"),
            file("app/node_modules/x/test/a.js", b"removed"),
            file("app/other", b"x"),
            file("var/lib/dpkg/status", dpkg_package("a").encode()),
            file("var/lib/dpkg/info/a.list", b"/lib/a.so\n/lib/doc/text\n"),
        ],
        [file("usr/lib/a.so", b"new"), whiteout("usr/lib/doc"), whiteout("app/node_modules/x/test")],
    )
    asked = [
        b"usr/lib/a.so",
        b"usr/lib/doc/text",
        b"lib/doc/text",
        b"app/node_modules/x/test/a.js",
        b"app/other",
        b"nowhere",
    ]
    owners = [getattr(found.owner_of_path(path), "name", None) for path in asked]
    assert owners == ["a", "a", "a", "x", None, None]


def test_a_live_inode_has_an_owner() -> None:
    found = table(
        [file("lib/apk/db/installed", apk_package("a", "1", {"": ["f"]}).encode()), file("f", b"1")]
    )
    assert getattr(found.owner(1), "name", None) == "a"
    assert found.owner(0) is None


def test_paths_that_lead_in_circles_own_nothing_in_bounded_time() -> None:
    # each component of the link leads through the link again
    circle = "/".join(["x"] * 2000)
    names = {f"x/{number}": ["f"] for number in range(50)}
    tar = layer(
        symlink("x", circle),
        file("lib/apk/db/installed", apk_package("a", "1", names).encode()),
        file("f", b"1"),
        written_by="raw",
    )
    readings = [read(tar)]
    limits = Limits(link_components=100_000)
    analysis = analyze(memory_image(readings), readings, limits=limits)
    verify_the_law(analysis)
    assert [notice.code for notice in analysis.packages.notices] == ["package-paths-too-many"]


def test_an_image_of_no_layers_has_no_packages() -> None:
    assert table().packages == ()
    assert table([]).unowned_bytes == 0


def test_more_paths_than_any_image_has_are_said_and_not_all_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ownership, "_MOST_WORK", 1000)
    names = {f"d{number}": ["f"] for number in range(1000)}
    members = [file(f"d{number}/f", b"1") for number in range(1000)]
    found = table([file("lib/apk/db/installed", apk_package("a", "1", names).encode()), *members])
    assert [notice.code for notice in found.notices] == ["package-paths-too-many"]
    assert 0 < found.packages[0].files < 1000
    assert found.owner_of_path(b"d0/gone") is None


def test_a_site_directory_of_endless_length_is_not_joined_with_every_path() -> None:
    site = "/".join(["d"] * 900)
    record = [f"{number}/a" for number in range(60_000)]
    analysis = analyzed(layer(*dist_info(site, "a", "1", record), written_by="raw"))
    verify_the_law(analysis)
    assert [notice.code for notice in analysis.packages.notices] == ["package-paths-too-many"]


def test_readers_cut_what_no_package_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_PACKAGES", 5)
    installed = "".join(apk_package(f"p{number}", "1", {}) for number in range(9))
    found = table([file("lib/apk/db/installed", installed.encode())])
    assert len(found.packages) == 5
    assert "more than 5 packages" in found.notices[0].message
