"""All kinds of suggestions, found by walking this folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from layerscope.advice import suggestions
from layerscope.advice.suggestions.base import Transformation
from layerscope.errors import UsageError

__all__ = ["all_kinds", "known_kinds"]


@cache
def all_kinds() -> tuple[Transformation, ...]:
    """Every kind, by rank and name."""
    found: list[Transformation] = []
    for module in pkgutil.iter_modules(suggestions.__path__, suggestions.__name__ + "."):
        loaded = importlib.import_module(module.name)
        found += [
            each()
            for each in vars(loaded).values()
            if isinstance(each, type)
            and issubclass(each, Transformation)
            and each.__module__ == loaded.__name__
            and not getattr(each, "__abstractmethods__", None)
        ]
    return tuple(sorted(found, key=lambda kind: (kind.rank, kind.kind)))


def known_kinds(names: Iterable[str]) -> frozenset[str]:
    """These names, if each is one of a kind. Raises UsageError, which lists those that there are."""
    known = [kind.kind for kind in all_kinds()]
    wanted = frozenset(names)
    for name in sorted(wanted):
        if name not in known:
            raise UsageError(f"kind {name}: not one of {', '.join(sorted(known))}")
    return wanted
