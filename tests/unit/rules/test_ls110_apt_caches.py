"""LS110: caches and package lists of apt."""

from __future__ import annotations

from layerscope.rules.examine import examine
from layerscope.rules.finding import Role, Severity
from tests.builders import analyzed, directory, file, layer, whiteout
from tests.rule_cases import claimed, findings, named, on_base

LISTS = "var/lib/apt/lists/deb.debian.org_debian_dists_bookworm_InRelease"
PACKAGE = "var/cache/apt/archives/curl_7.88.1_amd64.deb"


def test_lists_and_archives_are_found_with_their_bytes() -> None:
    found = claimed(
        "LS110",
        layer(
            file(LISTS, b"l" * 700),
            file("var/lib/apt/lists/auxfiles/a", b"x"),
            file(PACKAGE, b"p" * 300),
            file("var/cache/apt/pkgcache.bin", b"c" * 20),
        ),
    )
    assert found == {
        LISTS: 700,
        "var/lib/apt/lists/auxfiles/a": 1,
        PACKAGE: 300,
        "var/cache/apt/pkgcache.bin": 20,
    }


def test_lists_and_archives_are_two_findings() -> None:
    found = findings("LS110", layer(file(LISTS, b"l" * 700), file(PACKAGE, b"p" * 300)))
    assert [(f.freed_bytes, f.wasted_bytes, f.severity) for f in found] == [
        (700, 0, Severity.WARNING),
        (300, 0, Severity.WARNING),
    ]
    assert "rm -rf /var/lib/apt/lists/*" in found[0].fix.example
    assert "apt-get clean" in found[1].fix.example


def test_what_apt_leaves_when_it_is_cleaned_is_no_finding() -> None:
    lean = layer(
        directory("var/lib/apt/lists/partial"),
        file("var/lib/apt/lists/lock"),
        file("var/cache/apt/archives/lock"),
        file("var/lib/apt/extended_states", b"Package: curl"),
        file("etc/apt/apt.conf.d/docker-clean", b"DPkg::Post-Invoke"),
        file("var/lib/dpkg/status", b"Package: curl"),
    )
    assert named("LS110", lean) == []


def test_similar_places_are_not_meant() -> None:
    assert (
        named(
            "LS110",
            layer(
                file("app/var/lib/apt/lists/x", b"x"),
                file("var/lib/apt/lists.d", b"x"),
                file("usr/share/doc/pkgcache.bin", b"x"),
            ),
        )
        == []
    )


def test_lists_that_a_later_layer_removes_have_the_fix_of_lists_and_not_that_of_removals() -> None:
    found = examine(analyzed(layer(file(LISTS, b"l" * 9)), layer(whiteout("var/lib/apt/lists"))))
    assert [(f.rule_id, f.freed_bytes, f.wasted_bytes) for f in found] == [("LS110", 9, 9)]
    assert found[0].message == (
        "package lists of apt are stored, and only a later layer removes or replaces them"
    )
    assert "rm -rf /var/lib/apt/lists" in found[0].fix.example
    assert [(at.layer, at.role) for at in found[0].locations] == [(0, Role.STORED), (1, Role.HIDDEN)]


def test_lists_of_the_base_image_are_for_information() -> None:
    found = findings("LS110", on_base(analyzed(layer(file(LISTS, b"l" * 700)), layer(file("a", b"a")))))
    assert [(f.severity, f.in_base) for f in found] == [(Severity.INFO, True)]
