"""What an order of a stage's elements costs, by the keys that the builder's cache makes of them.

What a key is made of is said by `dockerfile.cache` alone, and seen in the builds that were simulated
(`SeenStage`): what an element says itself, and which settings it is given. In an order that leaves every
element what it is, the same parts are chained another way. So an order is judged without simulating it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.advice.changes import ChangeModel
from layerscope.dockerfile.cache.seen import SeenStage, SeenStep, Slot

__all__ = ["ElementKey", "StageKeys", "stage_keys"]

Column = Sequence[str | None]
"""What something was in each of the builds that were simulated."""


@dataclass(frozen=True, slots=True)
class ElementKey:
    """What an element is to the cache. Inputs are bits of one number."""

    own: int | None = 0
    """Inputs that change what it says itself; None if it is no step."""
    own_key: bool = False
    """Whether what is in front of it counts for what follows only."""
    takes: frozenset[str] = frozenset()
    """Kinds of settings that count for it."""
    gives: Mapping[Slot, int] = field(default_factory=dict)
    """Settings that it makes, with the inputs that change them."""


@dataclass(slots=True, eq=False)
class StageKeys:
    """The elements of a stage; as a model of changes a set of elements with all that they depend on."""

    inputs: ChangeModel
    elements: Sequence[ElementKey]
    start: int = 0
    """Inputs that change what the stage starts on."""
    given: Mapping[Slot, int] = field(default_factory=dict)
    """Settings that it starts with, with the inputs that change them."""
    changing: int = field(init=False)
    """Elements that an input changes, as bits."""
    _masks: list[int] = field(init=False)
    _known: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._masks = [
            (key.own or 0) | _united(key.gives) | _taken(self.given, key.takes) for key in self.elements
        ]
        changing = self.inputs.changing
        self.changing = sum(1 << place for place, mask in enumerate(self._masks) if mask & changing)

    @property
    def builds(self) -> int:
        """Commits that were replayed; 0 where the changes are guessed."""
        return self.inputs.builds

    @property
    def steps(self) -> frozenset[int]:
        """Places of the elements that are steps to the builder."""
        return frozenset(place for place, key in enumerate(self.elements) if key.own is not None)

    def ordered(self, costs: Sequence[float]) -> list[float]:
        """Costs of elements as far as the order decides on them: 0 where what is in front does not count."""
        return [0.0 if key.own_key else cost for key, cost in zip(self.elements, costs, strict=True)]

    def missed(self, mask: int) -> float:
        """Share of builds in which these elements, whatever their order, are new together.

        A setting counts although nothing may be given it yet: it is never too little.
        """
        found = self._known.get(mask)
        if found is None:
            inputs = self.start
            for place, own in enumerate(self._masks):
                if mask >> place & 1:
                    inputs |= own
            found = self._known[mask] = self.inputs.missed(inputs)
        return found

    def missed_in(self, order: Sequence[int]) -> tuple[float, ...]:
        """For each element, by its place, the share of builds that carry it out in this order; 0 for what is
        no step."""
        missed = [0.0] * len(self.elements)
        chain, given = self.start, dict(self.given)
        for place in order:
            key = self.elements[place]
            if key.own is not None:
                own = key.own | _taken(given, key.takes)
                missed[place] = self.inputs.missed(own if key.own_key else chain | own)
                chain |= own
            given |= key.gives
        return tuple(missed)


def _united(masks: Mapping[Slot, int]) -> int:
    found = 0
    for mask in masks.values():
        found |= mask
    return found


def _taken(given: Mapping[Slot, int], kinds: frozenset[str]) -> int:
    found = 0
    for (kind, _), mask in given.items():
        if kind in kinds:
            found |= mask
    return found


def stage_keys(
    inputs: ChangeModel, seen: Sequence[SeenStage], count: int, inputs_of: Callable[[Column], int]
) -> StageKeys:
    """The keys of a stage as builds showed them; its own `count` instructions stand at the end.

    `inputs_of` says which inputs change something that was in these states.
    """
    first = seen[0]
    elements = []
    for place in range(len(first.steps) - count, len(first.steps)):
        steps = [stage.steps[place] for stage in seen]
        own = None if steps[0].own is None else inputs_of([step.own for step in steps])
        elements.append(ElementKey(own, steps[0].own_key, steps[0].takes, _gives(steps, inputs_of)))
    slots = dict.fromkeys(slot for stage in seen for slot in stage.given)
    given = {slot: inputs_of([stage.given.get(slot) for stage in seen]) for slot in slots}
    return StageKeys(inputs, elements, inputs_of([stage.start for stage in seen]), given)


def _gives(steps: Sequence[SeenStep], inputs_of: Callable[[Column], int]) -> dict[Slot, int]:
    """Settings that are others behind an element than in front of it, in any of the builds."""
    slots: dict[Slot, None] = {}
    for step in steps:
        if step.before is not step.after:
            changed = [slot for slot, value in step.after.items() if step.before.get(slot) != value]
            slots |= dict.fromkeys(changed)
            slots |= dict.fromkeys(slot for slot in step.before if slot not in step.after)
    return {slot: inputs_of([step.after.get(slot) for step in steps]) for slot in slots}
