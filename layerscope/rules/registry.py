"""All rules, found by walking the folders below `layerscope/rules`."""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from functools import cache
from types import ModuleType

from layerscope.errors import UsageError
from layerscope.rules import hygiene, waste
from layerscope.rules.base import Rule

__all__ = ["all_rules", "rule"]

_FOLDERS: tuple[ModuleType, ...] = (waste, hygiene)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id. Each module below a folder has exactly one."""
    found: list[Rule] = []
    for folder in _FOLDERS:
        for module in pkgutil.iter_modules(folder.__path__, folder.__name__ + "."):
            loaded = importlib.import_module(module.name)
            found += [
                kind()
                for kind in vars(loaded).values()
                if isinstance(kind, type) and issubclass(kind, Rule) and kind.__module__ == loaded.__name__
            ]
    return tuple(sorted(found, key=lambda each: each.id))


def rule(name: str) -> Rule:
    """The rule with this id or name, in any case. Raises UsageError, which names the nearest ones."""
    wanted = name.strip().lower()
    for each in all_rules():
        if wanted in (each.id.lower(), each.name):
            return each
    raise UsageError(f"{name}: no such rule; {_nearest(wanted)}")


def _nearest(wanted: str) -> str:
    names = {each.id.lower(): each for each in all_rules()} | {each.name: each for each in all_rules()}
    parts = [name for name in names if len(wanted) > 2 and wanted in name]
    close = get_close_matches(wanted, names, n=3, cutoff=0.6)
    near = dict.fromkeys(names[name] for name in (*close, *sorted(parts)))
    if not near:
        return "layerscope rules lists them"
    return "near it are " + ", ".join(f"{each.id} ({each.name})" for each in list(near)[:3])
