"""The error tree in the docstring of layerscope/errors.py is the real one."""

from __future__ import annotations

import inspect
import re

import layerscope.errors
from layerscope.errors import LayerscopeError

# Design of the exit codes: 1 is a result, 70 a bug, 130 and 141 belong to signals and pipes.
ERROR_CODES = {2, 3, 4, 5, 6, 7, 8, 9, 70}

_LINE = re.compile(r"^    (?P<stem>(?:│   )*(?:├── |└── )?)(?P<name>[A-Z]\w+)\s+(?P<code>\d+)\s")


def drawn_tree() -> dict[str, tuple[str | None, int]]:
    """Name to (parent, exit code), as drawn."""
    tree: dict[str, tuple[str | None, int]] = {}
    branch: list[str] = []
    for line in (layerscope.errors.__doc__ or "").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        depth = len(found["stem"]) // 4
        branch[depth:] = [found["name"]]
        tree[found["name"]] = (branch[depth - 1] if depth else None, int(found["code"]))
    return tree


def real_tree() -> dict[str, tuple[str | None, int]]:
    """The same from the classes."""
    classes = [
        cls
        for _, cls in inspect.getmembers(layerscope.errors, inspect.isclass)
        if issubclass(cls, LayerscopeError)
    ]
    return {
        cls.__name__: (None if cls is LayerscopeError else cls.__bases__[0].__name__, cls.exit_code)
        for cls in classes
    }


def test_the_drawn_tree_is_the_real_one() -> None:
    assert drawn_tree() == real_tree()


def test_error_codes_are_those_of_the_table() -> None:
    assert {code for _, code in real_tree().values()} <= ERROR_CODES


def test_a_place_is_put_in_front_and_the_type_stays() -> None:
    error = layerscope.errors.Truncated("ends after 3 bytes").at("layer 2")
    assert type(error) is layerscope.errors.Truncated
    assert str(error) == "layer 2: ends after 3 bytes"
