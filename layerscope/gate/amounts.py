"""Amounts as people write them: `120 MB`, `64 MiB`, `2%`, `0.9`, `20`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from layerscope.errors import ConfigurationError
from layerscope.rules.measuring import Unit

__all__ = ["amount_text", "parse_amount"]

_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([kmgt]?)(i?)b?", re.IGNORECASE)
_PERCENT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%")
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_MOST = 1 << 62
_SAID = {
    Unit.BYTES: "a size such as 120 MB, 64 MiB or 120000000",
    Unit.RATIO: "a part such as 2% or 0.02",
    Unit.COUNT: "a number such as 20",
}


def parse_amount(value: object, units: Sequence[Unit], where: str) -> tuple[int | float, Unit]:
    """The amount and what it counts, one of `units`. `MB` are 10^6 bytes, `MiB` 2^20.

    A number without a unit is a count or bytes; with a point, or where nothing but a ratio is meant, a ratio,
    from 0 to 1. Raises ConfigurationError, which begins with `where`.
    """
    found = _text_amount(value.strip(), units) if isinstance(value, str) else _number_amount(value, units)
    if found is None or (found[1] is not Unit.RATIO and found[0] > _MOST):
        said = ", or ".join(_SAID[unit] for unit in units)
        raise ConfigurationError(f"{where}: {value!r} is not {said}")
    return found


def _number_amount(value: object, units: Sequence[Unit]) -> tuple[int | float, Unit] | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return None
    if isinstance(value, int) and units[0] is not Unit.RATIO:
        return value, units[0]
    if Unit.RATIO in units and value <= 1:
        return float(value), Unit.RATIO
    return None


def _text_amount(text: str, units: Sequence[Unit]) -> tuple[int | float, Unit] | None:
    percent = _PERCENT.fullmatch(text)
    if percent is not None:
        return (float(Decimal(percent[1]) / 100), Unit.RATIO) if Unit.RATIO in units else None
    size = _SIZE.fullmatch(text)
    if size is None:
        return None
    plain = not (size[2] or size[3]) and text[-1] not in "bB"
    if plain:
        return _number_amount(float(text) if "." in text else int(text), units)
    if Unit.BYTES not in units or (size[3] and not size[2]):
        return None
    unit = (1024 if size[3] else 1000) ** _POWER[size[2].lower()]
    return int(Decimal(size[1]) * unit), Unit.BYTES


def amount_text(value: float, unit: Unit) -> str:
    """The amount as it may be written in a configuration, exactly: `120000000`, `"2%"`, `20`."""
    if unit is Unit.RATIO:
        return f'"{(Decimal(repr(float(value))) * 100).normalize():f}%"'
    return str(int(value))
