"""Suggestions in tests: those of one kind, and what a file becomes with one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerscope.advice.suggesting import Suggested
from tests.builders import Member, directory, file
from tests.unit.advice.cases import advised

__all__ = ["ACCOUNTS", "only", "suggested"]

ACCOUNTS: tuple[Member, ...] = (directory("etc"), file("etc/passwd", b"root:x:0:0::/root:/bin/sh\n"))
"""What a base image has of users."""


def suggested(
    kind: str, dockerfile: str, files: Mapping[str, str] | None = None, **known: Any
) -> list[Suggested]:
    """Suggestions of a kind."""
    return [each for each in advised(dockerfile, files, **known).suggestions if each.suggestion.kind == kind]


def only(kind: str, dockerfile: str, files: Mapping[str, str] | None = None, **known: Any) -> Suggested:
    """The one suggestion of a kind."""
    (found,) = suggested(kind, dockerfile, files, **known)
    return found
