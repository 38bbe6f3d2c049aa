"""Secrets in what a builder wrote down: a history may hold passwords, and outputs show stars for them.

What is masked is what `layerscope.rules.spoken_secrets` finds, which the rule about configurations asks, too.
"""

from __future__ import annotations

from functools import lru_cache

from layerscope.rules.spoken_secrets import spoken_secrets

__all__ = ["MASK", "masked"]

MASK = "***"


@lru_cache(maxsize=512)
def masked(text: str) -> str:
    """The text with `***` instead of each secret that is found in it; in nearly all texts there is none."""
    shown, at = [], 0
    for secret in spoken_secrets(text):
        shown += [text[at : secret.start], MASK]
        at = secret.end
    return "".join([*shown, text[at:]]) if at else text
