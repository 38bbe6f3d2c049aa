"""Caches of Yarn.

## What it finds

Downloads of Yarn 1 (`~/.cache/yarn`; for root `/usr/local/share/.cache/yarn`) and of Yarn 2 and later in
the user's own directory (`~/.yarn/berry`). A project's own `.yarn/cache` is not meant: with Plug'n'Play the
program runs from it. For the same reason the shared cache is not meant where the image has a `.pnp.cjs`,
which refers to it.

## Why it matters

Each package is stored twice: in `node_modules`, and as the download it came from.

## How to fix it

Empty the cache in the instruction that fills it, or keep it on a mount:

    RUN yarn install --frozen-lockfile --production && yarn cache clean
    RUN --mount=type=cache,target=/usr/local/share/.cache/yarn yarn install --frozen-lockfile
    RUN --mount=type=cache,target=/root/.yarn/berry/cache yarn install --immutable
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix

__all__ = ["YarnCaches"]

_CLASSIC = Fix(
    "empty the cache in the instruction that runs yarn, or mount one: "
    "RUN --mount=type=cache,target=/usr/local/share/.cache/yarn yarn install --frozen-lockfile",
    "RUN yarn install --frozen-lockfile --production && yarn cache clean",
)
_BERRY = Fix(
    "mount a cache, or empty it in the instruction that runs yarn: yarn cache clean --mirror",
    "RUN --mount=type=cache,target=/root/.yarn/berry/cache yarn install --immutable",
)


class YarnCaches(Rule):
    """Live files in caches that belong to the user, unless Plug'n'Play runs from them."""

    id = "LS122"
    name = "yarn-caches"
    patterns = {
        "classic": ("**/.cache/yarn/**", "**/.yarn-cache/**", "tmp/yarn--*/**"),
        "berry": ("**/.yarn/berry/**",),
        "plug-n-play": ("**/.pnp.cjs", "**/.pnp.js"),
    }

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each kind of cache and layer."""
        for inodes in self.matched(evidence, "classic").values():
            yield Draft("downloads of Yarn 1 are stored", _CLASSIC, inodes=inodes)
        if self.matched(evidence, "plug-n-play"):
            return
        for inodes in self.matched(evidence, "berry").values():
            # none that `nmMode: hardlinks-global` shares with node_modules: it has another name there
            yield Draft("downloads of Yarn are stored", _BERRY, inodes=inodes)
