"""The configuration of the written image: that of the source, with the layers that are there now.

Everything else stays as it stands, fields that nobody knows included. An instruction whose layer is gone, or
was merged into one above it, stays in the history and says that it has no layer.

Spec: image-spec v1.1.1, config.md#properties (rootfs, history).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from layerscope.errors import Malformed
from layerscope.oci.digest import DiffID
from layerscope.optimizer.times import no_later

__all__ = ["LABEL_DROPPED", "rewritten_config"]

_OF_THE_BUILD = ("container", "container_config", "parent")
"""What Docker's classic builder says of the build and not of the image: names that are drawn by lot."""
_FROM_INTERMEDIATE = re.compile(r"FROM (sha256:)?([0-9a-f]{12}|[0-9a-f]{64})")
"""What buildah says of the image before each step; its ID depends on when it was built."""

LABEL_DROPPED = "io.layerscope.dropped"
"""Label that says which rules' files were taken out of the root filesystem."""


def rewritten_config(
    document: bytes,
    diff_ids: Sequence[DiffID],
    layer_count: int,
    with_layer: set[int],
    labels: Mapping[str, str],
    *,
    latest: int | None = None,
) -> bytes:
    """The configuration with other diff IDs; the same bytes where nothing in it changes.

    `layer_count` layers had the source, and `with_layer` are those whose instruction has a layer still.
    Times after `latest`, in seconds since 1970, become that; then nothing is left that tells one build from
    another.
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
    if latest is not None:
        return msgspec.json.encode(_of_any_build(config, latest), order="sorted")
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


def _of_any_build(config: Mapping[str, Any], latest: int) -> dict[str, Any]:
    """The configuration without times after `latest` and without what is drawn by lot for each build."""
    kept = {key: value for key, value in config.items() if key not in _OF_THE_BUILD}
    if "created" in kept:
        kept["created"] = no_later(kept["created"], latest)
    if isinstance(history := kept.get("history"), list):
        kept["history"] = [_entry_of_any_build(entry, latest) for entry in history]
    section = kept.get("config")
    if isinstance(section, dict):
        host = section.get("Hostname")
        container = config.get("container")
        named_by_lot = host and isinstance(container, str) and container.startswith(str(host))
        kept["config"] = {
            key: "" if (key == "Hostname" and named_by_lot) or (key == "Image" and value) else value
            for key, value in section.items()
        }
    return kept


def _entry_of_any_build(entry: object, latest: int) -> object:
    """The same for one entry of the history."""
    if not isinstance(entry, dict):
        return entry
    made = {key: no_later(value, latest) if key == "created" else value for key, value in entry.items()}
    if _FROM_INTERMEDIATE.fullmatch(str(made.get("comment"))):
        del made["comment"]
    return made
