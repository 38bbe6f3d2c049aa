"""What one rule finds in an image, in a form that tests can compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.oci.config import ContainerConfig, ImageConfig
from layerscope.packages.base import Package
from layerscope.packages.table import PackageTable
from layerscope.rules.examine import PATHS_SHOWN, examine
from layerscope.rules.finding import Finding, Role
from layerscope.rules.registry import rule
from tests.builders import analyzed

__all__ = ["claimed", "configured", "findings", "named", "on_base", "owned"]


def findings(rule_id: str, analysis: Analysis | bytes, *layers: bytes) -> tuple[Finding, ...]:
    """What the rule alone finds, in an analysis or in an image of these layers."""
    whole = analyzed(analysis, *layers) if isinstance(analysis, bytes) else analysis
    return examine(whole, [rule(rule_id)])


def claimed(rule_id: str, analysis: Analysis | bytes, *layers: bytes) -> dict[str, int]:
    """Path to the bytes that the rule counts there, over all its findings; few enough to be shown."""
    return _paths(findings(rule_id, analysis, *layers))


def named(rule_id: str, analysis: Analysis | bytes, *layers: bytes) -> list[str]:
    """The paths of the rule's findings, sorted."""
    return sorted(_paths(findings(rule_id, analysis, *layers)))


def _paths(found: tuple[Finding, ...]) -> dict[str, int]:
    stored = [place for finding in found for place in finding.locations if place.role is Role.STORED]
    assert all(place.files <= PATHS_SHOWN for place in stored), "a location with more files shows only some"
    return {shown.path.decode(): shown.freed_bytes for place in stored for shown in place.paths}


def on_base(analysis: Analysis, layers: int = 1) -> Analysis:
    """The same image, whose lowest layers are known to be its base's."""
    return replace(analysis, base=BaseImage(layers, BaseOrigin.GIVEN))


def owned(analysis: Analysis, *paths: str, ecosystem: str = "deb", added_in: int = 0) -> Analysis:
    """The same image, where one package owns the files at these paths, in whatever layer."""
    package = Package(
        ecosystem=ecosystem,
        name="some",
        version="1",
        architecture="amd64",
        record=b"var/lib/dpkg/status",
        added_in=added_in,
        files=len(paths),
        content_bytes=0,
        declared_bytes=None,
    )
    inodes = analysis.rootfs.inodes
    owners = {
        first + index: 0
        for changeset, first in zip(inodes.changesets, inodes.bases, strict=True)
        for index in range(len(changeset))
        if changeset.path(index).decode() in paths
    }
    return replace(analysis, packages=PackageTable(packages=(package,), owners=owners))


def configured(
    analysis: Analysis, env: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None
) -> Analysis:
    """The same image with these variables and labels in its configuration."""
    variables = tuple(f"{name}={value}" for name, value in (env or {}).items())
    config = ImageConfig(config=ContainerConfig(Env=variables, Labels=dict(labels or {})))
    return replace(analysis, image=replace(analysis.image, config=config))
