"""Configurations: a TOML table, key by key, to what it says. A key that nobody knows is an error."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from layerscope.errors import ConfigurationError, UsageError
from layerscope.gate.amounts import parse_amount
from layerscope.gate.policy import Limit, Policy, Setting, Settings, defaults, merged
from layerscope.gate.thresholds import Fails, MissingBaseline
from layerscope.gate.waivers import Waiver
from layerscope.rules.measuring import Budget, Patterns, Unit, wildcard
from layerscope.rules.registry import all_budgets, all_rules, explained

__all__ = ["Configuration", "limits_of", "read_configuration", "threshold_of"]

_TOP = ("budgets", "rules", "waivers", "images", "baseline", "missing-baseline")
_SECTION = ("budgets", "rules", "waivers", "baseline", "missing-baseline")
_WAIVER = ("rule", "owner", "reason", "expires", "path", "instruction", "subject", "image", "at-most")
_NEEDED = ("rule", "owner", "reason", "expires")
_FAIL_ON = "fail-on"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What one file says, for all images and for some."""

    settings: Settings
    sections: tuple[tuple[str, Settings], ...] = ()
    """(pattern of names, what holds for images that have one such name), as written."""
    file: str = ""

    def policy(self, names: Collection[str], flags: Settings = Settings()) -> Policy:  # noqa: B008 (frozen)
        """What holds for the image with these names: the defaults, the file, its sections, then `flags`."""
        matching = [said for pattern, said in self.sections if _matches(pattern, names)]
        files = (self.file,) if self.file else ()
        return merged([defaults(), self.settings, *matching, flags], files)


def _matches(pattern: str, names: Collection[str]) -> bool:
    expression = wildcard(pattern)
    return any(expression.fullmatch(name) for name in names)


def read_configuration(document: Mapping[str, Any], file: str, prefix: str = "") -> Configuration:
    """Read a decoded table. `file` is how messages call it, `prefix` what stands before its keys there.

    Raises ConfigurationError, which names the key and what is near it.
    """
    where = f"{file}: {prefix}"
    _known_keys(document, _TOP, where)
    sections = _table(document.get("images", {}), f"{where}images")
    for name, section in sections.items():
        _known_keys(_table(section, f"{where}images.{name}"), _SECTION, f'{where}images."{name}".')
    return Configuration(
        _settings(document, where),
        tuple((name, _settings(section, f'{where}images."{name}".')) for name, section in sections.items()),
        file,
    )


def _settings(table: Mapping[str, Any], where: str) -> Settings:
    rules = dict(_table(table.get("rules", {}), f"{where}rules"))
    fail_on = rules.pop(_FAIL_ON, None)
    return Settings(
        limits=_limits(_table(table.get("budgets", {}), f"{where}budgets"), f"{where}budgets."),
        fail_on=None if fail_on is None else _word(fail_on, Fails, f"{where}rules.{_FAIL_ON}"),
        rules=_rules(rules, f"{where}rules."),
        waivers=tuple(_waivers(table.get("waivers", []), f"{where}waivers")),
        baseline=_baseline(table.get("baseline"), f"{where}baseline"),
        missing_baseline=(
            _word(table["missing-baseline"], MissingBaseline, f"{where}missing-baseline")
            if "missing-baseline" in table
            else None
        ),
    )


def _baseline(value: object, where: str) -> Setting | None:
    if value is None:
        return None
    if value is False:
        return Setting("", where)
    return Setting(_text(value, where), where)


def _limits(table: Mapping[str, Any], where: str) -> dict[tuple[str, str], tuple[Limit, ...]]:
    known = {each.name: each for each in all_budgets() if each.settable}
    known |= {each.id: each for each in known.values()}
    _known_keys(table, [name for name in known if name in table] or list(known), where)
    found: dict[tuple[str, str], tuple[Limit, ...]] = {}
    for key, value in table.items():
        found |= limits_of(known[key], value, f"{where}{key}")
    return found


def limits_of(
    budget: Budget, value: object, where: str, origin: str | None = None
) -> dict[tuple[str, str], tuple[Limit, ...]]:
    """What a value of a budget's key allows: an amount, several in different units, a table of patterns."""
    if isinstance(value, Mapping):
        if budget.patterns is Patterns.NONE:
            raise ConfigurationError(f"{where}: it takes no patterns, but one amount: {_example(budget)}")
        pairs = [(str(pattern), amount, f'{where}."{pattern}"') for pattern, amount in value.items()]
    elif budget.name == "forbidden-path":
        given = value if isinstance(value, list) else [value]
        pairs = [(_text(each, where), 0, where) for each in given if not _is_off(each)]
    elif budget.patterns is Patterns.REQUIRED:
        raise ConfigurationError(
            f"{where}: what is it about? a table of patterns is needed: {_example(budget)}"
        )
    else:
        pairs = [("", value, where)]
    found: dict[tuple[str, str], tuple[Limit, ...]] = {}
    for pattern, amounts, place in pairs:
        if not pattern and (isinstance(value, Mapping) or budget.patterns is Patterns.REQUIRED):
            raise ConfigurationError(f"{where}: an empty pattern matches nothing")
        given = [] if _is_off(amounts) else amounts if isinstance(amounts, list) else [amounts]
        limits = [
            Limit(budget.id, pattern, *parse_amount(each, budget.units, place), origin or place)
            for each in given
        ]
        if len({limit.unit for limit in limits}) < len(limits):
            raise ConfigurationError(f"{place}: two amounts of the same kind")
        found[budget.id, pattern] = tuple(limits)
    return found


def _is_off(value: object) -> bool:
    """Not so for 0, which Python takes for False."""
    return value is False or (isinstance(value, str) and value.lower() == "off")


def _example(budget: Budget) -> str:
    amount = {Unit.BYTES: '"20 MB"', Unit.RATIO: '"2%"', Unit.COUNT: "20"}[budget.units[0]]
    if budget.patterns is Patterns.NONE:
        return f"{budget.name} = {amount}"
    return f'{budget.name} = {{ "PATTERN" = {amount} }}'


def _rules(table: Mapping[str, Any], where: str) -> dict[str, Setting]:
    """Single rules are heard after whole classes, wherever they stand."""
    found: dict[str, Setting] = {}
    for key, value in sorted(table.items(), key=lambda pair: not _is_class(pair[0])):
        found |= threshold_of(key, value, f"{where}{key}")
    return found


def _is_class(key: str) -> bool:
    return len(key) == 5 and key[:2].upper() == "LS" and key[2].isdigit() and key[3:].lower() == "xx"


def threshold_of(key: str, value: object, where: str, origin: str | None = None) -> dict[str, Setting]:
    """What is said of a rule (`LS110`, `apt-caches`) or of a class of them (`LS1xx`)."""
    setting = Setting(_word(value, Fails, where).value, origin or where)
    rules = all_rules()
    if _is_class(key):
        found = [rule.id for rule in rules if rule.id.startswith(key[:3].upper())]
        if not found:
            raise ConfigurationError(f"{where}: there are no such rules")
        return dict.fromkeys(found, setting)
    names = {name.lower(): rule.id for rule in rules for name in (rule.id, rule.name)}
    if key.lower() not in names:
        if key.lower() in {name.lower() for each in all_budgets() for name in (each.id, each.name)}:
            raise ConfigurationError(f"{where}: this is a budget: it belongs below budgets")
        raise ConfigurationError(f"{where}: unknown rule{_near(key.lower(), names)}")
    return {names[key.lower()]: setting}


def _waivers(value: object, where: str) -> Iterable[Waiver]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{where}: not a list of tables ([[waivers]])")
    for number, entry in enumerate(value):
        yield _waiver(_table(entry, f"{where}[{number}]"), f"{where}[{number}]")


def _waiver(table: Mapping[str, Any], where: str) -> Waiver:
    _known_keys(table, _WAIVER, f"{where}.")
    lacking = [key for key in _NEEDED if not table.get(key)]
    if lacking:
        raise ConfigurationError(f"{where}: a waiver has {', '.join(_NEEDED)}; {lacking[0]} is missing")
    try:
        rule = explained(_text(table["rule"], f"{where}.rule"))
    except UsageError as error:
        raise ConfigurationError(f"{where}.rule: {error.message}") from error
    units: Sequence[Unit] = rule.units if isinstance(rule, Budget) else (Unit.BYTES,)
    most = None
    if "at-most" in table:
        most, unit = parse_amount(table["at-most"], units, f"{where}.at-most")
        if unit is not units[0]:
            raise ConfigurationError(f"{where}.at-most: {rule.name} needs it in {units[0]}")
    texts = (key for key in _WAIVER if key not in ("at-most", "expires"))
    words = {key: _text(table.get(key, ""), f"{where}.{key}") for key in texts}
    return Waiver(
        rule_id=rule.id,
        owner=words["owner"],
        reason=words["reason"],
        expires=_date(table["expires"], f"{where}.expires"),
        path=words["path"],
        instruction=words["instruction"],
        subject=words["subject"],
        image=words["image"],
        at_most=most,
        origin=where,
    )


def _date(value: object, where: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(_text(value, where))
    except ValueError as error:
        raise ConfigurationError(f"{where}: {value!r} is not a day such as 2027-01-31") from error


def _word(value: object, kind: type[StrEnum], where: str) -> Setting:
    try:
        return Setting(kind("off" if value is False else str(value).lower()).value, where)
    except ValueError as error:
        words = ", ".join(kind)
        raise ConfigurationError(f"{where}: {value!r} is none of {words}") from error


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{where}: {value!r} is not a text")
    return value


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{where}: not a table")
    return value


def _known_keys(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigurationError(f"{where}{key}: unknown key{_near(key, known)}")


def _near(key: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(key.replace("_", "-"), names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(names))}"
