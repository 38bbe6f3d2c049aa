"""Caches and package lists of apt.

## What it finds

The lists that `apt-get update` downloads (`/var/lib/apt/lists`), the downloaded packages
(`/var/cache/apt/archives`) and the binary caches of both (`/var/cache/apt/*.bin`), whether they are still
there in the final root filesystem or a later layer removes them: they are stored all the same.

## Why it matters

They serve the next `apt-get install`, and in a container there is none. Lists are outdated within days, so
whoever installs something later has to run `apt-get update` anyway.

## How to fix it

Remove the lists in the instruction that downloads them, or keep them on a cache mount, which is not part of
the image:

    RUN apt-get update \\
     && apt-get install -y --no-install-recommends curl \\
     && rm -rf /var/lib/apt/lists/*

    RUN --mount=type=cache,target=/var/lib/apt,sharing=locked \\
        --mount=type=cache,target=/var/cache/apt,sharing=locked \\
        apt-get update && apt-get install -y --no-install-recommends curl

Docker's Debian and Ubuntu images delete downloaded packages by themselves
(`/etc/apt/apt.conf.d/docker-clean`). Where that file is missing, or was removed for a cache mount, add `&&
apt-get clean`."""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["AptCaches"]


class AptCaches(CacheRule):
    """Live files in the directories that `apt-get clean` and `rm -rf /var/lib/apt/lists/*` empty."""

    id = "LS110"
    name = "apt-caches"
    patterns = {
        "lists": ("var/lib/apt/lists/**",),
        "archives": ("var/cache/apt/archives/**", "var/cache/apt/*.bin"),
    }
    messages = {
        "lists": "package lists of apt are stored",
        "archives": "packages that apt downloaded, or its binary caches, are stored",
    }
    fixes = {
        "lists": Fix(
            "remove the lists in the instruction that runs apt-get update, or keep them on a cache mount",
            "RUN apt-get update && apt-get install -y --no-install-recommends PACKAGE "
            "&& rm -rf /var/lib/apt/lists/*",
        ),
        "archives": Fix(
            "run apt-get clean in the instruction that runs apt-get install, or keep the cache on a mount",
            "RUN apt-get update && apt-get install -y --no-install-recommends PACKAGE "
            "&& apt-get clean && rm -rf /var/lib/apt/lists/*",
        ),
    }
