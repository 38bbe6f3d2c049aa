"""A damaged image gives a result *and* an error: the figures are shown, and the exit code does not lie."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis
from layerscope.errors import InvalidImage
from layerscope.notices import Severity
from layerscope.report.words import notice_text

__all__ = ["raise_if_damaged"]


def raise_if_damaged(analysis: Analysis) -> None:
    """Raise the error that stopped a layer's reading, else InvalidImage for what else is damaged.

    Called after the result was written. The class decides the exit code: a limit (6) is no damage (4).
    """
    for analyzed in analysis.layers:
        error = analyzed.reading.error
        if error is not None:
            raise error.at(f"layer {analyzed.layer.index}") from error
    errors = [notice for notice in analysis.notices if notice.severity is Severity.ERROR]
    if errors:
        raise InvalidImage(notice_text(errors[0]))
