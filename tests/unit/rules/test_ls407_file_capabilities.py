"""LS407: programs with file capabilities that no package brought."""

from __future__ import annotations

import struct

from layerscope.rules.finding import Severity
from tests.builders import Member, analyzed, file, layer, whiteout
from tests.rule_cases import findings, named, on_base, owned

NET_BIND_SERVICE, SYS_ADMIN, BPF = 10, 21, 39


def capable(path: str, *numbers: int, revision: int = 2) -> Member:
    """A program with permitted capabilities, as setcap writes them."""
    bits = sum(1 << number for number in numbers)
    words = (bits & 0xFFFFFFFF, 0, bits >> 32, 0)
    value = struct.pack("<5I", revision << 24 | 1, *words) + (bytes(4) if revision == 3 else b"")
    return file(path, b"x", mode=0o755, xattrs=((b"security.capability", value),))


def test_capabilities_are_named() -> None:
    (found,) = findings("LS407", layer(capable("bin/server", NET_BIND_SERVICE)))
    assert found.message == "programs have capabilities of their own: cap_net_bind_service"
    assert (found.severity, found.freed_bytes) == (Severity.INFO, 0)
    assert [shown.path for shown in found.locations[0].paths] == [b"bin/server"]


def test_capabilities_like_those_of_root_are_a_warning_in_either_word_and_revision() -> None:
    for number, revision in ((SYS_ADMIN, 2), (BPF, 2), (SYS_ADMIN, 3)):
        (found,) = findings("LS407", layer(capable("bin/tool", number, revision=revision)))
        assert found.severity is Severity.WARNING


def test_other_attributes_and_damaged_ones_are_not_meant() -> None:
    odd = layer(
        file("a", b"x", xattrs=((b"user.note", b"x"),)),
        file("b", b"x", xattrs=((b"security.capability", b"\1\0"),)),
        file("c", b"x", xattrs=((b"security.capability", bytes(20)),)),
        capable("d"),
    )
    assert named("LS407", odd) == []


def test_what_a_package_installed_is_not_meant_and_what_was_given_later_is() -> None:
    whole = analyzed(layer(file("bin/ping", b"x")), layer(capable("bin/ping", NET_BIND_SERVICE)))
    assert named("LS407", owned(whole, "bin/ping", added_in=1)) == []
    assert named("LS407", owned(whole, "bin/ping", added_in=0)) == ["bin/ping"]


def test_what_is_gone_or_lies_in_the_base_is_not_meant() -> None:
    program = layer(capable("bin/tool", SYS_ADMIN))
    assert named("LS407", program, layer(whiteout("bin/tool"))) == []
    assert named("LS407", on_base(analyzed(program, layer(file("a", b"a"))))) == []
