"""Why figures do not cover the whole image, as the error that says it best."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis
from layerscope.errors import InvalidImage, LayerscopeError
from layerscope.notices import Severity
from layerscope.report.units import plural
from layerscope.report.words import notice_text

__all__ = ["incompleteness"]


def incompleteness(analysis: Analysis, *, allow_partial: bool = False) -> LayerscopeError | None:
    """The error whose class decides the exit code; None where all was read.

    Damage comes first: a layer that could not be read to its end (4, or 6 for a limit), then what else is
    wrong with the image (4), then layers that are not there (3) or not readable (5). `allow_partial` lets
    the last pass.
    """
    for analyzed in analysis.layers:
        error = analyzed.reading.error
        if error is not None:
            found = error.at(f"layer {analyzed.layer.index}")
            found.__cause__ = error
            return found
    errors = [notice for notice in analysis.notices if notice.severity is Severity.ERROR]
    if errors:
        return InvalidImage(notice_text(errors[0]))
    return None if allow_partial else _absence(analysis)


def _absence(analysis: Analysis) -> LayerscopeError | None:
    """The first absent layer's error; how many more there are stands in the same line."""
    absent: list[tuple[int, LayerscopeError]] = [
        (analyzed.layer.index, analyzed.layer.absent) for analyzed in analysis.layers if analyzed.layer.absent
    ]
    if not absent:
        return None
    index, error = absent[0]
    others = plural(len(absent) - 1, "other layer")
    covered = f"covers neither it nor {others}" if len(absent) > 1 else "does not cover it"
    message = f"layer {index}: {error}; the result {covered} (--allow-partial lets that pass)"
    found = type(error)(message)
    found.__cause__ = error
    return found
