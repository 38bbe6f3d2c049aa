"""Which build arguments are others in every build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Volatility", "arguments_of_ci"]

_NAME = re.compile(
    r"(?:^|_)(?:GIT_?(?:SHA|COMMIT|REF|REV|HASH|DESCRIBE|TAG|BRANCH)|COMMIT(?:_?(?:SHA|HASH|ID|REF))?"
    r"|SOURCE_COMMIT|VCS_REF|VCS_REVISION|REVISION|BUILD_?(?:DATE|TIME|TIMESTAMP|NUMBER|ID|NUM|REF|SHA)"
    r"|BUILDTIME|BUILDDATE|CACHE_?BUST(?:ER)?|CACHEBUST|TIMESTAMP)$",
    re.IGNORECASE,
)
_CI_NAME = re.compile(r"^CI_|^GITHUB_(?:SHA|REF|RUN)", re.IGNORECASE)
_VALUE = re.compile(
    r"[0-9a-f]{40}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*|v?\d+\.\d+\.\d+[-+.]g?[0-9a-f]{7,40}", re.IGNORECASE
)
_VALUES = r"(\$\{\{[^}]*\}\}|\$\([^)]*\)|[^\s\"']+)"
_PASSED = re.compile(r"--build-arg[ =]+[\"']?([A-Za-z_]\w*)=[\"']?" + _VALUES)
_LISTED = re.compile(
    r"^\s*(?:-\s*)?[\"']?([A-Za-z_]\w*)[=:]\s*[\"']?(\$\{\{[^}]*\}\}|\$\([^)]*\)|\$\{?\w+\}?)", re.M
)
_CHANGING = re.compile(
    r"github\.(?:sha|run|ref|event|head)|steps\.\w+\.outputs|\bCI_COMMIT|\bGIT_|git (?:rev-parse|describe)"
    r"|\bdate\b|BUILD_(?:NUMBER|ID)|SHORT_SHA|COMMIT_SHA",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Volatility:
    """What is known of build arguments beside the Dockerfile."""

    given: frozenset[str] = frozenset()
    """Names that the user calls volatile."""
    steady: frozenset[str] = frozenset()
    """Names that the user says are not."""
    passed: Mapping[str, str] = field(default_factory=dict)
    """Names that a CI file sets to something that changes, with the file's name."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Values that an image was built with."""

    def why(self, name: str, default: str = "") -> str:
        """Why this argument is another one in every build; empty if nothing says so."""
        if name in self.steady:
            return ""
        if name in self.given:
            return f"{name} was said to change with every build"
        if name in self.passed:
            return f"{self.passed[name]} sets {name} anew for every build"
        if _NAME.search(name) or _CI_NAME.match(name):
            return f"{name} is named like something that changes with every build"
        value = self.values.get(name, default.strip("\"'"))
        if _VALUE.fullmatch(value):
            return f"the value of {name} looks like a commit or a time"
        return ""


def arguments_of_ci(text: str, file: str) -> dict[str, str]:
    """Build arguments that a CI file, a Makefile or a compose file sets to something that changes."""
    found: dict[str, str] = {}
    for pattern in (_PASSED, _LISTED):
        for match in pattern.finditer(text):
            if _CHANGING.search(match[2]):
                found[match[1]] = file
    return found
