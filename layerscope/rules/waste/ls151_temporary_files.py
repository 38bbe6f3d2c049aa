"""Temporary files.

## What it finds

Files in `/tmp` and `/var/tmp` that are still there in the final root filesystem.

## Why it matters

Nothing that matters is kept there: many container platforms mount an empty `/tmp` over it.

## How to fix it

Remove them in the instruction that writes them, or let it write to a mount that is not part of the image:

    RUN curl -fsSLo /tmp/app.tar.gz URL && tar -xzf /tmp/app.tar.gz -C /opt && rm /tmp/app.tar.gz
    RUN --mount=type=tmpfs,target=/tmp ./install.sh
"""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.finding import Fix

__all__ = ["TemporaryFiles"]


class TemporaryFiles(PatternRule):
    """Live files in the two directories for temporary files."""

    id = "LS151"
    name = "temporary-files"
    rank = 60  # whatever rule knows more of such a file than where it lies, knows better
    patterns = {"temporary": ("tmp/**", "var/tmp/**")}
    messages = {"temporary": "temporary files are stored"}
    fixes = {
        "temporary": Fix(
            "remove them in the instruction that writes them, or mount a tmpfs there",
            "RUN --mount=type=tmpfs,target=/tmp ./install.sh",
        )
    }
