"""Instructions stand in an order that costs cache hits.

## What it finds

Instructions that are carried out again in many builds although nothing that they read has changed:
something above them changes more often. A builder keeps the result of a step only as long as all that
stands above it is the same. Both can change places: a proof from the image's layers or knowledge of the
programs says so, or a build has to verify it, which the finding then says.

How often something changes comes from the git history of the build context, which is `--context`, or else
the directory of the Dockerfile or the working directory, whichever has what is copied; without a history it
is guessed, and the finding says so. Seconds are named only where the image's own history has them.

## Why it matters

The steps take their time in every build and on every machine, and their layers are pushed and pulled again
although they hold the same.

## How to fix it

Put what changes rarely first: packages of the system, then dependencies, then sources. `layerscope advise`
writes the best order that is safe as a patch, and says of each move why it is:

    RUN apt-get update && apt-get install -y --no-install-recommends git
    COPY . /app
    RUN make -C /app
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from layerscope.rules.base import Draft
from layerscope.rules.building import Building, DockerfileRule, are, lines_of
from layerscope.rules.reordering import Reason, gains

__all__ = ["CostlyOrder"]


class CostlyOrder(DockerfileRule):
    """Steps below what changes more often, but for those of LS202 and LS203."""

    id: ClassVar[str] = "LS201"
    name: ClassVar[str] = "costly-order"

    def look(self, building: Building) -> Iterator[Draft]:
        """One finding for each stage."""
        for gain in gains(building, Reason.ORDER):
            steps, causes = lines_of(gain.repeated), lines_of(gain.changing)
            message = f"{steps} {are(gain.repeated)} carried out again with every change of {causes}"
            yield gain.draft(message, f"put {causes} below {steps}", gain.changing)
