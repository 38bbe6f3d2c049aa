"""LS112: caches of dnf and its like."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, findings, named

FOUND = {
    "var/cache/dnf/fedora-2d95c80a1fa0a67d/repodata/primary.xml.gz": 500,
    "var/cache/libdnf5/fedora.solv": 40,
    "var/cache/yum/x86_64/7/base/primary.sqlite": 30,
    "var/cache/zypp/raw/oss/repodata/primary.xml.gz": 20,
    "var/cache/pacman/pkg/curl-8.5.0-1-x86_64.pkg.tar.zst": 10,
    "var/lib/pacman/sync/core.db": 9,
}
LEAN = (
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "var/lib/pacman/local/curl-8.5.0-1/desc",
    "etc/yum.repos.d/fedora.repo",
)
NEAR = (
    "var/cache/dnf5daemon",
    "srv/var/cache/yum/x",
    "var/cache/ldconfig/aux-cache",
)


def test_metadata_and_packages_of_each_manager_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS112", stored) == FOUND


def test_the_databases_of_installed_packages_are_no_caches() -> None:
    assert named("LS112", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS112", layer(*(file(path, b"x") for path in NEAR))) == []


def test_each_manager_is_told_its_own_command() -> None:
    stored = layer(file("var/cache/zypp/raw/a", b"x"), file("var/cache/yum/b", b"x"))
    commands = " ".join(finding.fix.example for finding in findings("LS112", stored))
    assert "zypper clean --all" in commands
    assert "yum clean all" in commands
    stored = layer(file("var/cache/microdnf/a", b"x"), file("var/cache/tdnf/b", b"x"))
    commands = " ".join(finding.fix.example for finding in findings("LS112", stored))
    assert "microdnf clean all && rm -rf /var/cache/microdnf" in commands
    assert "tdnf clean all && rm -rf /var/cache/tdnf" in commands
    assert "yum" not in commands
