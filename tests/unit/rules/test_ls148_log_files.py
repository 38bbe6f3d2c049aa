"""LS148: log files."""

from __future__ import annotations

from tests.builders import analyzed, file, layer, symlink
from tests.rule_cases import claimed, findings, named, owned

FOUND = {
    "var/log/dpkg.log": 500,
    "var/log/apt/history.log": 400,
    "var/log/lastlog": 300,
    "app/logs/build.log": 200,
    "app/npm-debug.log": 50,
}
LEAN = (
    "app/log.py",
    "app/catalog",
    "etc/logrotate.conf",
)
NEAR = (
    "app/node_modules/pkg/test/sample.log",
    "usr/lib/python3/test.log",
    "app/testdata/in.log",
    "usr/share/doc/x.log",
)


def test_logs_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS148", stored) == FOUND


def test_what_only_looks_like_it_is_not_meant() -> None:
    assert named("LS148", layer(*(file(path, b"x") for path in LEAN))) == []


def test_samples_of_packages_are_not_meant() -> None:
    assert named("LS148", layer(*(file(path, b"x") for path in NEAR))) == []


def test_an_empty_log_and_a_link_to_standard_output_are_not_meant() -> None:
    lean = layer(symlink("var/log/nginx/access.log", "/dev/stdout"), file("var/log/btmp"))
    assert named("LS148", lean) == []


def test_a_log_that_a_package_owns_is_not_meant() -> None:
    whole = analyzed(layer(file("opt/tool/sample.log", b"x")))
    assert named("LS148", whole) == ["opt/tool/sample.log"]
    assert named("LS148", owned(whole, "opt/tool/sample.log")) == []


def test_a_table_of_logins_has_its_own_fix() -> None:
    found = findings("LS148", layer(file("var/log/lastlog", b"x" * 900), file("var/log/dpkg.log", b"x")))
    assert "--no-log-init" in found[0].fix.example
    assert [finding.freed_bytes for finding in found] == [900, 1]
