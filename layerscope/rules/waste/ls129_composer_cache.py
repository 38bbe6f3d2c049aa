"""The cache of Composer.

## What it finds

Archives, repositories and metadata that Composer downloaded (`~/.composer/cache`, `~/.cache/composer`; in the
official image `/tmp/cache`).

## Why it matters

Each package is stored twice: in `vendor`, and as the archive it came from.

## How to fix it

Empty the cache in the instruction that fills it, or keep it on a mount:

    RUN composer install --no-dev --optimize-autoloader && composer clear-cache
    RUN --mount=type=cache,target=/root/.composer/cache composer install --no-dev --optimize-autoloader

`ENV COMPOSER_CACHE_DIR=/dev/null` lets Composer keep nothing.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["ComposerCache"]


class ComposerCache(CacheRule):
    """Live files in Composer's cache directories; what `composer global require` installs is none of them."""

    id = "LS129"
    name = "composer-cache"
    patterns = {
        "cache": (
            "**/.composer/cache/**",
            "**/.cache/composer/**",
            "tmp/cache/files/**",
            "tmp/cache/repo/**",
            "tmp/cache/vcs/**",
        )
    }
    messages = {"cache": "archives and metadata that Composer downloaded are stored"}
    fixes = {
        "cache": Fix(
            "empty the cache in the instruction that runs composer, or mount one",
            "RUN composer install --no-dev --optimize-autoloader && composer clear-cache",
        )
    }
