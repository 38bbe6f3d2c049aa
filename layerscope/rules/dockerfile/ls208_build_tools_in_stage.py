"""The image is built in the stage that is shipped.

## What it finds

A last stage that installs compilers and other packages for building, and commands behind them that build
something. The image has these packages still; LS140 counts their bytes.

## Why it matters

Tools are most of such an image, are pulled by everybody who runs it, and have to be updated although
nothing uses them.

## How to fix it

Build in a stage of its own, and copy the result. The finding has a sketch with what the layers show that
the build wrote; which of that has to be in the image is yours to say:

    FROM debian:12 AS build
    RUN apt-get update && apt-get install -y --no-install-recommends gcc make
    COPY . /src
    RUN make -C /src install DESTDIR=/out
    FROM debian:12
    COPY --from=build /out /
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.finding import Severity
from layerscope.rules.suggested import SuggestionRule

__all__ = ["BuildToolsInStage"]


class BuildToolsInStage(SuggestionRule):
    """Tools for building in the stage that is shipped."""

    id: ClassVar[str] = "LS208"
    name: ClassVar[str] = "build-tools-in-stage"
    severity: ClassVar[Severity] = Severity.INFO
    kinds: ClassVar[tuple[str, ...]] = ("separate-stage",)
    message: ClassVar[str] = "the image is built in the stage that is shipped, tools and all"
