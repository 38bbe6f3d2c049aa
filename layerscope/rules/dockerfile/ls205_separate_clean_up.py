"""What a RUN leaves behind is removed by another one.

## What it finds

A RUN that only cleans up, below the one whose files it removes, where both can be one: their commands are
plain lists, and nothing in between needs what is removed.

## Why it matters

A layer keeps what was in it. Removing files in another layer hides them, and the image is as large as
before; LS101 and the rules about caches count the bytes.

## How to fix it

Clean up in the RUN that installs:

    RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*

`layerscope advise --only merge-cleanup` writes it as a patch.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.suggested import SuggestionRule

__all__ = ["SeparateCleanUp"]


class SeparateCleanUp(SuggestionRule):
    """A clean-up in a RUN of its own."""

    id: ClassVar[str] = "LS205"
    name: ClassVar[str] = "separate-clean-up"
    kinds: ClassVar[tuple[str, ...]] = ("merge-cleanup",)
    message: ClassVar[str] = "what a RUN leaves behind is removed by another one"
