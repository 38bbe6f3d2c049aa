"""Who brought a file: the operating system's packages, a language's, or the image's own instructions."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from layerscope.packages.base import Package
from layerscope.rules.evidence import Evidence

__all__ = [
    "SYSTEM_ECOSYSTEMS",
    "Writer",
    "in_vendored_code",
    "inside_package",
    "system_of",
    "system_package",
    "writer_of",
]

SYSTEM_ECOSYSTEMS = frozenset({"deb", "opkg", "apk", "rpm", "alpm"})
"""Packages of operating systems: who builds an image chooses them, and can change nothing within them."""

_INSTALLED = (
    b"/site-packages/",
    b"/dist-packages/",
    b"/node_modules/",
    b"/gems/",
    b"/pkg/mod/",
    b"/.cargo/registry/",
)
"""Where package managers of languages put what others wrote."""


class Writer(StrEnum):
    """How an instruction comes by the files that it stores: what keeps them out differs."""

    RUN = "run"  #: a command writes them: it can remove them before it ends
    CONTEXT = "context"  #: copied from the build context, which `.dockerignore` limits
    STAGE = "stage"  #: copied from another stage or image
    URL = "url"  #: downloaded by ADD, which unpacks nothing that it downloads
    UNKNOWN = "unknown"  #: no instruction is known


def writer_of(evidence: Evidence, layer: int) -> Writer:
    """What wrote a layer. BuildKit's history does not say that COPY had `--from`; a Dockerfile does."""
    instruction = evidence.analysis.layers[layer].layer.instruction
    if instruction is None or instruction.keyword not in ("RUN", "COPY", "ADD"):
        return Writer.UNKNOWN
    if instruction.keyword == "RUN":
        return Writer.RUN
    text = instruction.lines.text if instruction.lines else instruction.text
    if instruction.keyword == "ADD" and ("://" in text or "git@" in text):
        return Writer.URL
    return Writer.STAGE if "--from=" in text else Writer.CONTEXT


def system_package(evidence: Evidence, inode: int) -> Package | None:
    """The package of the operating system that a live inode belongs to; None for those of a language."""
    package = evidence.package(inode)
    return package if package is not None and package.ecosystem in SYSTEM_ECOSYSTEMS else None


def system_of(evidence: Evidence) -> str:
    """The ecosystem of the image's operating system, that of most packages; empty if there is none."""
    counts = Counter(
        package.ecosystem for package in evidence.packages.packages if package.ecosystem in SYSTEM_ECOSYSTEMS
    )
    return max(sorted(counts), key=lambda each: counts[each], default="")


def inside_package(path: bytes) -> bool:
    """Whether a path is within what a package manager of a language installed."""
    rooted = b"/" + path
    return any(place in rooted for place in _INSTALLED)


def in_vendored_code(path: bytes) -> bool:
    """The same, and what others wrote and a project keeps in its `vendor`."""
    return inside_package(path) or b"/vendor/" in b"/" + path
