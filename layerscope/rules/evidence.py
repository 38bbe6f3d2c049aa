"""What rules look at: the analysis, and its stored files, found by path in one pass for all rules."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.ledger import WasteCause
from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.packages.base import Package
from layerscope.packages.table import PackageTable
from layerscope.rootfs.inode import InodeTable
from layerscope.rootfs.locate import Locator
from layerscope.rules.patterns import PathPatterns

if TYPE_CHECKING:
    from layerscope.rules.building import Building

__all__ = ["LARGE_BYTES", "Evidence", "Topic"]

Topic = tuple[str, str]
"""(rule id, topic): the name under which a rule finds what its globs matched."""

LARGE_BYTES = 20_000
"""Rules that look at all files, wherever they are, look at files of at least so many bytes."""

_LONGEST_PATH = 4096
"""What Linux takes. Comparing a longer one with several globs could take for ever."""
_HARDLINK = int(EntryKind.HARDLINK)


class Evidence:
    """One image, as rules see it. An inode is the number of the entry that stored it, over all layers."""

    def __init__(
        self,
        analysis: Analysis,
        patterns: Mapping[Topic, tuple[str, ...]],
        building: Building | None = None,
    ) -> None:
        self.analysis = analysis
        self.building = building
        """What is known of how the image is built; None without a Dockerfile."""
        self._patterns = patterns
        self.claimed: dict[int, int] = {}
        """Inode to the bytes of it that rules of a lower rank have claimed: not to be counted on any more."""
        self._expressions: dict[Topic, re.Pattern[bytes]] = {}

    @property
    def inodes(self) -> InodeTable:
        """The inodes of all layers."""
        return self.analysis.rootfs.inodes

    @property
    def packages(self) -> PackageTable:
        """The installed packages."""
        return self.analysis.packages

    def path(self, inode: int) -> bytes:
        """The path that the inode was stored at."""
        changeset, index, _ = self.inodes.locate(inode)
        return changeset.path(index)

    def size(self, inode: int) -> int:
        """Its content bytes."""
        return self.inodes.size(inode)

    def unclaimed(self, inode: int) -> int:
        """Its content bytes that no rule of a lower rank has claimed."""
        return self.inodes.size(inode) - self.claimed.get(inode, 0)

    def all_unclaimed(self, layer: int, inodes: Iterable[int]) -> dict[int, int]:
        """The same of many inodes that a layer stored; those of which nothing is left are left out."""
        sizes, first, claimed = self.inodes.changesets[layer].sizes, self.inodes.bases[layer], self.claimed
        left = {inode: sizes[inode - first] - claimed.get(inode, 0) for inode in inodes}
        return {inode: count for inode, count in left.items() if count}

    def layer(self, inode: int) -> int:
        """The layer that stored it."""
        return self.inodes.locate(inode)[2]

    def keyword(self, layer: int) -> str:
        """`RUN`, `COPY`: of the layer's instruction; empty if that is unknown."""
        instruction = self.analysis.layers[layer].layer.instruction
        return instruction.keyword if instruction else ""

    def package(self, inode: int) -> Package | None:
        """The package that a live inode belongs to."""
        return self.packages.owner(inode)

    def in_base(self, layer: int) -> bool:
        """Whether the layer is the base image's."""
        return layer < self.analysis.base.layers

    def known_own(self, layer: int) -> bool:
        """Whether a base image is known, or guessed, and the layer is above it."""
        return 0 < self.analysis.base.layers <= layer

    @property
    def own_layers(self) -> range:
        """The layers that are not the base image's."""
        return range(self.analysis.base.layers, len(self.analysis.layers))

    @cached_property
    def first_own(self) -> int:
        """The lowest number of an inode that the base image does not store."""
        base, bases = self.analysis.base.layers, self.inodes.bases
        return bases[base] if base < len(bases) else 1 << 62

    def by_layer(self, inodes: Iterable[int]) -> Iterator[tuple[int, Changeset, int, list[int]]]:
        """Inodes by the layer that stored them: layer, its changeset, its first inode, inodes ascending."""
        ordered, bases, start = sorted(inodes), self.inodes.bases, 0
        while start < len(ordered):
            changeset, _, layer = self.inodes.locate(ordered[start])
            last = layer + 1 == len(bases)
            stop = len(ordered) if last else bisect_left(ordered, bases[layer + 1], start)
            yield layer, changeset, bases[layer], ordered[start:stop]
            start = stop

    @cached_property
    def hidden(self) -> dict[int, tuple[WasteCause, int]]:
        """Every hidden inode with content: why, and the layer that hid it. In the order of hiding."""
        return {inode: (cause, layer) for inode, cause, layer in self.inodes.hidden_inodes()}

    @cached_property
    def _wasted(self) -> dict[WasteCause, dict[tuple[int, int], list[int]]]:
        hidden = self.hidden
        found: dict[WasteCause, dict[tuple[int, int], list[int]]] = {cause: {} for cause in WasteCause}
        for written_in, _, _, inodes in self.by_layer(hidden):
            last, pair = None, []
            for inode in inodes:
                why = hidden[inode]
                if why != last:  # hashing a cause is slow, and neighbors mostly share theirs
                    last, (cause, hidden_in) = why, why
                    pair = found[cause].setdefault((written_in, hidden_in), [])
                pair.append(inode)
        return found

    def wasted(self, *causes: WasteCause) -> dict[tuple[int, int], list[int]]:
        """Hidden inodes of these causes by (layer that stored them, layer that hid them), sorted by that; the
        inodes ascending."""
        found: dict[tuple[int, int], list[int]] = {}
        for cause in causes:
            for layers, inodes in self._wasted[cause].items():
                found[layers] = sorted(found[layers] + inodes) if layers in found else inodes
        return dict(sorted(found.items()))

    @cached_property
    def large_files(self) -> list[int]:
        """Live files of at least LARGE_BYTES, ascending."""
        found: list[int] = []
        for changeset, first in zip(self.inodes.changesets, self.inodes.bases, strict=True):
            numbers = range(first, first + len(changeset))
            found += compress(numbers, map(LARGE_BYTES.__le__, changeset.sizes))
        hidden = self.hidden
        return [inode for inode in found if inode not in hidden]

    def entries_at(self, layer: int, paths: Collection[bytes]) -> dict[bytes, int]:
        """Path to the last entry that a layer has for it, as a number over all layers."""
        changeset, first = self.inodes.changesets[layer], self.inodes.bases[layer]
        wanted = frozenset(paths)
        names = {path.rpartition(b"/")[2] for path in wanted}
        same_name = compress(range(len(changeset)), map(names.__contains__, changeset.names))
        found = ((changeset.path(index), first + index) for index in same_name)
        return {path: entry for path, entry in found if path in wanted}

    def owned_by(self, packages: Collection[int]) -> dict[int, list[int]]:
        """Index of a package to the live inodes that it owns, ascending."""
        wanted: dict[int, list[int]] = {index: [] for index in packages}
        if wanted:
            for inode, index in self.packages.owners.items():
                if index in wanted:
                    wanted[index].append(inode)
        for inodes in wanted.values():
            inodes.sort()
        return wanted

    @cached_property
    def _matches(self) -> dict[Topic, dict[int, list[int]]]:
        compiled = PathPatterns(self._patterns)
        found: dict[Topic, dict[int, list[int]]] = {topic: {} for topic in self._patterns}
        for layer, (changeset, first) in enumerate(
            zip(self.inodes.changesets, self.inodes.bases, strict=True)
        ):
            for topic, indexes in compiled.match(changeset).items():
                found[topic][layer] = [first + index for index in indexes]
        return found

    @cached_property
    def locator(self) -> Locator:
        """Finds what stands at a path of the final root filesystem."""
        return self.analysis.rootfs.locator()

    @cached_property
    def _links(self) -> dict[int, dict[tuple[int, bytes], bytes]]:
        """Inode to its live names that hard links gave it: directory and name, with the path."""
        locator = self.locator
        found: dict[int, dict[tuple[int, bytes], bytes]] = {}
        for changeset in self.inodes.changesets:
            for index in changeset.link_targets:
                if changeset.kinds[index] == _HARDLINK:
                    path = changeset.path(index)
                    above, _, name = path.rpartition(b"/")
                    directory, node = locator.directory(above), locator.node(path)
                    if isinstance(node, int):
                        found.setdefault(node, {}).setdefault((id(directory), name), path)
        return found

    def names(self, inode: int) -> tuple[bytes, ...]:
        """All paths of a live inode: whoever wants its bytes freed has to remove every one. None, if some
        of them are not known."""
        path = self.path(inode)
        if self.inodes.metadata_entry(inode) == inode:
            return (path,)
        locator, names = self.locator, dict(self._links.get(inode, {}))
        if locator.node(path) == inode:
            above, _, name = path.rpartition(b"/")
            names[id(locator.directory(above)), name] = path
        return tuple(names.values()) if len(names) == self.inodes.names(inode) else ()

    def _only_there(self, topic: Topic, inode: int) -> bool:
        """Whether no name of a live inode is outside of what a topic's globs match."""
        if self.inodes.metadata_entry(inode) == inode:
            return True  # as nearly all: never linked
        if topic not in self._expressions:
            globs = "|".join(map(_expression, self._patterns[topic]))
            self._expressions[topic] = re.compile(globs.encode(), re.DOTALL)
        matches, names = self._expressions[topic].fullmatch, self.names(inode)
        return bool(names) and all(len(name) <= _LONGEST_PATH and matches(name) for name in names)

    def matched(self, topic: Topic, *, live: bool) -> dict[int, list[int]]:
        """Layer to inodes with content whose paths match a topic's globs; live ones, or hidden ones.

        Not to live ones that have another name, a hard link, which does not match: removing what matches
        would free none of their bytes.
        """
        hidden = self.hidden
        result = {}
        for layer, inodes in self._matches[topic].items():
            wanted = [inode for inode in inodes if (inode in hidden) is not live]
            if live:
                wanted = [inode for inode in wanted if self._only_there(topic, inode)]
            if wanted:
                result[layer] = wanted
        return result


def _expression(glob: str) -> str:
    """A glob as a regular expression: for the few paths that are looked at one by one."""
    text = re.escape(glob).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return f"(?:{text})"
