"""Package indexes and caches of apk.

## What it finds

Indexes and packages that `apk update` or `apk add` downloaded and kept, in `/var/cache/apk` or in the cache
directory that `setup-apkcache` makes at `/etc/apk/cache`.

## Why it matters

They serve the next `apk add`, and in a container there is none. An index is outdated within days.

## How to fix it

Let apk keep nothing, or keep it on a cache mount, which is not part of the image:

    RUN apk add --no-cache curl

    RUN --mount=type=cache,target=/etc/apk/cache apk add curl

With `--no-cache`, `apk update` before it and `rm -rf /var/cache/apk/*` after it are not needed.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["ApkCaches"]


class ApkCaches(CacheRule):
    """Live files in the two places that apk caches in; its database in `lib/apk/db` is none of them."""

    id = "LS111"
    name = "apk-caches"
    patterns = {"cache": ("var/cache/apk/**", "etc/apk/cache/**")}
    messages = {"cache": "package indexes or packages that apk downloaded are stored"}
    fixes = {
        "cache": Fix(
            "let apk keep nothing, or mount a cache for it",
            "RUN apk add --no-cache PACKAGE",
        )
    }
