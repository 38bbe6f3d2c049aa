"""Why a step missed: its ingredients held against those of the build before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerscope.dockerfile.cache.recipes import Ingredient
from layerscope.dockerfile.cache.states import Cause, CauseKind
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["KnownStep", "Past", "own_causes"]


@dataclass(frozen=True, slots=True)
class KnownStep:
    """A step as it was, or is now."""

    instruction: SourceInstruction
    ingredients: tuple[Ingredient, ...]
    key: str


class Past:
    """The steps of the build before, to find the one that a step was."""

    def __init__(self, steps: Mapping[int, Sequence[KnownStep]]) -> None:
        self._places: dict[tuple[int, str, int], KnownStep] = {}
        self._kinds: dict[tuple[int, str, int], KnownStep] = {}
        for stage, known in steps.items():
            texts: Counter[str] = Counter()
            kinds: Counter[str] = Counter()
            for step in known:
                text = f"{step.instruction.keyword} {step.instruction.rest}"
                self._places[stage, text, texts[text]] = step
                self._kinds[stage, step.instruction.keyword, kinds[step.instruction.keyword]] = step
                texts[text] += 1
                kinds[step.instruction.keyword] += 1

    def find(
        self, stage: int, step: SourceInstruction, same_text: int, same_keyword: int
    ) -> KnownStep | None:
        """The n-th step with the same text in the same stage, else the n-th with the same keyword."""
        found = self._places.get((stage, f"{step.keyword} {step.rest}", same_text))
        return found or self._kinds.get((stage, step.keyword, same_keyword))


def own_causes(now: Sequence[Ingredient], before: Sequence[Ingredient]) -> tuple[Cause, ...]:
    """What differs between two steps themselves, in the order of the ingredients."""
    causes: list[Cause] = []
    old = {(slot.kind, slot.name): slot for slot in before}
    new = {(slot.kind, slot.name): slot for slot in now}
    for place, ingredient in new.items():
        other = old.get(place)
        if other is None or other.value != ingredient.value:
            causes.append(_cause(ingredient, other))
    causes += [_cause(other, None) for place, other in old.items() if place not in new]
    if not causes and [slot[:3] for slot in now] != [slot[:3] for slot in before]:
        causes.append(Cause(CauseKind.VARIABLE))
    return tuple(dict.fromkeys(causes))


def _cause(ingredient: Ingredient, other: Ingredient | None) -> Cause:
    if ingredient.files is None or other is None or other.files is None:
        name = "" if ingredient.kind is CauseKind.INSTRUCTION else ingredient.name
        return Cause(ingredient.kind, name)
    now, before = ingredient.files, other.files
    paths = {path for path in now.keys() | before.keys() if now.get(path) != before.get(path)}
    return Cause(ingredient.kind, ingredient.name, tuple(sorted(paths)))
