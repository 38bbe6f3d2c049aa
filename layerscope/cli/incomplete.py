"""An image that is damaged, or not all there, gives a result *and* an error: the figures are shown, and the
exit code does not lie."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis
from layerscope.errors import InvalidImage, LayerscopeError
from layerscope.notices import Severity
from layerscope.report.units import plural
from layerscope.report.words import notice_text

__all__ = ["raise_if_incomplete"]


def raise_if_incomplete(analysis: Analysis, *, allow_partial: bool = False) -> None:
    """Raise the error that says best why the result does not cover the whole image.

    Called after the result was written. The class decides the exit code. Damage comes first: a layer that
    could not be read to its end (4, or 6 for a limit), then what else is wrong with the image (4), then
    layers that are not there (3) or not readable (5). `allow_partial` lets the last pass.
    """
    for analyzed in analysis.layers:
        error = analyzed.reading.error
        if error is not None:
            raise error.at(f"layer {analyzed.layer.index}") from error
    errors = [notice for notice in analysis.notices if notice.severity is Severity.ERROR]
    if errors:
        raise InvalidImage(notice_text(errors[0]))
    if not allow_partial:
        _raise_if_absent(analysis)


def _raise_if_absent(analysis: Analysis) -> None:
    """Raise the first absent layer's error; how many more there are stands in the same line."""
    absent: list[tuple[int, LayerscopeError]] = [
        (analyzed.layer.index, analyzed.layer.absent) for analyzed in analysis.layers if analyzed.layer.absent
    ]
    if not absent:
        return
    index, error = absent[0]
    others = plural(len(absent) - 1, "other layer")
    covered = f"covers neither it nor {others}" if len(absent) > 1 else "does not cover it"
    message = f"layer {index}: {error}; the result {covered} (--allow-partial lets that pass)"
    raise type(error)(message) from error
