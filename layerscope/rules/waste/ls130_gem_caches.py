"""Caches of RubyGems and Bundler.

## What it finds

The `.gem` archive of each installed gem, which RubyGems keeps in `cache` beside `gems`
(`/usr/local/bundle/cache`, `vendor/bundle/ruby/3.3.0/cache`), and indexes of gem servers
(`~/.bundle/cache`, `~/.local/share/gem/specs`). A project's own `vendor/cache` is not meant.

## Why it matters

Each gem is stored twice: unpacked, and as the archive it came from.

## How to fix it

Remove the archives in the instruction that installs:

    RUN bundle config set --local without 'development test' \\
     && bundle install \\
     && rm -rf /root/.bundle/cache "$(bundle exec gem env gemdir)"/cache

    RUN gem install --no-document rake && rm -rf "$(gem env gemdir)"/cache

`gem env gemdir` says where gems are installed, and with `bundle exec` where Bundler does.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["GemCaches"]


class GemCaches(CacheRule):
    """Live archives in the `cache` of a gem directory, and Bundler's indexes."""

    id = "LS130"
    name = "gem-caches"
    patterns = {
        "archives": (
            "usr/local/bundle/cache/**",
            "usr/local/bundle/ruby/*/cache/**",
            "**/gems/*/cache/*.gem",
            "**/ruby/*/cache/*.gem",
        ),
        "indexes": ("**/.bundle/cache/**", "**/.local/share/gem/specs/**", "**/.gem/specs/**"),
    }
    messages = {
        "archives": "archives of installed gems are stored",
        "indexes": "indexes or gems that Bundler or RubyGems downloaded are stored",
    }
    fixes = {
        "archives": Fix(
            "remove the archives in the instruction that installs",
            'RUN bundle install && rm -rf "$(bundle exec gem env gemdir)"/cache',
        ),
        "indexes": Fix(
            "remove them in the instruction that installs, or mount a cache",
            "RUN bundle install && rm -rf /root/.bundle/cache /root/.local/share/gem/specs /root/.gem/specs",
        ),
    }
