"""Numbers for people. Percent and "MB" exist only here; every machine format has exact bytes and ratios."""

from __future__ import annotations

import humanize

__all__ = ["count", "percent", "plural", "signed_size", "size"]

_KILO = 1000


def size(size_bytes: int) -> str:
    """Decimal units, as Docker prints them: `0 B`, `999 B`, `1.0 kB`, `96.1 MB`, `1.2 GB`."""
    if size_bytes < _KILO:
        return f"{size_bytes} B"
    return humanize.naturalsize(size_bytes, format="%.1f")


def signed_size(difference_bytes: int) -> str:
    """A difference: `+30.0 MB`, `-12 B`, `0 B`."""
    sign = "+" if difference_bytes > 0 else "-" if difference_bytes < 0 else ""
    return sign + size(abs(difference_bytes))


def percent(part: int, whole: int) -> str:
    """`12.9 %` of `whole`; never rounded to 0 % or to 100 % what is not; `0 %` of nothing."""
    if part == 0 or whole == 0:
        return "0 %"
    if part == whole:
        return "100 %"
    value = 100 * part / whole
    if value < 0.1:
        return "<0.1 %"
    return f"{min(value, 99.9):.1f} %"


def count(number: int) -> str:
    """All digits, in groups: `1,204`."""
    return f"{number:,}"


def plural(number: int, noun: str, nouns: str | None = None) -> str:
    """`1 file`, `1,204 files`; `nouns` where the plural is not a mere s."""
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"
