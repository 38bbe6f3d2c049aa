"""The store of pnpm.

## What it finds

Files in the content-addressable store of pnpm (`~/.local/share/pnpm/store`, `/pnpm/store`, `.pnpm-store`)
that no `node_modules` shares, and the registry metadata in `~/.cache/pnpm`. pnpm hard-links files of the
store into `node_modules`; such a file is stored once and is not meant.

## Why it matters

Where hard links are not possible, pnpm copies, and each file is stored twice. What was installed for the
build alone and pruned afterwards stays in the store.

## How to fix it

Keep the store on a mount, or remove it in the instruction that fills it:

    ENV PNPM_HOME=/pnpm
    RUN --mount=type=cache,target=/pnpm/store pnpm install --prod --frozen-lockfile

    RUN pnpm install --prod --frozen-lockfile && rm -rf "$(pnpm store path)" /root/.cache/pnpm
"""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix

__all__ = ["PnpmStore"]


class PnpmStore(PatternRule):
    """Live files of the store with one name only."""

    id = "LS123"
    name = "pnpm-store"
    patterns = {
        "store": (
            "**/.local/share/pnpm/store/**",
            "**/.pnpm-store/**",
            "pnpm/store/**",
            "**/.cache/pnpm/**",
        )
    }
    messages = {"store": "files of the pnpm store that no node_modules shares are stored"}
    fixes = {
        "store": Fix(
            "mount a cache at the store (`pnpm store path` says where it is), "
            "or remove it in the instruction that runs pnpm",
            "RUN --mount=type=cache,target=/root/.local/share/pnpm/store "
            "pnpm install --prod --frozen-lockfile",
        )
    }

    def keeps(self, evidence: Evidence, inode: int) -> bool:
        """With a global virtual store, `node_modules` links to `links` in the store and runs from there."""
        return not any(b"/links/" in name for name in evidence.names(inode))
