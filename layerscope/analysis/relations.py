"""Layers that could be one and are not: twins, near misses, squashed layers, other parents, other blobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerscope.analysis.layer_difference import Aspect, LayerDifference
from layerscope.analysis.layer_families import Families
from layerscope.analysis.sharing_types import Relation, RelationKind, Remedy, Savings
from layerscope.analysis.storage import Placed, Storage
from layerscope.blobs.compression import Compression

__all__ = [
    "compressions",
    "near_misses",
    "other_parents",
    "recompressed",
    "regrouped",
    "same_instructions",
    "twins",
]

_COMPARED = 10
"""Members of one relation that are compared path by path with its first."""
_REGROUPED = 0.9
"""Of the bytes of a squashed layer that the other image's layers have to hold."""


def twins(families: Families) -> Iterator[Relation]:
    """Layers with the same paths and contents: what differs is named, and aligning them is exact."""
    for group in families.similar.twins():
        if not families.across(group) or families.explained(group):
            continue
        first = families.first_of(group)
        others = [number for number in group if number != first]
        differences = families.differences(first, others, _COMPARED)
        aligned = families.storage.replaced(dict.fromkeys(others, families.placed(first)))
        families.explain([first, *others])
        yield Relation(
            kind=RelationKind.TWIN,
            members=tuple((number,) for number in (first, *others)),
            images=families.users(group),
            common_bytes=families.layers[first].content_bytes,
            savings=families.storage.savings(aligned),
            remedies=_twin_remedies(differences),
            differences=differences,
            same_instruction=families.one_instruction(group),
        )


def _twin_remedies(differences: Sequence[LayerDifference]) -> tuple[Remedy, ...]:
    aspects = frozenset[Aspect]().union(*(found.aspects for found in differences))
    packed = any(found.reordered or not found.counts for found in differences)
    remedies = (
        (Remedy.SOURCE_DATE_EPOCH, Aspect.MTIME in aspects),
        (Remedy.SAME_OWNERS, bool(aspects & {Aspect.MODE, Aspect.OWNER, Aspect.XATTRS})),
        (Remedy.SAME_BUILDER, packed or Aspect.HARD_LINK in aspects),
    )
    return tuple(remedy for remedy, applies in remedies if applies)


def compressions(families: Families) -> Iterator[Relation]:
    """One diff ID in several compressed blobs."""
    for layer in families.layers:
        blobs = {blob.digest for blob in layer.blobs if blob.compression is not Compression.NONE}
        if len(blobs) < 2:
            continue
        yield Relation(
            kind=RelationKind.COMPRESSION,
            members=((layer.number,),),
            images=layer.images,
            common_bytes=layer.content_bytes,
            savings=families.storage.savings(recompressed(families.storage, families, layer.number)),
            remedies=(Remedy.SAME_COMPRESSION,),
            same_instruction=True,
        )


def recompressed(storage: Storage, families: Families, number: int) -> Storage:
    """The storage with the smallest blob of a layer instead of its other compressed ones.

    What is not compressed is left: it is an archive's, and what a registry would have is not known.
    """
    blobs = {
        blob.digest for blob in families.layers[number].blobs if blob.compression is not Compression.NONE
    }
    best = families.placed(number)
    return storage.rebuilt(
        lambda stack: tuple(
            best if placed.number == number and placed.blob in blobs else placed for placed in stack
        )
    )


def other_parents(families: Families, chains: dict[int, int]) -> Iterator[Relation]:
    """Layers that are stored more than once on disk because they stand on different layers.

    `chains` is on how many stacks each would stand if the other relations were settled: what they explain is
    not told twice.
    """
    for layer in families.layers:
        count = chains.get(layer.number, 0)
        if count > 1 and layer.content_bytes and len(layer.images) > 1:
            yield Relation(
                kind=RelationKind.OTHER_PARENTS,
                members=((layer.number,),),
                images=layer.images,
                common_bytes=layer.content_bytes,
                savings=Savings(layer.content_bytes * (count - 1), 0, 0),
                remedies=(Remedy.SAME_ORDER,),
                same_instruction=True,
            )


def near_misses(families: Families) -> Iterator[Relation]:
    """The same files but a few. What is common would have to become a layer of its own: an estimate."""

    def related(one: int, other: int) -> bool:
        pair = (one, other)
        told = families.explained(pair) or not families.squashed.isdisjoint(pair)
        return families.across(pair) and families.same_platform(pair) and not told

    for first, *others in families.similar.clusters(families.ranked(), related):
        group = [first, *others]
        families.explain(group)
        one = families.one_instruction(group)
        yield Relation(
            kind=RelationKind.NEAR_MISS,
            members=tuple((number,) for number in group),
            images=families.users(group),
            common_bytes=min(families.similar.common(first, number)[1] for number in others),
            savings=_estimate(families, first, others),
            remedies=(Remedy.PIN_INPUTS, Remedy.COMMON_BASE) if one else (Remedy.COMMON_BASE,),
            differences=families.differences(first, others, _COMPARED),
            same_instruction=one,
        )


def _estimate(families: Families, first: int, others: Sequence[int]) -> Savings:
    """What the others have in common with the first, in blobs by each blob's own ratio."""
    disk = registry = pull = 0
    for number in others:
        content_bytes = families.layers[number].content_bytes
        shared = families.similar.common(first, number)[1]
        blob_bytes = families.placed(number).blob_bytes
        saved = blob_bytes * shared // content_bytes if content_bytes else 0
        disk, registry, pull = disk + shared, registry + saved, max(pull, saved)
    return Savings(disk, registry, pull, estimated=True)


def regrouped(families: Families) -> Iterator[Relation]:
    """A layer that holds what several layers of another image hold: somebody squashed them."""
    index = families.similar.holders()
    seen: set[int] = set()
    for number, summary in enumerate(families.summaries):
        if summary is None or number in seen or not families.layers[number].content_bytes:
            continue
        found = _parts(families, number, families.similar.meets(number, index))
        if found is None:
            continue
        parts, shared = found
        seen.update((number, *parts))
        families.squashed.add(number)
        replacement = tuple(map(families.placed, parts))
        aligned = families.storage.rebuilt(lambda stack, n=number, r=replacement: _unsquashed(stack, n, r))  # type: ignore[misc]
        users = [*families.layers[number].images, *families.users(parts)]
        yield Relation(
            kind=RelationKind.REGROUPED,
            members=(parts, (number,)),
            images=tuple(sorted(set(users))),
            common_bytes=shared,
            savings=families.storage.savings(aligned, estimated=True),
            remedies=(Remedy.KEEP_LAYERS,),
        )


def _unsquashed(stack: tuple[Placed, ...], number: int, parts: tuple[Placed, ...]) -> tuple[Placed, ...]:
    unsquashed: list[Placed] = []
    for placed in stack:
        unsquashed += parts if placed.number == number else [placed]
    return tuple(unsquashed)


def _parts(families: Families, number: int, met: set[int]) -> tuple[tuple[int, ...], int] | None:
    """The layers of one other image that together hold nearly all of a layer, and the bytes they share."""
    whole = families.layers[number].content_bytes
    summary = families.summaries[number]
    assert summary is not None
    keys = dict(zip(summary.keys, summary.key_sizes, strict=True))
    tried: set[tuple[int, ...]] = set()
    for image in families.images:
        own = [each for each in image.layers if each in met]
        if number in image.layers or len(own) < 2 or tuple(own) in tried or len(tried) >= 8:
            continue
        tried.add(tuple(own))
        parts, held = [], set[int]()
        for each in dict.fromkeys(image.layers):
            part = families.summaries[each]
            new = set(part.keys).intersection(keys) - held if part is not None else set()
            if part is not None and 2 * sum(keys[key] for key in new) > sum(part.key_sizes):
                parts.append(each)
                held |= new
        shared = sum(keys[key] for key in held)
        largest = max((families.similar.common(number, each)[1] for each in parts), default=0)
        if len(parts) > 1 and shared >= _REGROUPED * whole > largest:
            return tuple(parts), shared
    return None


def same_instructions(families: Families) -> Iterator[Relation]:
    """A command that gave results that no other relation explains, on the same parents or with something in
    common. Nobody knows which result all would have: the largest is taken, which saves least."""
    groups: dict[str, list[int]] = {}
    for layer in families.layers:
        if layer.instruction.startswith("RUN ") and families.summaries[layer.number] is not None:
            groups.setdefault(families.instruction(layer.number), []).append(layer.number)
    for group in groups.values():
        firsts = {families.family.get(number, number) for number in group}
        if len(firsts) < 2:
            continue
        first, *others = sorted(firsts, key=lambda n: (-families.layers[n].content_bytes, n))
        others = [n for n in others if families.across((first, n)) and _kin(families, first, n)]
        if not others:
            continue
        members = [first, *others]
        aligned = families.storage.replaced(dict.fromkeys(others, families.placed(first)))
        yield Relation(
            kind=RelationKind.SAME_INSTRUCTION,
            members=tuple((number,) for number in members),
            images=families.users(members),
            common_bytes=min(families.similar.common(first, number)[1] for number in others),
            savings=families.storage.savings(aligned, estimated=True),
            remedies=(Remedy.PIN_INPUTS,),
            differences=families.differences(first, others, _COMPARED),
            same_instruction=True,
        )


def _kin(families: Families, one: int, other: int) -> bool:
    """Whether two layers of one platform have contents in common, or stand on the same layers."""
    if not families.same_platform((one, other)):
        return False
    if families.similar.common(one, other)[1]:
        return True
    parents = [
        {families.images[image].layers[:index] for image, index in families.layers[number].users}
        for number in (one, other)
    ]
    return bool(parents[0] & parents[1])
