"""Amounts as people write them."""

from __future__ import annotations

import pytest

from layerscope.errors import ConfigurationError
from layerscope.gate.amounts import amount_text, parse_amount
from layerscope.rules.measuring import Unit

BYTES, RATIO, COUNT = (Unit.BYTES,), (Unit.RATIO,), (Unit.COUNT,)
GROWTH = (Unit.BYTES, Unit.RATIO)


@pytest.mark.parametrize(
    ("value", "units", "amount"),
    [
        ("120 MB", BYTES, 120_000_000),
        ("120MB", BYTES, 120_000_000),
        ("1.1 kB", BYTES, 1100),
        ("64 MiB", BYTES, 64 << 20),
        ("2G", BYTES, 2 * 10**9),
        ("17 B", BYTES, 17),
        ("17", BYTES, 17),
        (17, BYTES, 17),
        (0, BYTES, 0),
        ("2%", RATIO, 0.02),
        ("12.5 %", RATIO, 0.125),
        (0.9, RATIO, 0.9),
        (1, RATIO, 1.0),
        ("0.9", RATIO, 0.9),
        (20, COUNT, 20),
        ("20", COUNT, 20),
        ("2%", GROWTH, 0.02),
        ("250%", GROWTH, 2.5),
        ("5 MB", GROWTH, 5_000_000),
        (0, GROWTH, 0),
    ],
)
def test_an_amount_is_read(value: object, units: tuple[Unit, ...], amount: float) -> None:
    assert parse_amount(value, units, "x")[0] == amount


@pytest.mark.parametrize(
    ("value", "units"),
    [
        ("2%", BYTES),
        ("1.5", BYTES),
        (1.5, BYTES),
        (-1, BYTES),
        (True, COUNT),
        ("20 MB", COUNT),
        ("1 iB", BYTES),
        ("", BYTES),
        ("nan", RATIO),
        (float("nan"), RATIO),
        (2, RATIO),
        ("2", RATIO),
        ("\u0661 MB", BYTES),
        ("9" * 19, BYTES),
        ("999999999 TiB", BYTES),
        (None, BYTES),
        ([1], BYTES),
    ],
)
def test_what_is_no_amount_is_an_error_that_says_what_is(value: object, units: tuple[Unit, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"^x: .* is not a (size|part|number) such as"):
        parse_amount(value, units, "x")


@pytest.mark.parametrize(
    ("value", "unit"),
    [(0.1, Unit.RATIO), (0.95, Unit.RATIO), (1.0, Unit.RATIO), (123_456, Unit.BYTES), (7, Unit.COUNT)],
)
def test_what_is_written_is_read_as_it_was(value: float, unit: Unit) -> None:
    assert parse_amount(amount_text(value, unit).strip('"'), (unit,), "x") == (value, unit)
