"""What rules look at: the analysis, and its stored files, found by path in one pass for all rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.ledger import WasteCause
from layerscope.packages.base import Package
from layerscope.packages.table import PackageTable
from layerscope.rootfs.inode import InodeTable
from layerscope.rules.patterns import PathPatterns

__all__ = ["Evidence", "Topic"]

Topic = tuple[str, str]
"""(rule id, topic): the name under which a rule finds what its globs matched."""


class Evidence:
    """One image, as rules see it. An inode is the number of the entry that stored it, over all layers."""

    def __init__(self, analysis: Analysis, patterns: Mapping[Topic, tuple[str, ...]]) -> None:
        self.analysis = analysis
        self._patterns = patterns

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

    def layer(self, inode: int) -> int:
        """The layer that stored it."""
        return self.inodes.locate(inode)[2]

    def package(self, inode: int) -> Package | None:
        """The package that a live inode belongs to."""
        return self.packages.owner(inode)

    def in_base(self, layer: int) -> bool:
        """Whether the layer is the base image's."""
        return layer < self.analysis.base.layers

    @cached_property
    def hidden(self) -> dict[int, tuple[WasteCause, int]]:
        """Every hidden inode with content: why, and the layer that hid it. In the order of hiding."""
        return {inode: (cause, layer) for inode, cause, layer in self.inodes.hidden_inodes()}

    def wasted(self, *causes: WasteCause) -> dict[tuple[int, int], list[int]]:
        """Hidden inodes of these causes by (layer that stored them, layer that hid them), sorted by that."""
        found: dict[tuple[int, int], list[int]] = {}
        for inode, (cause, layer) in self.hidden.items():
            if cause in causes:
                found.setdefault((self.layer(inode), layer), []).append(inode)
        return dict(sorted(found.items()))

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

    def matched(self, topic: Topic, *, live: bool) -> dict[int, list[int]]:
        """Layer to inodes with content whose paths match a topic's globs; live ones, or hidden ones."""
        hidden = self.hidden
        result = {}
        for layer, inodes in self._matches[topic].items():
            wanted = [inode for inode in inodes if (inode in hidden) is not live]
            if wanted:
                result[layer] = wanted
        return result
