"""An image that is damaged, or not all there, gives a result *and* an error: the figures are shown, and the
exit code does not lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import SourceError, Unsupported
from layerscope.report.incomplete import incompleteness
from layerscope.report.units import plural

if TYPE_CHECKING:
    from layerscope.analysis.analyze import Analysis
    from layerscope.analysis.sharing_types import Sharing

__all__ = ["raise_if_incomplete", "raise_if_sharing_incomplete"]


def raise_if_incomplete(analysis: Analysis, *, allow_partial: bool = False) -> None:
    """Raise the error that says best why the result does not cover the whole image.

    Called after the result was written.
    """
    error = incompleteness(analysis, allow_partial=allow_partial)
    if error is not None:
        raise error


def raise_if_sharing_incomplete(sharing: Sharing, *, allow_partial: bool) -> None:
    """Raise the first failure, as `inspect` does for one image; the number of others is in the same line."""
    failures = [
        (number, error)
        for number, error in sharing.failures
        if not (allow_partial and isinstance(error, SourceError | Unsupported))
    ]
    if failures:
        number, error = failures[0]
        others = len(failures) - 1
        more = f"; {plural(others, 'other image')} could not be read in full, either" if others else ""
        name = sharing.images[number].reference
        raise type(error)(f"{name}: {error.message}{more}") from error
