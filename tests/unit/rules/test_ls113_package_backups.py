"""LS113: backup copies of package databases."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import file, layer
from tests.rule_cases import claimed, findings, named

FOUND = {
    "var/lib/dpkg/status-old": 300,
    "var/cache/debconf/templates.dat-old": 200,
    "var/backups/dpkg.status.0": 100,
    "var/lib/dnf/history.sqlite": 50,
}
LEAN = (
    "var/lib/dpkg/status",
    "var/lib/dpkg/diversions",
    "var/cache/debconf/templates.dat",
)
NEAR = (
    "app/status-old",
    "var/lib/dpkg/info/some-old.list",
    "var/backups/mine.sql",
)


def test_copies_and_histories_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS113", stored) == FOUND


def test_the_databases_themselves_are_not_meant() -> None:
    assert named("LS113", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS113", layer(*(file(path, b"x") for path in NEAR))) == []


def test_it_is_never_more_than_information() -> None:
    found = findings("LS113", layer(file("var/lib/dpkg/status-old", b"x" * 5000)))
    assert [finding.severity for finding in found] == [Severity.INFO]


def test_each_history_and_every_backup_is_removed_by_its_fix() -> None:
    paths = {
        "var/backups/dpkg.status.0": "/var/backups/dpkg.*",
        "usr/lib/sysimage/libdnf5/transaction_history.sqlite": "libdnf5/transaction_history.*",
        "var/lib/dnf/history.sqlite": "/var/lib/dnf/history.*",
        "var/lib/yum/history/a": "/var/lib/yum/history",
    }
    for path, removed in paths.items():
        assert removed in findings("LS113", layer(file(path, b"x")))[0].fix.example
