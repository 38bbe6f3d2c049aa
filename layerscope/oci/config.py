"""The image configuration document.

Spec: image-spec v1.1.1, config.md#properties. Unknown fields are ignored, `null` counts as absent
everywhere: real builders leave out nearly every field (bazel, ko, nix).
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["ContainerConfig", "HistoryEntry", "ImageConfig", "RootFS"]


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `history`: what a builder says it did.

    Spec: image-spec v1.1.1, config.md#properties (history).
    """

    created: str | None = None
    created_by: str | None = None
    author: str | None = None
    comment: str | None = None
    empty_layer: bool | None = None


class RootFS(msgspec.Struct, frozen=True, kw_only=True):
    """`rootfs`: the diff IDs, lowest layer first."""

    type: str | None = None
    diff_ids: tuple[str, ...] | None = None


class ContainerConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`config`: the execution parameters that layerscope shows, or compares two images by.

    Spec: image-spec v1.1.1, config.md#properties (config).
    """

    User: str | None = None
    Env: tuple[str, ...] | None = None
    Entrypoint: tuple[str, ...] | None = None
    Cmd: tuple[str, ...] | None = None
    WorkingDir: str | None = None
    Labels: dict[str, str] | None = None
    ExposedPorts: dict[str, Any] | None = None
    Volumes: dict[str, Any] | None = None
    StopSignal: str | None = None
    Healthcheck: dict[str, Any] | None = None
    Shell: tuple[str, ...] | None = None
    OnBuild: tuple[str, ...] | None = None


class ImageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration document."""

    created: str | None = None
    author: str | None = None
    architecture: str | None = None
    os: str | None = None
    variant: str | None = None
    os_version: str | None = msgspec.field(default=None, name="os.version")
    config: ContainerConfig | None = None
    rootfs: RootFS | None = None
    history: tuple[HistoryEntry, ...] | None = None
