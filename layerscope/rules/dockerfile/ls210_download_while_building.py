"""Dependencies are downloaded by the instruction that compiles.

## What it finds

A RUN that downloads dependencies and compiles at once (`mvn package`, `go build`, `dotnet publish`, `poetry
install`) below a COPY of all sources, in a stage that does not download them before. It is found only where
what a download reads is certainly a few manifests: no module, plugin or script that would be missing.

## Why it matters

Every change of any source file downloads all dependencies again.

## How to fix it

Download them first. It is another instruction, and may fetch more than the build does, so it is yours to
try:

    COPY pom.xml ./
    RUN mvn -B dependency:go-offline
    COPY . .
    RUN mvn -B package

A cache mount (LS206) is the other way. Cargo compiles no dependencies without sources; for a Rust program
the finding has a sketch with cargo-chef, which makes empty ones.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.finding import Severity
from layerscope.rules.suggested import SuggestionRule

__all__ = ["DownloadWhileBuilding"]


class DownloadWhileBuilding(SuggestionRule):
    """A download of its own."""

    id: ClassVar[str] = "LS210"
    name: ClassVar[str] = "download-while-building"
    severity: ClassVar[Severity] = Severity.INFO
    kinds: ClassVar[tuple[str, ...]] = ("separate-download", "cargo-chef")
    message: ClassVar[str] = "dependencies are downloaded by the instruction that compiles, below all sources"
