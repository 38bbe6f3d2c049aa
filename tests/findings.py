"""Findings, packages and base images made by hand, for tests of what is shown of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.image.history import DockerfileLines, read_instructions
from layerscope.oci.config import HistoryEntry
from layerscope.packages.base import Package
from layerscope.packages.table import PackageTable
from layerscope.rules.finding import Finding, Fix, Location, PathBytes, Role, Severity

__all__ = ["LINES", "finding", "location", "package", "with_base", "with_packages"]

LINES = DockerfileLines("app/Dockerfile", 7, 9, "build", "RUN make \\\n  && rm -rf x \\\n  && true")


def finding(
    freed_bytes: int = 1000,
    *locations: Location,
    severity: Severity = Severity.WARNING,
    message: str = "caches are stored",
    fix: str = "remove them",
    example: str = "RUN make && rm -rf x",
    **fields: Any,
) -> Finding:
    """A finding of the rule LS199."""
    given = {"rule_id": "LS199", "name": "some-rule", "wasted_bytes": 0, "in_base": False, **fields}
    return Finding(
        severity=severity,
        message=message,
        freed_bytes=freed_bytes,
        locations=locations,
        fix=Fix(fix, example),
        **given,
    )


def location(
    *paths: tuple[bytes, int],
    layer: int = 0,
    role: Role = Role.STORED,
    files: int | None = None,
    directory: bytes = b"",
    by: str = "RUN make # buildkit",
    lines: DockerfileLines | None = None,
) -> Location:
    """A place with these paths, in a layer that this instruction made."""
    (instruction,) = read_instructions([HistoryEntry(created_by=by)])
    return Location(
        layer=layer,
        role=role,
        files=len(paths) if files is None else files,
        freed_bytes=sum(size for _, size in paths),
        directory=directory,
        paths=tuple(PathBytes(path, size) for path, size in paths),
        instruction=replace(instruction, lines=lines),
    )


def package(name: str, content_bytes: int, *, ecosystem: str = "deb", added_in: int = 0) -> Package:
    """A package of one file."""
    return Package(
        ecosystem=ecosystem,
        name=name,
        version="1.0",
        architecture="amd64",
        record=b"var/lib/dpkg/status",
        added_in=added_in,
        files=1,
        content_bytes=content_bytes,
        declared_bytes=None,
    )


def with_packages(given: Analysis, *packages: Package, unowned: tuple[int, int] = (0, 0)) -> Analysis:
    """The analysis with these packages, and with (files, bytes) that none of them owns."""
    return replace(given, packages=PackageTable(packages, *unowned))


def with_base(
    given: Analysis, layers: int, origin: BaseOrigin = BaseOrigin.GIVEN, name: str = "base:1"
) -> Analysis:
    """The analysis with the lowest `layers` layers as the base image's."""
    return replace(given, base=BaseImage(layers, origin, name))
