"""How much a figure grew since the baseline, in bytes or as a part of what was there."""

from __future__ import annotations

from collections.abc import Callable

from layerscope.analysis.growth import Change, Growth
from layerscope.rules.measuring import Measured, Measurement, NotMeasured, Unit

__all__ = ["grown"]

_FROM_NOTHING = 1e9
"""The ratio of something to nothing: more than any that is allowed, and a number all the same."""


def grown(image: Measured, unit: Unit, figure: Callable[[Growth], Change]) -> Measurement | NotMeasured:
    """The growth of one figure; its places are the instructions that grew most."""
    if image.growth is None:
        return NotMeasured("there is no baseline to compare with")
    change = figure(image.growth)
    places = image.growth_places() if change.grown > 0 else ()
    if unit is Unit.BYTES:
        return Measurement(change.grown, places, before=change.before)
    ratio = _FROM_NOTHING if change.ratio is None else change.ratio
    return Measurement(ratio, places, before=change.before)
