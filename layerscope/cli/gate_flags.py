"""What the command line says of the gate, as settings that come after the configuration's."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.errors import UsageError
from layerscope.gate.configuration import limits_of, threshold_of
from layerscope.gate.policy import Limit, Setting, Settings
from layerscope.gate.thresholds import Fails, MissingBaseline
from layerscope.rules.measuring import Patterns
from layerscope.rules.registry import budget

__all__ = ["GateFlags", "settings_of"]


@dataclass(frozen=True, slots=True)
class GateFlags:
    """The options as they were written."""

    budgets: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    fail_on: Fails | None = None
    baseline: str | None = None
    missing_baseline: MissingBaseline | None = None


def settings_of(flags: GateFlags) -> Settings:
    """The options as settings. Raises UsageError and ConfigurationError, which name the option."""
    limits: dict[tuple[str, str], tuple[Limit, ...]] = {}
    for text in flags.budgets:
        for key, found in _budget(text).items():
            units = {limit.unit for limit in found}
            kept = tuple(limit for limit in limits.get(key, ()) if limit.unit not in units)
            limits[key] = (*kept, *found) if found else ()
    for glob in flags.forbidden:
        limits |= limits_of(budget("forbidden-path"), [glob], f"--forbid {glob}")
    rules: dict[str, Setting] = {}
    for text in flags.rules:
        name, equals, word = text.partition("=")
        if not equals:
            raise UsageError(f"--rule {text}: it is not RULE=SEVERITY, such as LS110=warning or LS1xx=off")
        rules |= threshold_of(name, word, f"--rule {text}")
    return Settings(
        limits=limits,
        fail_on=None if flags.fail_on is None else Setting(flags.fail_on, f"--fail-on {flags.fail_on}"),
        rules=rules,
        baseline=None if flags.baseline is None else Setting(_path(flags.baseline), "--baseline"),
        missing_baseline=(
            None
            if flags.missing_baseline is None
            else Setting(flags.missing_baseline, f"--missing-baseline {flags.missing_baseline}")
        ),
    )


def _path(text: str) -> str:
    """`none` compares with nothing; an empty text is a variable that was not set, and no wish for that."""
    if not text:
        raise UsageError("--baseline: it is empty; none compares with nothing")
    return "" if text == "none" else text


def _budget(text: str) -> dict[tuple[str, str], tuple[Limit, ...]]:
    """`NAME=AMOUNT`, `NAME:PATTERN=AMOUNT`; a pattern may have an equals sign, an amount has none."""
    where = f"--budget {text}"
    left, equals, amount = text.rpartition("=")
    if not equals:
        raise UsageError(f"{where}: it is not NAME=AMOUNT, such as image-size=120MB or growth=2%")
    name, colon, pattern = left.partition(":")
    try:
        found = budget(name)
    except UsageError as error:
        raise UsageError(f"{where}: {error.message}") from error
    if not found.settable or (colon and found.patterns is Patterns.NONE):
        raise UsageError(f"{where}: {found.name} takes no pattern")
    if not colon and found.patterns is Patterns.REQUIRED and found.name != "forbidden-path":
        raise UsageError(f"{where}: it needs a pattern: {found.name}:PATTERN={amount}")
    value: object = {pattern: amount} if colon else amount
    return limits_of(found, value, where)
