"""What a registry and an engine store of many images, and what a pull moves: as they are, and as they would
be if some layers were one.

An image is a stack of layer numbers here, and a plan is what other layer stands for a layer. So every saving
is the difference of two sums, and counts nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from layerscope.analysis.sharing_types import Savings, StoredSum

__all__ = ["Placed", "Storage"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer in one image: its number among the distinct layers, and its blob.

    `blob` is whatever tells blobs apart: the digest, where it is known.
    """

    number: int
    blob: str
    blob_bytes: int


Stack = tuple[Placed, ...]
"""The layers of an image, from the base up."""


class Storage:
    """The sums over some images. `content_bytes` has the contents of each distinct layer."""

    def __init__(self, stacks: Sequence[Stack], content_bytes: Sequence[int]) -> None:
        self.stacks = tuple(stacks)
        self._content_bytes = content_bytes
        nodes: dict[tuple[int, int], int] = {}
        self._chains = [self._chains_of(stack, nodes) for stack in self.stacks]
        self._numbers = [number for _, number in nodes]

    def _chains_of(self, stack: Stack, nodes: dict[tuple[int, int], int]) -> dict[int, int]:
        """The contents of each layer of a stack by its chain: a node of the tree that all stacks make."""
        chains, below = {}, -1
        for placed in stack:
            below = nodes.setdefault((below, placed.number), len(nodes))
            chains[below] = self._content_bytes[placed.number]
        return chains

    def blobs(self) -> StoredSum:
        """By blob digest, each once in an image: what a registry stores."""
        return _sum([{placed.blob: placed.blob_bytes for placed in stack} for stack in self.stacks])

    def contents(self) -> StoredSum:
        """By diff ID: the contents of every distinct layer."""
        sizes = self._content_bytes
        return _sum([{placed.number: sizes[placed.number] for placed in stack} for stack in self.stacks])

    def disk(self) -> StoredSum:
        """By chain ID: what an engine stores."""
        return _sum(self._chains)

    def chains(self) -> Sequence[Mapping[int, int]]:
        """For each image the contents of its layers by chain: two images with one chain have one number."""
        return self._chains

    def chain_counts(self) -> Counter[int]:
        """On how many different stacks each layer stands."""
        return Counter(self._numbers)

    def unique_blob_bytes(self) -> list[int]:
        """For each image the blobs that no other image has: pulling it where all others are."""
        return _unique([{placed.blob: placed.blob_bytes for placed in stack} for stack in self.stacks])

    def unique_disk_bytes(self) -> list[int]:
        """For each image the contents that no other image has in the same place: removing it frees them."""
        return _unique(self._chains)

    def replaced(self, replacements: Mapping[int, Placed]) -> Storage:
        """With other layers in the place of some, in every image."""
        return self.rebuilt(lambda stack: tuple(replacements.get(placed.number, placed) for placed in stack))

    def rebuilt(self, rebuild: Callable[[Stack], Stack]) -> Storage:
        """With each image's stack changed."""
        return Storage([rebuild(stack) for stack in self.stacks], self._content_bytes)

    def savings(self, aligned: Storage, *, estimated: bool = False) -> Savings:
        """What storing the images as `aligned` has them would save; nothing is ever negative."""
        pulls = zip(self.unique_blob_bytes(), aligned.unique_blob_bytes(), strict=True)
        return Savings(
            disk_bytes=max(0, self.disk().once_bytes - aligned.disk().once_bytes),
            registry_bytes=max(0, self.blobs().once_bytes - aligned.blobs().once_bytes),
            pull_bytes=max((0, *(before - after for before, after in pulls))),
            estimated=estimated,
        )


_Key = TypeVar("_Key", int, str)


def _sum(each: Sequence[Mapping[_Key, int]]) -> StoredSum:
    once = {key: size for sizes in each for key, size in sizes.items()}
    return StoredSum(
        summed_items=sum(map(len, each)),
        summed_bytes=sum(sum(sizes.values()) for sizes in each),
        once_items=len(once),
        once_bytes=sum(once.values()),
    )


def _unique(each: Sequence[Mapping[_Key, int]]) -> list[int]:
    users = Counter(key for sizes in each for key in sizes)
    return [sum(size for key, size in sizes.items() if users[key] == 1) for sizes in each]
