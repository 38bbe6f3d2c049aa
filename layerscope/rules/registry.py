"""All rules, found by walking the folders below `layerscope/rules`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
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
                for _, kind in inspect.getmembers(loaded, inspect.isclass)
                if issubclass(kind, Rule) and kind.__module__ == loaded.__name__
            ]
    return tuple(sorted(found, key=lambda each: each.id))


def rule(name: str) -> Rule:
    """The rule with this id or name, in any case. Raises UsageError, which names the nearest ones."""
    wanted = name.strip().lower()
    for each in all_rules():
        if wanted in (each.id.lower(), each.name):
            return each
    raise UsageError(f"{name}: no such rule")
