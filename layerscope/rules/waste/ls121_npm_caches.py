"""Caches of npm and node-gyp.

## What it finds

What npm keeps in `~/.npm` (downloads in `_cacache`, debug logs, packages that `npx` fetched, prebuilt
binaries) and the headers of Node.js that node-gyp downloads to build native modules (`~/.cache/node-gyp`).

## Why it matters

Each package is stored twice: in `node_modules`, and as the compressed download it came from.

## How to fix it

Empty the cache in the instruction that fills it, or keep it on a mount:

    RUN npm ci --omit=dev && npm cache clean --force && rm -rf /root/.npm /root/.cache/node-gyp
    RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev

`npm cache clean` empties `_cacache` alone. The headers are needed only while `npm ci` runs.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["NpmCaches"]


class NpmCaches(CacheRule):
    """Live files in the places where npm and node-gyp keep what they download."""

    id = "LS121"
    name = "npm-caches"
    patterns = {
        "npm": (
            "**/.npm/_cacache/**",
            "**/.npm/_logs/**",
            "**/.npm/_npx/**",
            "**/.npm/_prebuilds/**",
            "**/.npm/_libvips/**",
        ),
        "headers": ("**/.cache/node-gyp/**", "**/.node-gyp/**"),
    }
    messages = {
        "npm": "downloads and logs of npm are stored",
        "headers": "headers of Node.js that node-gyp downloaded are stored",
    }
    fixes = {
        "npm": Fix(
            "empty the cache in the instruction that runs npm, "
            "or mount one: RUN --mount=type=cache,target=/root/.npm npm ci",
            "RUN npm ci --omit=dev && npm cache clean --force && rm -rf /root/.npm",
        ),
        "headers": Fix(
            "remove them in the instruction that runs npm",
            "RUN npm ci --omit=dev && rm -rf /root/.cache/node-gyp",
        ),
    }
