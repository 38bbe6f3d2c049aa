"""The distinct layers of several images with all that is known of them: where relations are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from layerscope.analysis.layer_alignment import without_hashes
from layerscope.analysis.layer_difference import LayerDifference, difference
from layerscope.analysis.layer_summary import LayerSummary
from layerscope.analysis.sharing_types import SharedImage, SharedLayer
from layerscope.analysis.similar_layers import SimilarLayers
from layerscope.analysis.storage import Placed, Storage

__all__ = ["Families"]


@dataclass(slots=True)
class Families:
    """Distinct layers, by number, and what is known of them."""

    layers: Sequence[SharedLayer]
    summaries: Sequence[LayerSummary | None]
    images: Sequence[SharedImage]
    base_names: Sequence[str]
    """What each image says that its base is called; empty where it does not."""
    storage: Storage
    similar: SimilarLayers
    family: dict[int, int] = field(default_factory=dict)
    """Layers that a relation has explained, with the number of its first layer."""
    squashed: set[int] = field(default_factory=set)
    """Layers that were found to be several others: they are near to some of them, which says nothing new."""

    def across(self, numbers: Sequence[int]) -> bool:
        """Whether the layers are of more than one image."""
        return len(self.users(numbers)) > 1

    def same_platform(self, numbers: Sequence[int]) -> bool:
        """Whether the layers can stand in images of one platform: those of another are never the same."""
        platforms = [
            {self.images[image].platform for image in self.layers[number].images} for number in numbers
        ]
        return bool(frozenset.intersection(*map(frozenset, platforms)))

    def users(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The images that use some of the layers, each once, in order."""
        return tuple(sorted({image for number in numbers for image in self.layers[number].images}))

    def ranked(self) -> list[int]:
        """Layers that most images use first, then those with most bytes."""
        return sorted(
            range(len(self.layers)),
            key=lambda number: (
                -len(self.layers[number].images),
                -self.layers[number].content_bytes,
                number,
            ),
        )

    def first_of(self, numbers: Sequence[int]) -> int:
        """The layer that the others would become: the one that most images use."""
        return min(numbers, key=lambda number: (-len(self.layers[number].images), number))

    def placed(self, number: int) -> Placed:
        """A layer with the smallest of its blobs."""
        image, index = self.layers[number].users[0]
        best = self.storage.stacks[image][index]
        for image, index in self.layers[number].users:
            other = self.storage.stacks[image][index]
            best = min(best, other, key=lambda each: (each.blob_bytes, each.blob))
        return best

    def differences(self, first: int, others: Sequence[int], most: int) -> tuple[LayerDifference, ...]:
        """How the others differ from the first; of many only as much as is shown."""
        one = self.summaries[first]
        assert one is not None
        found = []
        for number in others[:most]:
            other = self.summaries[number]
            assert other is not None
            found.append(difference(one, other))
        return tuple(found)

    def instruction(self, number: int) -> str:
        """Without the hashes of contents that the classic builder puts into it."""
        return without_hashes(self.layers[number].instruction)

    def one_instruction(self, numbers: Sequence[int]) -> bool:
        """Whether one instruction made all of the layers."""
        texts = {self.instruction(number) for number in numbers}
        return len(texts) == 1 and "" not in texts

    def explain(self, numbers: Sequence[int]) -> None:
        """Note that a relation tells of these layers."""
        for number in numbers:
            self.family[number] = numbers[0]

    def explained(self, numbers: Sequence[int]) -> bool:
        """Whether one relation tells of all of them already."""
        families = {self.family.get(number) for number in numbers}
        return len(families) == 1 and None not in families
