"""What is another one in every build stands above steps that take time.

## What it finds

ARG, ENV and LABEL whose value is new in every build, such as a commit or a date, above steps that do not
need it. An argument is an input of every RUN below it, whether or not that names it; for Docker's classic
builder, buildah and podman the same is true of labels.

That a value changes is known from its name (`GIT_SHA`, `BUILD_DATE`), from CI files of the repository that
set it, or from its value in the image's history. `layerscope advise --steady NAME` says what holds if it
does not change.

## Why it matters

No step below is ever taken from the cache: packages are installed anew for a label.

## How to fix it

Declare the argument directly above the first instruction that uses it; labels and other metadata stand at
the end:

    RUN apt-get update && apt-get install -y --no-install-recommends curl
    ARG GIT_SHA
    LABEL org.opencontainers.image.revision=$GIT_SHA

buildah and podman need one RUN below an ENV or LABEL with such a value, or they serve the old one;
`layerscope advise` knows that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from layerscope.rules.base import Draft
from layerscope.rules.building import Building, DockerfileRule, are, lines_of
from layerscope.rules.reordering import Reason, gains

__all__ = ["EarlyVolatile"]


class EarlyVolatile(DockerfileRule):
    """Steps below settings and metadata that change with every build."""

    id: ClassVar[str] = "LS202"
    name: ClassVar[str] = "early-volatile"

    def look(self, building: Building) -> Iterator[Draft]:
        """One finding for each stage."""
        for gain in gains(building, Reason.VOLATILE):
            steps, causes = lines_of(gain.repeated), lines_of(gain.changing)
            why = "; ".join(dict.fromkeys(element.volatile for element in gain.changing))
            message = f"{steps} {are(gain.repeated)} never taken from the cache: {why}"
            yield gain.draft(message, f"put {causes} below {steps}", gain.changing)
