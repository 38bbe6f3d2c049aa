"""An image that is damaged, or not all there, gives a result *and* an error: the figures are shown, and the
exit code does not lie."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis
from layerscope.report.incomplete import incompleteness

__all__ = ["raise_if_incomplete"]


def raise_if_incomplete(analysis: Analysis, *, allow_partial: bool = False) -> None:
    """Raise the error that says best why the result does not cover the whole image.

    Called after the result was written.
    """
    error = incompleteness(analysis, allow_partial=allow_partial)
    if error is not None:
        raise error
