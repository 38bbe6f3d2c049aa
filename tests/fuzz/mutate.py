"""Mutations that get past a reader's first look: tar headers are changed and get a right checksum again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.rawtar import BLOCK

__all__ = ["mutated"]

_HEADER_FIELDS = [
    (0, 100),
    (100, 108),
    (108, 124),
    (124, 136),
    (136, 148),
    (156, 157),
    (157, 257),
    (257, 265),
]
_HEADER_FIELDS += [(329, 345), (345, 500)]
_NUMBERS = [
    b"\xff" * 12,
    b"\x80" + bytes(11),
    b"77777777777\x00",
    b"00000000001\x00",
    b"           \x00",
    bytes(12),
]
_TYPES = b"\x000123456789ADEgKLMNSVXxs"
_PAX_LINES = [
    b"30 path=" + b"a" * 21 + b"\n",
    b"12 path=../x\n",
    b"20 GNU.sparse.major=1\n",
    b"28 GNU.sparse.map=0,1,2,3,4\n",
    b"32 GNU.sparse.realsize=999999999\n",
    b"26 SCHILY.realsize=777777\n",
    b"30 size=99999999999999999999\n",
    b"13 size=-1234\n",
    b"17 hdrcharset=BIN\n",
    b"99999999999999999999 a=b\n",
    b"0 a=b\n",
]
_TOKENS = [
    *(
        b"|99999999999999999999 a ",
        b"|2 A=1 B=2 ",
        b"/bin/sh -c ",
        b"#(nop) ",
        b" # buildkit",
        b"powershell ",
    ),
    *(b"EXPOSE map[", b"EXPOSE [", b'["', b'&{["a" ', b"]", b'"', b"\\", b" -x", b"/", b"file:" + b"0" * 64),
    *(
        b"{",
        b"[",
        b"}",
        b'{"a":',
        b"[[",
        b",",
        b"\\ud800",
        b"\\u0000",
        b"\\n",
        b"1e999",
        b"-0",
        b"null",
        b"true",
    ),
    *(b"sha256:", b"../", b"\xef\xbb\xbf", b"\xff", b"\x00", "é".encode(), "\u202e".encode()),
]

Mutation = Callable[[bytearray, Random], None]


def mutated(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """One to four mutations of `data`; `others` are inputs to take pieces from."""
    result = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        if not result or random.random() < 0.05:
            _splice(result, random.choice(others), random)
            continue
        random.choice(_MUTATIONS)(result, random)
    return bytes(result)


def _flip(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 1, 8))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _truncate(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data)) :]


def _delete(data: bytearray, random: Random) -> None:
    start = random.randrange(len(data))
    del data[start : start + random.choice((1, 100, BLOCK, 2 * BLOCK))]


def _double_block(data: bytearray, random: Random) -> None:
    start = random.randrange(0, len(data), BLOCK)
    data[start:start] = data[start : start + BLOCK * random.choice((1, 2))]


def _swap_blocks(data: bytearray, random: Random) -> None:
    one, other = (random.randrange(0, len(data), BLOCK) for _ in range(2))
    if one + BLOCK <= other and other + BLOCK <= len(data):
        data[one : one + BLOCK], data[other : other + BLOCK] = (
            data[other : other + BLOCK],
            data[one : one + BLOCK],
        )


def _insert_zeros(data: bytearray, random: Random) -> None:
    start = random.randrange(0, len(data), BLOCK)
    data[start:start] = bytes(random.choice((1, BLOCK, 2 * BLOCK)))


def _change_header(data: bytearray, random: Random) -> None:
    """Change a field of some header and make its checksum right, so that the field is looked at."""
    headers = [p for p in range(0, len(data) - BLOCK + 1, BLOCK) if data[p + 257 : p + 262] == b"ustar"]
    if not headers:
        return _flip(data, random)
    position = random.choice(headers)
    start, end = random.choice(_HEADER_FIELDS)
    if (start, end) == (156, 157):
        value = bytes([random.choice(_TYPES)])
    elif 100 <= start < 148 and random.random() < 0.7:
        value = random.choice(_NUMBERS)[-(end - start) :].rjust(end - start, b"0")
    else:
        value = bytes(random.choice(b"ab./\x00\xff\x80w") for _ in range(end - start))
    data[position + start : position + end] = value
    data[position + 148 : position + 156] = b" " * 8
    data[position + 148 : position + 156] = b"%06o\x00 " % sum(data[position : position + BLOCK])
    return None


def _change_pax(data: bytearray, random: Random) -> None:
    """Put another record where the body of an extended header starts."""
    headers = [p for p in range(0, len(data) - 2 * BLOCK + 1, BLOCK) if data[p + 156] in b"xgLK"]
    if not headers:
        return _change_header(data, random)
    position = random.choice(headers) + BLOCK
    line = random.choice(_PAX_LINES)
    data[position : position + len(line)] = line
    return None


def _change_number(data: bytearray, random: Random) -> None:
    """Put an extreme number somewhere (lengths in compressed streams and in JSON)."""
    start = random.randrange(len(data))
    value = random.choice(
        (b"\xff" * 4, bytes(4), b"\x80\x00\x00\x00", b"-1", b"99999999999999999999", b"null", b"{}")
    )
    data[start : start + len(value)] = value


def _insert_token(data: bytearray, random: Random) -> None:
    """Put what begins something in a document or in history somewhere, once or very often."""
    start = random.randrange(len(data) + 1)
    data[start:start] = random.choice(_TOKENS) * random.choice((1, 1, 1, 2, 3000))


def _splice(data: bytearray, other: bytes, random: Random) -> None:
    """Put a piece of another input somewhere."""
    begin = random.randrange(0, len(other) + 1, BLOCK)
    start = random.randrange(0, len(data) + 1, BLOCK)
    data[start:start] = other[begin : begin + BLOCK * random.randrange(1, 9)]


_MUTATIONS: list[Mutation] = [
    _flip,
    _truncate,
    _delete,
    _double_block,
    _swap_blocks,
    _insert_zeros,
    _change_header,
    _change_header,
    _change_header,
    _change_pax,
    _change_pax,
    _change_number,
    _insert_token,
]
