"""Installs that stay below the sources, and what keeps them there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerscope.rules.base import Draft
from layerscope.rules.building import Building, place_of
from layerscope.rules.finding import Fix, Severity

if TYPE_CHECKING:
    from layerscope.advice.advise import StageAdvice
    from layerscope.advice.plan import Plan

__all__ = ["kept_installs"]

_ABOUT_MANIFESTS = ("R10", "R11")
_LEAST_SECONDS = 1.0


def kept_installs(building: Building) -> Iterator[Draft]:
    """A draft for information for each install that costs time in many builds and was not moved."""
    for stage in building.advice.stages:
        plan = stage.plan(further=True)
        if plan is not None and building.known.context is not None:
            yield from _of_stage(building, stage, plan)


def _of_stage(building: Building, stage: StageAdvice, plan: Plan) -> Iterator[Draft]:
    elements = plan.problem.elements
    by_line = {element.line: at for at, element in enumerate(elements) if element.source is not None}
    for refusal in stage.refusals:
        run, copy = by_line.get(refusal.install_line), by_line.get(refusal.line)
        if run is None or copy is None or refusal.rule not in _ABOUT_MANIFESTS:
            continue
        again = plan.after.missed[run] - plan.problem.changes.missed(1 << run)
        if plan.problem.costs[run].seconds * again < _LEAST_SECONDS:
            continue
        places = [place_of(building, stage, elements[at]) for at in (copy, run)]
        yield Draft(
            f"RUN of line {refusal.install_line} installs again whenever COPY of line {refusal.line} "
            f"changes, and cannot go above it: {refusal.reason}",
            Fix(
                "where that can be changed, copy the manifests first, install, then copy the rest; "
                f"{building.say()} says when it is safe"
            ),
            severity=Severity.INFO,
            places=[place for place in places if place is not None],
        )
