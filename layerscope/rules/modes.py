"""Entries whose permission bits are odd, found by columns: nearly always no attribute of a layer has them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import compress

from layerscope.rootfs.tree import Directory
from layerscope.rules.evidence import Evidence
from layerscope.rules.origins import system_package

__all__ = ["kind_and_mode", "odd_entries"]


def kind_and_mode(evidence: Evidence, entry: int) -> tuple[int, int]:
    """EntryKind value and permission bits of an entry, by its number over all layers."""
    changeset, index, _ = evidence.inodes.locate(entry)
    return changeset.kinds[index], changeset.attributes[changeset.attribute_ids[index]][0]


def odd_entries(
    evidence: Evidence, layer: int, kinds: Collection[int], is_odd: Callable[[int], bool]
) -> list[int]:
    """Entries of a layer, of these kinds, whose permission bits are odd and hold in the root filesystem.

    Left out is what a package of the operating system brought with these bits: because it was installed in
    this layer, or because the entry of the layer that it was installed in is odd, too.
    """
    changeset, first = evidence.inodes.changesets[layer], evidence.inodes.bases[layer]
    odd = {number for number, (mode, _, _) in enumerate(changeset.attributes) if is_odd(mode)}
    if not odd:
        return []
    locator = evidence.analysis.rootfs.locator()
    found: list[int] = []
    packaged: dict[int, dict[bytes, int]] = {}  # layer of the package, path, entry
    for index in compress(range(len(changeset)), map(odd.__contains__, changeset.attribute_ids)):
        if changeset.kinds[index] not in kinds:
            continue
        directory = changeset.directories[changeset.parents[index]]
        node = locator.names_in(directory).get(changeset.names[index])
        if isinstance(node, Directory):
            if node.entry == first + index:
                found.append(first + index)
        elif node is not None and evidence.inodes.metadata_entry(node) == first + index:
            package = system_package(evidence, node)
            if package is None:
                found.append(first + index)
            elif package.added_in != layer:
                packaged.setdefault(package.added_in, {})[changeset.path(index)] = first + index
    for added_in, entries in packaged.items():
        before = evidence.entries_at(added_in, entries)
        # a package's file that has no entry under this path there has another name: nothing tells then
        found += [
            entries[path] for path, was in before.items() if not is_odd(kind_and_mode(evidence, was)[1])
        ]
    return sorted(found)
