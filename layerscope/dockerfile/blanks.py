"""What counts as a blank: builders are written in Go, whose blanks are not those of Python."""

from __future__ import annotations

import re

__all__ = ["BLANKS", "WHITE", "is_blank"]

WHITE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The white space of Unicode: what is taken away around lines and arguments. Python's has four more."""

BLANKS = re.compile(r"[\t\v\f\r ]+")
"""What separates words where no quotes count."""

_WHITE = frozenset(WHITE)


def is_blank(character: str) -> bool:
    """Whether a character is white space of Unicode."""
    return character in _WHITE
