"""All rules and budgets, found by walking the folders below `layerscope/rules`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import TypeVar

from layerscope.errors import UsageError
from layerscope.rules import budget as budget_folder
from layerscope.rules import dockerfile, hygiene, waste
from layerscope.rules.base import Rule
from layerscope.rules.measuring import Budget

__all__ = ["Explained", "all_budgets", "all_rules", "budget", "everything", "explained", "rule"]

Explained = Rule | Budget
"""What has a page of its own."""

_FOLDERS: tuple[ModuleType, ...] = (waste, dockerfile, hygiene)


_Kind = TypeVar("_Kind", Rule, Budget)


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id. Each module below a folder has exactly one."""
    found = [kind() for folder in _FOLDERS for kind in _defined(folder, Rule)]  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda each: each.id))


@cache
def all_budgets() -> tuple[Budget, ...]:
    """Every budget, by id."""
    found = [kind() for kind in _defined(budget_folder, Budget)]  # type: ignore[type-abstract]
    return tuple(sorted(found, key=lambda each: each.id))


def _defined(folder: ModuleType, kind: type[_Kind]) -> Iterator[type[_Kind]]:
    for module in pkgutil.iter_modules(folder.__path__, folder.__name__ + "."):
        loaded = importlib.import_module(module.name)
        for each in vars(loaded).values():
            if isinstance(each, type) and issubclass(each, kind) and each.__module__ == loaded.__name__:
                yield each


def everything() -> tuple[Explained, ...]:
    """Every rule and every budget, by id."""
    return tuple(sorted((*all_rules(), *all_budgets()), key=lambda each: each.id))


def rule(name: str) -> Rule:
    """The rule with this id or name, in any case. Raises UsageError, which names the nearest ones."""
    return _named(name, all_rules, "rule")


def budget(name: str) -> Budget:
    """The budget with this id or name, in any case. Raises UsageError, which names the nearest ones."""
    return _named(name, all_budgets, "budget")


def explained(name: str) -> Explained:
    """The rule or budget with this id or name, in any case. Raises UsageError."""
    return _named(name, everything, "rule")


_Named = TypeVar("_Named", bound=Explained)


def _named(name: str, known: Callable[[], Sequence[_Named]], kind: str) -> _Named:
    wanted = name.strip().lower()
    for each in known():
        if wanted in (each.id.lower(), each.name):
            return each
    raise UsageError(f"{name}: no such {kind}; {_nearest(wanted, known())}")


def _nearest(wanted: str, known: Sequence[Explained]) -> str:
    names = {each.id.lower(): each for each in known} | {each.name: each for each in known}
    parts = [name for name in names if len(wanted) > 2 and wanted in name]
    close = get_close_matches(wanted, names, n=3, cutoff=0.6)
    near = dict.fromkeys(names[name] for name in (*close, *sorted(parts)))
    if not near:
        return "layerscope rules lists them"
    return "near it are " + ", ".join(f"{each.id} ({each.name})" for each in list(near)[:3])
