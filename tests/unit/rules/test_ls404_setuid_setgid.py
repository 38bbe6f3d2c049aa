"""LS404: programs with setuid or setgid that no package brought."""

from __future__ import annotations

import pytest

from layerscope.rules.finding import Severity
from tests.builders import analyzed, directory, file, hardlink, layer, symlink, whiteout
from tests.rule_cases import findings, named, on_base, owned


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6711])
def test_a_program_is_found_with_either_bit(mode: int) -> None:
    (found,) = findings("LS404", layer(file("usr/local/bin/tool", b"x", mode=mode)))
    assert (found.severity, found.freed_bytes) == (Severity.WARNING, 0)
    assert [shown.path for shown in found.locations[0].paths] == [b"usr/local/bin/tool"]


@pytest.mark.parametrize("mode", [0o755, 0o4644, 0o2644, 0o1755, 0o2705])
def test_other_modes_are_not_meant(mode: int) -> None:
    """setgid without the group's right to execute means mandatory locking."""
    assert named("LS404", layer(file("usr/local/bin/tool", b"x", mode=mode))) == []


def test_directories_and_links_are_not_meant() -> None:
    lean = layer(directory("var/mail", mode=0o2775), symlink("usr/bin/su", "busybox", mode=0o4777))
    assert named("LS404", lean) == []


def test_what_a_package_installed_is_not_meant() -> None:
    whole = analyzed(layer(file("usr/bin/su", b"x", mode=0o4755)))
    assert named("LS404", whole) == ["usr/bin/su"]
    assert named("LS404", owned(whole, "usr/bin/su")) == []


def test_a_program_of_a_package_that_got_the_bit_later_is_found() -> None:
    given = analyzed(
        layer(file("usr/bin/find", b"x", mode=0o755)), layer(file("usr/bin/find", b"x", mode=0o4755))
    )
    assert named("LS404", owned(given, "usr/bin/find")) == ["usr/bin/find"]
    rewritten = analyzed(
        layer(file("usr/bin/su", b"x", mode=0o4755)), layer(file("usr/bin/su", b"x", mode=0o4755, mtime=9))
    )
    assert named("LS404", owned(rewritten, "usr/bin/su")) == []


def test_what_is_gone_lost_the_bit_or_lies_in_the_base_is_not_meant() -> None:
    program = layer(file("bin/tool", b"x", mode=0o4755))
    assert named("LS404", program, layer(whiteout("bin/tool"))) == []
    assert named("LS404", program, layer(file("bin/tool", b"x", mode=0o755))) == []
    assert named("LS404", on_base(analyzed(program, layer(file("a", b"a"))))) == []


def test_a_program_with_two_names_is_counted_once() -> None:
    (found,) = findings(
        "LS404", layer(file("bin/a", b"x", mode=0o4755), hardlink("bin/b", to="bin/a", mode=0o4755))
    )
    assert found.locations[0].files == 1
