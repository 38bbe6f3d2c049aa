"""LS149: core dumps and heap dumps."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import file, layer
from tests.rule_cases import claimed, findings, named

FOUND = {
    "app/core.1234": 5000,
    "usr/src/app/core.node.77": 6000,
    "var/crash/_usr_bin_x.0.crash": 700,
    "app/hs_err_pid12.log": 300,
    "srv/java_pid7.hprof": 400,
}
LEAN = (
    "app/core/__init__.py",
    "app/core.py",
    "app/core.js",
    "usr/lib/core.1234",
)
NEAR = (
    "usr/share/man/man5/core.5",
    "app/node_modules/core/core.1234",
    "app/core.12",
    "app/core.2024.json",
    "app/vgcore",
)


def test_dumps_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS149", stored) == FOUND


def test_modules_called_core_are_not_meant() -> None:
    assert named("LS149", layer(*(file(path, b"x" * 5000) for path in LEAN))) == []


def test_similar_names_are_not_meant() -> None:
    assert named("LS149", layer(*(file(path, b"x" * 4095) for path in NEAR))) == []


def test_a_large_file_called_core_is_named_for_information() -> None:
    found = findings("LS149", layer(file("app/core", bytes(65 << 10)), file("bin/core", bytes(65 << 10))))
    assert [(f.severity, f.freed_bytes) for f in found] == [(Severity.INFO, 65 << 10)]


def test_a_small_file_called_core_is_not_meant() -> None:
    assert named("LS149", layer(file("app/core", b"x" * 1000))) == []


def test_a_dump_is_a_warning() -> None:
    found = findings("LS149", layer(file("core.99", bytes(5000))))
    assert [(f.severity, f.freed_bytes) for f in found] == [(Severity.WARNING, 5000)]
