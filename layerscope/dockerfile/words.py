"""Arguments of an instruction: flags, words, names with values, JSON arrays.

Every function takes a logical line and two offsets into it, and gives parts as (text, start, end). The rules
are those of BuildKit's parser; where it reads flags byte by byte, and so takes a part of `à` for a blank, the
functions here read characters.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from layerscope.dockerfile.blanks import BLANKS, WHITE, is_blank

__all__ = [
    "Part",
    "WordError",
    "find_flags",
    "json_strings",
    "name_values",
    "quoted_words",
    "shortened",
    "trimmed",
]

Part = tuple[str, int, int]
"""(text, start, end): offsets into the logical line."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class WordError(ValueError):
    """The arguments break their form; `at` is the offset into the logical line."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


def trimmed(line: str, start: int, end: int) -> tuple[int, int]:
    """The part without white space around it."""
    while start < end and is_blank(line[start]):
        start += 1
    while start < end and is_blank(line[end - 1]):
        end -= 1
    return start, end


def find_flags(line: str, start: int, end: int, escape: str) -> tuple[list[Part], int]:
    """Flags in front of the arguments, and where these begin. `--` alone ends the flags."""
    flags: list[Part] = []
    at = start
    while True:
        while at < end and is_blank(line[at]):
            at += 1
        if not line.startswith("--", at, end):
            return flags, at
        text, stop = _flag(line, at, end, escape)
        if text == "--":
            return flags, stop
        flags.append((text, at, stop))
        at = stop


def _flag(line: str, at: int, end: int, escape: str) -> tuple[str, int]:
    """One flag without its quotes and escape characters, and where it ends."""
    text: list[str] = []
    quote = ""
    while at < end:
        character = line[at]
        if not quote and is_blank(character):
            break
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        elif character == escape:
            at += 1
            text.append(line[at : min(at + 1, end)])
        else:
            text.append(character)
        at += 1
    return "".join(text), min(at, end)


def quoted_words(line: str, start: int, end: int, escape: str) -> list[Part]:
    """Words with their quotes and escape characters: blanks in quotes and behind an escape are none."""
    words: list[Part] = []
    at = start
    while True:
        while at < end and is_blank(line[at]):
            at += 1
        if at >= end:
            return words
        first = at
        text, at = _quoted_word(line, at, end, escape)
        if text:
            words.append((text, first, at))


def _quoted_word(line: str, at: int, end: int, escape: str) -> tuple[str, int]:
    """A word, and where it ends. An escape character that stands last escapes nothing and goes."""
    first = at
    quote = ""
    while at < end:
        character = line[at]
        if not quote and is_blank(character):
            break
        if character == escape and quote != "'":
            if at + 1 == end:
                return line[first:at], end
            at += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        at += 1
    return line[first:at], at


def name_values(line: str, start: int, end: int, escape: str, keyword: str) -> list[Part]:
    """Names and values in turns: `a=1 b="2 3"`, or the old form `name all the rest`.

    Raises WordError for a name without a value.
    """
    words = quoted_words(line, start, end, escape)
    if not words:
        return []
    if "=" not in words[0][0]:
        gap = BLANKS.search(line, start, end)
        if gap is None:
            raise WordError(f"{keyword} needs a name and a value", start)
        return [(line[start : gap.start()], start, gap.start()), (line[gap.end() : end], gap.end(), end)]
    pairs: list[Part] = []
    for text, first, last in words:
        name, equals, value = text.partition("=")
        if not equals:
            raise WordError(f"no = in {shortened(text)}; the form is NAME=VALUE", first)
        middle = first + len(name)
        pairs += [(name, first, middle), (value, middle + 1, last)]
    return pairs


def shortened(text: str) -> str:
    """A word for a message."""
    safe = _LONE_SURROGATE.sub("\ufffd", text)
    return repr(safe if len(safe) <= 40 else safe[:40] + "…")


def json_strings(text: str, at: int) -> list[str] | None:
    """The strings of a JSON array; None for whatever is no JSON array, which is then the shell form.

    Raises WordError for an array of something else.
    """
    text = text.lstrip(WHITE)
    if not text.startswith("["):
        return None
    try:
        found: Any = json.loads(
            text, parse_constant=_not_json, parse_int=_number, parse_float=_number, object_pairs_hook=tuple
        )
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in found):
        raise WordError("a JSON array here has strings only", at)
    return [_LONE_SURROGATE.sub("\ufffd", item) for item in found]


def _not_json(name: str) -> None:
    raise ValueError(name)


def _number(digits: str) -> float:
    """A number that Go can hold; another one makes the whole array no JSON."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits)
    return value
