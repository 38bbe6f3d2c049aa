"""The configuration of the written image: that of the source, with the layers that are there now.

Everything else stays as it stands, fields that nobody knows included. An instruction whose layer is gone, or
was merged into one above it, stays in the history and says that it has no layer.

Spec: image-spec v1.1.1, config.md#properties (rootfs, history).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from layerscope.errors import Malformed
from layerscope.oci.digest import DiffID

__all__ = ["LABEL_DROPPED", "rewritten_config"]

LABEL_DROPPED = "io.layerscope.dropped"
"""Label that says which rules' files were taken out of the root filesystem."""


def rewritten_config(
    document: bytes,
    diff_ids: Sequence[DiffID],
    layer_count: int,
    with_layer: set[int],
    labels: Mapping[str, str],
) -> bytes:
    """The configuration with other diff IDs; the same bytes where nothing in it changes.

    `layer_count` layers had the source, and `with_layer` are those whose instruction has a layer still.
    """
    try:
        config: dict[str, Any] = msgspec.json.decode(document, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(f"config: {error}") from error
    before = msgspec.json.encode(config)
    rootfs = config.get("rootfs")
    config["rootfs"] = {
        **(rootfs if isinstance(rootfs, dict) else {"type": "layers"}),
        "diff_ids": list(diff_ids),
    }
    if history := _history(config.get("history"), layer_count, with_layer):
        config["history"] = history
    if labels:
        section = config.get("config")
        section = section if isinstance(section, dict) else {}
        known = section.get("Labels")
        config["config"] = {**section, "Labels": {**(known if isinstance(known, dict) else {}), **labels}}
    after = msgspec.json.encode(config)
    return document if after == before else after


def _history(history: object, layer_count: int, with_layer: set[int]) -> list[object] | None:
    """The history, if it pairs with the layers: else it is left as it is."""
    if not isinstance(history, list) or not all(isinstance(entry, dict) for entry in history):
        return None
    layers = [entry for entry in history if not entry.get("empty_layer")]
    if len(layers) != layer_count:
        return None
    made: list[object] = []
    index = 0
    for entry in history:
        if entry.get("empty_layer"):
            made.append(entry)
            continue
        made.append(entry if index in with_layer else {**entry, "empty_layer": True})
        index += 1
    return made
