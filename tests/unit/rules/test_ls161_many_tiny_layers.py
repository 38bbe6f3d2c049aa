"""LS161: many layers with next to nothing in them."""

from __future__ import annotations

from layerscope.rules.finding import Role, Severity
from tests.analyses import analysis, step
from tests.builders import analyzed, directory, file, layer
from tests.rule_cases import findings, on_base

TINY = layer(directory("d"), file("d/a", b"x" * 9_999))


def test_more_than_ten_are_many() -> None:
    (found,) = findings("LS161", *[TINY] * 11)
    assert (found.message, found.freed_bytes) == ("11 layers have next to nothing in them", 0)
    assert found.severity is Severity.INFO
    assert [(place.layer, place.role) for place in found.locations] == [
        (n, Role.CONCERNED) for n in range(11)
    ]


def test_ten_are_not_and_larger_ones_do_not_count() -> None:
    assert findings("LS161", *[TINY] * 10, layer(file("a", b"x" * 10_000))) == ()


def test_layers_of_the_base_do_not_count() -> None:
    assert findings("LS161", on_base(analyzed(*[TINY] * 11))) == ()


def test_layers_that_were_not_read_are_not_called_empty() -> None:
    absent = [step(absent="not there") for _ in range(11)]
    assert findings("LS161", analysis(*absent)) == ()
