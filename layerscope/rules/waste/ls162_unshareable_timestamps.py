"""Layers that another build of the same sources would not make again.

## What it finds

Layers of the image's own with files that carry the time of the build: several different times between the
first and the last instruction that history dates, or, for a single instruction, in the hour before it.

## Why it matters

A layer's digest covers the times of its files. The same sources, built again, give other times, another
digest, and so another layer: nothing is shared between the images, in a registry or on a machine, although
every content is the same. Nobody can check either that an image is what its sources say.

## How to fix it

Build with `SOURCE_DATE_EPOCH` and let the builder clamp the times:
`docker buildx build --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) --output
type=image,rewrite-timestamp=true .`; `buildah build --timestamp`, or `--source-date-epoch` with
`--rewrite-timestamp`. Contents that differ by the time (logs, compiled Python files) have to go, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity

__all__ = ["UnshareableTimestamps"]

_BEFORE_SECONDS = 3600
"""A build may take longer, and then fewer layers are found."""
_AFTER_SECONDS = 60
"""Clocks of a builder and of what writes its history differ a little."""
_CLAMPED_SECONDS = 1_000_000_000
"""Nothing was built before September 2001: an earlier date of a layer was set to be the same each time."""
_SAMPLE = 5_000

_FIX = Fix(
    "build with SOURCE_DATE_EPOCH and clamp the times of files: "
    "docker buildx build --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) "
    "--output type=image,name=app,rewrite-timestamp=true ."
)


class UnshareableTimestamps(Rule):
    """Own layers whose files have the times of the build."""

    id = "LS162"
    name = "unshareable-timestamps"
    severity = Severity.INFO

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for the image."""
        said = {
            layer: instruction.created
            for layer in evidence.own_layers
            if (instruction := evidence.analysis.layers[layer].layer.instruction) and instruction.created
        }
        if len(said) > 1 and len(set(said.values())) == 1:
            return  # one date for all instructions is one that was set
        dates = {layer: seconds for layer, date in said.items() if (seconds := _seconds(date))}
        if not dates:
            return
        first, last = min(dates.values()) - _BEFORE_SECONDS, max(dates.values()) + _AFTER_SECONDS
        found = [layer for layer in dates if _has_times_between(evidence, layer, first, last)]
        if found:
            yield Draft(
                "files carry the time of the build, so no other build gives these layers", _FIX, layers=found
            )


def _seconds(created: str) -> int | None:
    """A date of history in seconds since 1970; None if it is none, or was clamped."""
    try:
        date = datetime.fromisoformat(created)
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return int(seconds) if seconds > _CLAMPED_SECONDS else None


def _has_times_between(evidence: Evidence, layer: int, first: int, last: int) -> bool:
    """Whether at least two different times lie there. One alone may be what all were clamped to."""
    times = set(evidence.inodes.changesets[layer].mtimes[:_SAMPLE])
    return sum(first <= time <= last for time in times) > 1
