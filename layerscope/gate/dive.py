"""dive's `.dive-ci`: read as it is, and written anew as a configuration of ours.

What a rule compares with its bound is computed in another way here, since dive's figures count surviving
copies as waste and overlook whole directories. docs/how-to/gate.md says how the two differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerscope.errors import ConfigurationError
from layerscope.gate.amounts import amount_text, parse_amount
from layerscope.gate.policy import Limit, Setting, Settings
from layerscope.gate.thresholds import Fails
from layerscope.rules.measuring import Unit
from layerscope.rules.registry import budget

__all__ = ["import_dive", "is_dive_file", "read_dive"]

_RULES = {
    "lowestEfficiency": ("efficiency", Unit.RATIO, "0.9"),
    "highestWastedBytes": ("wasted-bytes", Unit.BYTES, "disabled"),
    "highestUserWastedPercent": ("own-wasted-ratio", Unit.RATIO, "0.1"),
}
"""dive's rule to our budget, its unit, and what dive takes where the file says nothing."""

_KEBAB = {
    "lowest-efficiency": "lowestEfficiency",
    "highest-wasted-bytes": "highestWastedBytes",
    "highest-user-wasted-percent": "highestUserWastedPercent",
}
_DISABLED = ("", "disabled", "off", "false")


def is_dive_file(name: str) -> bool:
    """Whether a file is dive's, by its name: `.dive-ci`, `dive-ci.conf`, `gate.yaml`. Ours is never YAML."""
    suffix = name.rpartition(".")[2]
    return suffix in ("yml", "yaml") or ("dive" in name.lower() and suffix != "toml")


def read_dive(content: bytes, file: str) -> Settings:
    """What a `.dive-ci` says: dive's three rules and nothing else; no finding fails.

    The base image is layer 0, as dive has it. Raises ConfigurationError.
    """
    rules = _rules(content, file)
    given = {key: str(value) for key, (_, _, value) in _RULES.items()}
    origins = dict.fromkeys(_RULES, f"{file}: dive's default")
    for key, value in rules.items():
        name = _KEBAB.get(key, key)
        if name not in _RULES:
            raise ConfigurationError(f"{file}: rules.{key}: unknown key; there are {', '.join(_RULES)}")
        given[name], origins[name] = _scalar(value, f"{file}: rules.{key}"), f"{file}: rules.{key}"
    limits: dict[tuple[str, str], tuple[Limit, ...]] = {(budget("own-growth").id, ""): ()}
    for name, (ours, unit, _) in _RULES.items():
        budget_id = budget(ours).id
        limits[budget_id, ""] = ()
        if given[name].lower() not in _DISABLED:
            allowed = _amount(given[name], unit, origins[name])
            limits[budget_id, ""] = (Limit(budget_id, "", allowed, unit, origins[name]),)
    return Settings(limits=limits, fail_on=Setting(Fails.OFF, file), base_layers=1)


def _rules(content: bytes, file: str) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415  # only who comes from dive needs it

    try:
        document = yaml.load(content, yaml.BaseLoader)  # noqa: S506  # it makes texts, lists, tables
    except (yaml.YAMLError, RecursionError, UnicodeDecodeError) as error:
        what = " ".join(str(error).split())
        raise ConfigurationError(f"{file}: no YAML: {what}") from error
    if document in (None, ""):
        return {}
    rules = document.get("rules") or {} if isinstance(document, Mapping) else None
    if not isinstance(rules, Mapping) or set(document) - {"rules"}:
        raise ConfigurationError(f"{file}: it has the key rules, and below it {', '.join(_RULES)}")
    return rules


def _scalar(value: object, where: str) -> str:
    if isinstance(value, str):
        return value.strip()
    raise ConfigurationError(f"{where}: not a number or a word")


def _amount(text: str, unit: Unit, where: str) -> float:
    if unit is Unit.RATIO and "%" in text:
        raise ConfigurationError(f"{where}: {text!r} is not a ratio from 0 to 1, which dive wants here")
    try:
        value = float(text) if unit is Unit.RATIO else text
    except ValueError as error:
        raise ConfigurationError(f"{where}: {text!r} is not a ratio from 0 to 1") from error
    return parse_amount(value, (unit,), where)[0]


def import_dive(content: bytes, file: str) -> str:
    """A configuration of ours, TOML, that decides as `read_dive` does, but for the base image."""
    settings = read_dive(content, file)
    lines = [
        f"# From {file}, by `layerscope config import`. What the figures are: layerscope rules LS306",
        "# dive takes layer 0 for the base image; here --base, --dockerfile and the history tell.",
        "",
        "[budgets]",
    ]
    for ours, _, _ in _RULES.values():
        limits = settings.limits[budget(ours).id, ""]
        value = amount_text(limits[0].allowed, limits[0].unit) if limits else '"off"'
        lines.append(f"{ours} = {value}")
    lines += [
        'own-growth = "off"',
        "",
        "[rules]",
        '# dive has no rules about findings. "error" stops secrets; layerscope rules lists all.',
        'fail-on = "never"',
    ]
    return "".join(line + "\n" for line in lines)
