"""Sources are copied before dependencies are installed.

## What it finds

An install of what a manifest lists (`npm ci`, `pip install -r requirements.txt`, `go mod download`) below a
COPY of all sources. It would be enough to copy the manifests for it. The finding has the COPY of the
manifests only where these are certainly all that the install reads: no script that it would run, no local
package, no file that they include is missing. Where that is not so, it is for information, and says what
stands against it.

## Why it matters

Every change of any source file installs all dependencies again.

## How to fix it

Copy the manifests, install, then copy the rest:

    COPY package.json package-lock.json ./
    RUN npm ci
    COPY . .

`layerscope advise` writes it as a patch. What the install makes (`node_modules`) must not be in the build
context, or the second COPY overwrites it: name it in `.dockerignore`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from layerscope.rules.base import Draft
from layerscope.rules.building import Building, DockerfileRule, are, lines_of
from layerscope.rules.obstacles import kept_installs
from layerscope.rules.reordering import Reason, gains

__all__ = ["SourcesBeforeInstall"]


class SourcesBeforeInstall(DockerfileRule):
    """Installs below sources that they do not read, and those that have to stay there."""

    id: ClassVar[str] = "LS203"
    name: ClassVar[str] = "sources-before-install"

    def look(self, building: Building) -> Iterator[Draft]:
        """One finding for each stage, and one for each install that stays."""
        for gain in gains(building, Reason.MANIFESTS):
            steps, causes = lines_of(gain.repeated), lines_of(gain.changing)
            message = f"{steps} {are(gain.repeated)} carried out again with every change of {causes}"
            what = f"copy the manifests alone above {steps}, and put {causes} below"
            yield gain.draft(f"{message}, though only manifests are read", what, gain.changing)
        yield from kept_installs(building)
