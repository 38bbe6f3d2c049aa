"""Two builds of one base image: images that meant to stand on the same layers, and do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerscope.analysis.layer_families import Families
from layerscope.analysis.sharing_types import Relation, RelationKind, Remedy
from layerscope.analysis.storage import Stack, Storage

__all__ = ["base_drift", "without_drift"]

_LEAST_COMMON = 0.3
"""Of the bytes of the larger base, and of the files of the longer one: two distributions that have a large
program in common are not two builds of one base."""

Numbers = tuple[int, ...]


def base_drift(families: Families) -> Iterator[Relation]:
    """A relation for each base image that came in several builds, the one that most images use first.

    Bases that differ in metadata alone are left to the twins, which name the cause.
    """
    for builds in _groups(families):
        first, *others = builds
        users = {image for build in builds for image in _users(families, build)}
        aligned = without_drift(families.storage, families, builds)
        common_bytes = min(_common(families, first, build)[1] for build in others)
        for height in range(len(first)):
            families.explain([build[height] for build in builds if height < len(build)])
        differing = [_differing(families, first, build) for build in others]
        yield Relation(
            kind=RelationKind.BASE_DRIFT,
            members=tuple(builds),
            images=tuple(sorted(users)),
            common_bytes=common_bytes,
            savings=families.storage.savings(aligned),
            remedies=(Remedy.SAME_BASE,),
            differences=tuple(
                families.differences(pair[0], [pair[1]], 1)[0] for pair in differing if pair is not None
            ),
            same_instruction=all(
                _signature(families, build) == _signature(families, first) for build in others
            ),
        )


def without_drift(storage: Storage, families: Families, builds: Sequence[Numbers]) -> Storage:
    """The storage with every build of a base replaced by the first."""
    base = tuple(families.placed(number) for number in builds[0])

    def rebuilt(stack: Stack) -> Stack:
        numbers = tuple(placed.number for placed in stack)
        for build in builds[1:]:
            if numbers[: len(build)] == build:
                return base + stack[len(build) :]
        return stack

    return storage.rebuilt(rebuilt)


def _groups(families: Families) -> list[list[Numbers]]:
    """Builds of one base, that with most images first; bases that stand alone are left out."""
    bases = sorted(
        {base for image in families.images if (base := _base(families, image.number))},
        key=lambda base: (-len(_users(families, base)), base),
    )
    groups: list[list[Numbers]] = []
    for base in bases:
        for group in groups:
            if _is_another_build(families, group[0], base):
                group.append(base)
                break
        else:
            groups.append([base])
    return [group for group in groups if len(group) > 1]


def _base(families: Families, image: int) -> Numbers:
    """The base's layers; where nobody knows them, the lowest of several layers."""
    shared = families.images[image]
    known = shared.base_layers
    return shared.layers[:known] if known else shared.layers[:1] if len(shared.layers) > 1 else ()


def _users(families: Families, base: Numbers) -> list[int]:
    return [image.number for image in families.images if _base(families, image.number) == base]


def _is_another_build(families: Families, one: Numbers, other: Numbers) -> bool:
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:  # one is built on the other
        return False
    if any(families.summaries[number] is None for number in (*one, *other)):
        return False
    if not families.same_platform((one[0], other[0])):
        return False
    if not _same_name(families, one, other) and _signature(families, one) != _signature(families, other):
        return False
    pairs = list(zip(one, other, strict=False))
    if len(one) == len(other) and all(_are_twins(families, a, b) for a, b in pairs):
        return False
    common_paths, common_bytes = _common(families, one, other)
    bases = (one, other)
    most_bytes = max(sum(families.layers[number].content_bytes for number in base) for base in bases)
    most_paths = max(sum(families.layers[number].paths for number in base) for base in bases)
    return 0 < common_bytes >= _LEAST_COMMON * most_bytes and common_paths >= _LEAST_COMMON * most_paths


def _same_name(families: Families, one: Numbers, other: Numbers) -> bool:
    names = [
        {families.base_names[image].partition("@")[0] for image in _users(families, base)} - {""}
        for base in (one, other)
    ]
    return bool(names[0] & names[1])


def _signature(families: Families, base: Numbers) -> tuple[str, ...]:
    return tuple(families.instruction(number) for number in base)


def _common(families: Families, one: Numbers, other: Numbers) -> tuple[int, int]:
    """Paths with equal contents that two bases have, layer by layer, and their content bytes."""
    paths = content_bytes = 0
    for a, b in zip(one, other, strict=False):
        layer = families.layers[a]
        found = (layer.paths, layer.content_bytes) if a == b else families.similar.common(a, b)
        paths, content_bytes = paths + found[0], content_bytes + found[1]
    return paths, content_bytes


def _are_twins(families: Families, one: int, other: int) -> bool:
    first, second = families.summaries[one], families.summaries[other]
    return one == other or (
        first is not None and second is not None and first.content_key == second.content_key
    )


def _differing(families: Families, one: Numbers, other: Numbers) -> tuple[int, int] | None:
    """The largest layer that another build has in another way, and what it is in the first."""
    pairs = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    return max(pairs, key=lambda pair: families.layers[pair[0]].content_bytes, default=None)
