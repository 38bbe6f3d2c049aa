"""Unified diffs that `git apply` takes."""

from __future__ import annotations

import difflib

__all__ = ["unified_diff"]

_NO_END = "\\ No newline at end of file\n"


def unified_diff(before: str, after: str, path: str) -> str:
    """The change of one file as git writes it, with three lines of context; empty if there is none.

    `path` is relative to the repository, with `/`.
    """
    if before == after:
        return ""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}", n=3)
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_END}" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines with their ends; only a line feed ends one, as in git."""
    parts = text.split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
