"""Notices: what could not be done in full, and what in an image other tools would see differently.

A degraded result is part of the result. A notice is therefore data, carried beside the figures from the
reader to every output, and never a log line.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

__all__ = ["Notice", "NoticeLog", "Severity"]


class Severity(StrEnum):
    """How much a notice takes away from the result."""

    INFO = "info"  #: the figures are complete; something unusual is worth knowing
    WARNING = "warning"  #: something could not be read, or engines disagree about what it means
    ERROR = "error"  #: the image is damaged: the figures cover what could be read, and the exit code is 4


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """One thing that the reader of a report should know.

    `code` is stable and machine-readable (`layer-truncated`); `message` is lower case, *where: what* without
    the layer, which stands in `layer` (its index, 0 is the base) and is put in front when shown. `path` is
    the first path concerned and `count` how many times the same thing was seen in this layer.
    """

    code: str
    severity: Severity
    message: str
    layer: int | None = None
    path: bytes | None = None
    count: int = 1


@dataclass(slots=True)
class NoticeLog:
    """Collects notices, one for each code: the first occurrence in full, the others counted.

    A layer of a million odd entries thus gives a handful of notices, in bounded memory.
    """

    _first: dict[tuple[str, int | None], Notice] = field(default_factory=dict)
    _count: dict[tuple[str, int | None], int] = field(default_factory=dict)

    def add(
        self,
        code: str,
        severity: Severity,
        message: str,
        *,
        layer: int | None = None,
        path: bytes | None = None,
        count: int = 1,
    ) -> None:
        """Record one occurrence (or `count` of them) of `code`."""
        key = (code, layer)
        if key not in self._first:
            self._first[key] = Notice(code, severity, message, layer, path)
        self._count[key] = self._count.get(key, 0) + count

    def extend(self, notices: tuple[Notice, ...], *, layer: int | None = None) -> None:
        """Record notices that were collected elsewhere, as belonging to `layer` if that is given."""
        for n in notices:
            self.add(
                n.code,
                n.severity,
                n.message,
                layer=n.layer if layer is None else layer,
                path=n.path,
                count=n.count,
            )

    def notices(self) -> tuple[Notice, ...]:
        """All notices, in the order in which their codes were first seen."""
        return tuple(replace(n, count=self._count[key]) for key, n in self._first.items())
