"""What a stage inherits from the stage that it continues, and that is another one in every build.

No order of the stage itself mends that: its RUNs miss wherever they stand. It has to be told where it comes
from, or the stage looks as if nothing were wrong with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from layerscope.advice.elements import Element
from layerscope.advice.plan import Obstacle
from layerscope.advice.stage_bases import StageBase
from layerscope.dockerfile.builders import Builder

__all__ = ["inherited_obstacles"]


def inherited_obstacles(
    base: StageBase, bases: Sequence[StageBase], profile: Builder
) -> tuple[Obstacle, ...]:
    """The costliest RUN of a stage that misses in every build because of a variable of a stage above; empty
    if there is none.

    An ENV is inherited with every builder, an ARG with BuildKit only; buildah compares neither for what a
    RUN does not name.
    """
    if profile is Builder.BUILDAH:
        return ()
    found = _changing(base, bases, profile)
    runs = [
        (base.problem.costs[position].seconds, element)
        for position, element in enumerate(base.elements)
        if element.keyword == "RUN"
    ]
    if found is None or not runs:
        return ()
    parent, setting, name = found
    seconds, run = max(runs, key=lambda each: each[0])
    if seconds <= 0:
        return ()
    why = (
        f"stage {parent} sets {name}, which changes with every build, and each RUN of this stage inherits it"
    )
    return (Obstacle(setting, run, seconds, why, "R6"),)


def _changing(
    base: StageBase, bases: Sequence[StageBase], profile: Builder
) -> tuple[str, Element, str] | None:
    """The stage, the instruction and the name; a stage in between that sets the name anew ends it."""
    by_index = {each.stage.index: each for each in bases}
    anew = _names(base)
    at = base.stage.parent
    while at is not None and at in by_index:
        parent = by_index[at]
        for element in parent.elements:
            inherited = element.keyword == "ENV" or (element.keyword == "ARG" and profile is Builder.BUILDKIT)
            names = sorted(element.defines - anew)
            if inherited and element.volatile and names:
                return parent.stage.label, element, names[0]
        anew |= _names(parent)
        at = parent.stage.parent
    return None


def _names(base: StageBase) -> frozenset[str]:
    return frozenset(name for element in base.elements for name in element.defines)
