"""What one budget measures in an image, in a form that tests can compare."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.growth_explained import explain_growth
from layerscope.analysis.snapshot import take_snapshot
from layerscope.rules.measuring import Measured, Measurement, NotMeasured, Unit
from layerscope.rules.registry import budget
from tests.analyses import analysis, step
from tests.builders import directory, file, whiteout
from tests.findings import with_base

__all__ = ["APP", "layers_of", "measured", "unmeasured"]

APP = with_base(
    analysis(
        step(file("etc/os", b"b" * 500), file("etc/more", b"c" * 100), by="ADD rootfs.tar / # buildkit"),
        step(
            directory("app"),
            file("app/a", b"a" * 300),
            file("app/b", b"b" * 200),
            by="COPY . /app # buildkit",
        ),
        step(whiteout("app/a"), whiteout("etc/more"), file("app/c", b"c" * 40), by="RUN rm -r x # buildkit"),
    ),
    1,
)
"""500 + 100 bytes of a base image, 300 + 200 + 40 above it; 300 of them and 100 of the base are removed."""


def _found(
    name: str, given: Analysis, pattern: str, unit: Unit | None, before: Analysis | None
) -> Measurement | NotMeasured:
    snapshot, of = take_snapshot(given), budget(name)
    growth = explain_growth(take_snapshot(before), snapshot) if before else None
    return of.measure(Measured(given, snapshot, growth), unit or of.units[0], pattern)


def measured(
    name: str,
    given: Analysis = APP,
    pattern: str = "",
    *,
    unit: Unit | None = None,
    before: Analysis | None = None,
) -> Measurement:
    """The figure of a budget, and its places."""
    found = _found(name, given, pattern, unit, before)
    assert isinstance(found, Measurement)
    return found


def unmeasured(name: str, given: Analysis = APP, pattern: str = "") -> str:
    """Why there is none."""
    found = _found(name, given, pattern, None, None)
    assert isinstance(found, NotMeasured)
    return found.reason


def layers_of(found: Measurement) -> list[tuple[int, int]]:
    """(layer, bytes) of its places."""
    return [(place.layer, place.freed_bytes) for place in found.locations]
