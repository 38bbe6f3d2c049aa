"""LS108: an upgrade keeps the old files."""

from __future__ import annotations

from layerscope.rules.examine import examine
from layerscope.rules.finding import Severity
from layerscope.rules.registry import rule
from tests.builders import Member, analyzed, file, layer, whiteout
from tests.rule_cases import claimed, findings, on_base
from tests.unit.packages.records import dpkg_package


def installed(content: bytes, **versions: str) -> list[Member]:
    """Packages of dpkg, each with a program of its name."""
    status = "".join(dpkg_package(name, version) for name, version in versions.items())
    members = [file("var/lib/dpkg/status", status.encode())]
    for name in versions:
        members.append(file(f"var/lib/dpkg/info/{name}.list", f"/usr/bin/{name}\n".encode()))
        members.append(file(f"usr/bin/{name}", content + name.encode()))
    return members


def test_old_files_of_packages_that_a_later_layer_upgrades_are_found() -> None:
    image = analyzed(layer(*installed(b"old ", a="1", b="1")), layer(*installed(b"newer ", a="2", b="2")))
    (found,) = findings("LS108", image)
    assert found.message == "packages of layer 0 are upgraded by layer 1: a, b"
    assert (found.freed_bytes, found.wasted_bytes) == (10, 10)


def test_the_databases_own_files_are_left_to_the_general_rules() -> None:
    image = analyzed(layer(*installed(b"old ", a="1")), layer(*installed(b"newer ", a="2")))
    found = examine(image, [rule("LS102"), rule("LS104"), rule("LS108")])
    assert {each.rule_id for each in found} == {"LS102", "LS104", "LS108"}
    assert sum(each.wasted_bytes for each in found) == image.ledger.wasted_bytes


def test_a_file_that_someone_else_changes_is_no_upgrade() -> None:
    image = analyzed(layer(*installed(b"old ", a="1")), layer(file("usr/bin/a", b"patched")))
    assert claimed("LS108", image) == {}


def test_the_fix_for_packages_of_the_base_is_a_newer_base() -> None:
    image = analyzed(layer(*installed(b"old ", a="1")), layer(*installed(b"newer ", a="2")))
    (found,) = findings("LS108", on_base(image))
    assert (found.in_base, found.severity) == (False, Severity.WARNING)
    assert "take a base image that has the newer packages" in found.fix.text


def test_many_packages_are_counted_and_the_largest_are_named() -> None:
    names = {f"p{'x' * number}": "1" for number in range(5)}
    upgraded = dict.fromkeys(names, "2")
    image = analyzed(layer(*installed(b"old ", **names)), layer(*installed(b"newer ", **upgraded)))
    assert findings("LS108", image)[0].message.endswith(": pxxxx, pxxx, pxx and 2 more")


def test_a_first_installation_over_a_file_of_ones_own_is_no_upgrade() -> None:
    image = analyzed(layer(file("usr/bin/a", b"own")), layer(*installed(b"first ", a="1")))
    assert claimed("LS108", image) == {}
    again = analyzed(
        layer(file("usr/bin/a", b"own")),
        layer(*installed(b"first ", a="1")),
        layer(*installed(b"second ", a="2")),
    )
    assert claimed("LS108", again) == {"usr/bin/a": 7}


def test_a_package_that_was_gone_in_between_is_installed_anew() -> None:
    image = analyzed(
        layer(*installed(b"old ", a="1", b="1")),
        layer(*installed(b"old ", b="1"), whiteout("usr/bin/a")),
        layer(file("usr/bin/a", b"own")),
        layer(*installed(b"newer ", a="2", b="1")),
    )
    assert claimed("LS108", image) == {}
