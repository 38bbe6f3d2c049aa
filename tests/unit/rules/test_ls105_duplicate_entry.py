"""LS105: one layer stores a path twice."""

from __future__ import annotations

from layerscope.rules.finding import Role
from tests.builders import file, layer
from tests.rule_cases import claimed, findings


def test_the_earlier_entry_of_a_path_is_wasted() -> None:
    twice = layer(file("a", b"xxx"), file("a", b"y"))
    (found,) = findings("LS105", twice)
    assert found.message == "layer 0 stores several entries for the same path"
    assert (found.freed_bytes, found.wasted_bytes) == (3, 3)
    assert [(place.layer, place.role) for place in found.locations] == [(0, Role.STORED)]


def test_the_same_path_in_two_layers_is_another_rule() -> None:
    assert claimed("LS105", layer(file("a", b"xxx")), layer(file("a", b"y"))) == {}
