"""How the configurations of two images differ, key by key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from layerscope.analysis.comparison_types import ConfigurationChange
from layerscope.image.image import Image
from layerscope.oci.config import ContainerConfig

__all__ = ["TIMES", "configuration_changes"]

TIMES = frozenset({"created", "history.created"})
"""Keys that any rebuild changes, unless it was told a time."""


def configuration_changes(old: Image, new: Image) -> tuple[ConfigurationChange, ...]:
    """Every key that differs, sorted; texts as they stand, lists and maps as JSON.

    Environment variables and labels are compared one by one (`config.Env.PATH`). `history` lists the
    instructions that the other image has not, `history.created` such times. Where nothing that layerscope
    knows of differs and the image IDs do, the key is `other`.
    """
    before, after = dict(_keys(old)), dict(_keys(new))
    before |= _history(old, new)
    after |= _history(new, old)
    changes = [
        ConfigurationChange(key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]
    if not changes and old.image_id and new.image_id and old.image_id != new.image_id:
        same_layers = [layer.diff_id for layer in old.layers] == [layer.diff_id for layer in new.layers]
        if same_layers:
            changes.append(ConfigurationChange("other", old.image_id, new.image_id))
    return tuple(changes)


def _keys(image: Image) -> Iterator[tuple[str, str]]:
    config = image.config
    for name in ("author", "created"):
        value = getattr(config, name)
        if value is not None:
            yield name, value
    if image.platform:
        yield "platform", image.platform
    yield from _execution(config.config or ContainerConfig())


def _history(image: Image, other: Image) -> dict[str, str]:
    """Instructions and their times, as JSON: those that the other image has not, or all in another order."""
    found = {}
    for key, column, others in (
        ("history", _instructions(image), _instructions(other)),
        ("history.created", _times(image), _times(other)),
    ):
        if column != others:
            own = Counter(column) - Counter(others)
            differing = list(own.elements()) if own or Counter(others) - Counter(column) else column
            found[key] = json.dumps(differing, ensure_ascii=False)
    return found


def _instructions(image: Image) -> list[str]:
    return [entry.created_by or entry.comment or "" for entry in image.config.history or ()]


def _times(image: Image) -> list[str]:
    return [entry.created or "" for entry in image.config.history or ()]


def _execution(config: ContainerConfig) -> Iterator[tuple[str, str]]:
    for name in config.__struct_fields__:
        value = getattr(config, name)
        if not value:  # `null`, an empty list and no key are the same to every engine
            continue
        if name == "Env":
            for variable in value:
                key, _, text = variable.partition("=")
                yield f"config.Env.{key}", text
        elif isinstance(value, Mapping) and name != "Healthcheck":
            for key, text in value.items():
                yield f"config.{name}.{key}", text if isinstance(text, str) else ""
        else:
            yield f"config.{name}", value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
