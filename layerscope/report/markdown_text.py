"""Pieces of Markdown (GitHub's dialect) that no text of an image can get out of.

All text of an image stands in a code span or a fenced block: outside, `@name` would notify a person, `#1`
link an issue, and `<img>` load a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from layerscope.report.printable import printable, shortened

__all__ = ["code_span", "dockerfile_block", "markdown_table", "table_cell"]

_CELL = 120
"""Characters of a text in a table's cell."""

_LONGEST = 2000
"""Characters of an instruction elsewhere: a heredoc may have a million."""


def code_span(text: str) -> str:
    """A code span around printable text, which is cut where it is longer than any that people write."""
    text = shortened(text, _LONGEST)
    fence = "`" * (_longest_run(text) + 1)
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return fence + blank + text + blank + fence


def table_cell(text: str) -> str:
    """A code span for a table, with `|` escaped, as tables want it, and cut where it would fill the page."""
    return code_span(shortened(text, _CELL)).replace("|", "\\|")


def markdown_table(header: tuple[str, ...], alignment: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A table of cells that are Markdown; `alignment` has an `l` or an `r` for each column."""
    rules = ("---:" if column == "r" else "---" for column in alignment)
    lines = [header, tuple(rules), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def dockerfile_block(example: str) -> str:
    """A fenced block, which no text can close, and in which nothing is cut."""
    text = "\n".join(printable(line) for line in example.splitlines())
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}dockerfile\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
