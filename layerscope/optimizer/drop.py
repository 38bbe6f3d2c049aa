"""Files that are there and that the user wants gone: what some rules find, as whiteouts on top of the image.

This changes the root filesystem. So it is never done by default, and a label of the written image says it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from layerscope.analysis.analyze import Analysis
from layerscope.errors import UsageError
from layerscope.image.changeset import Changeset
from layerscope.rootfs.tree import Directory
from layerscope.rules.evidence import Evidence
from layerscope.rules.registry import rule

__all__ = ["DROPPABLE", "Dropped", "dropped", "rules_to_drop"]

DROPPABLE: dict[str, tuple[str, ...]] = {
    "caches": (
        *("LS110", "LS111", "LS112", "LS120", "LS121", "LS122", "LS123", "LS124", "LS125", "LS126"),
        *("LS127", "LS128", "LS129", "LS130", "LS131"),
    ),
    "pyc": ("LS142",),
    "docs": ("LS144",),
    "locales": ("LS145",),
    "logs": ("LS148",),
    "tests": ("LS143",),
    "leftovers": ("LS113", "LS150", "LS151"),
}
"""Word to the rules that it stands for. Others are about more than files that nobody misses: two copies of
one file, or a compiler, are not taken out of an image without looking."""


def rules_to_drop(names: Sequence[str]) -> tuple[str, ...]:
    """The ids of the rules that words and ids name, sorted. Raises UsageError for others."""
    allowed = {each for ids in DROPPABLE.values() for each in ids}
    found: set[str] = set()
    for name in names:
        try:
            ids = DROPPABLE.get(name.lower()) or (rule(name).id,)
        except UsageError:
            ids = (name,)
        if not allowed.issuperset(ids):
            words = ", ".join(DROPPABLE)
            raise UsageError(f"--drop {name}: can drop {words}, and the rules {', '.join(sorted(allowed))}")
        found.update(ids)
    return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Dropped:
    """What one rule takes out of the root filesystem; a path that several find is the first one's."""

    rule_id: str
    name: str
    """What the rule is called: `documentation`."""
    paths: int
    content_bytes: int


def dropped(analysis: Analysis, rule_ids: Sequence[str]) -> tuple[Changeset, tuple[Dropped, ...]]:
    """A layer of whiteouts for all files that these rules claim as a whole and that are there in the end.

    Directories stay, empty ones too. The rules need the packages of the analysis.
    """
    rules = [rule(each) for each in rule_ids]
    patterns = {(each.id, topic): globs for each in rules for topic, globs in each.patterns.items()}
    evidence = Evidence(analysis, patterns)
    claimed: dict[int, str] = {}
    for each in rules:
        for draft in each.check(evidence):
            for inode in draft.inodes:
                claimed.setdefault(inode, each.id)
    paths, by_rule = [], Counter[str]()
    for path, _, _, node in analysis.rootfs.nodes():
        if not isinstance(node, Directory) and node in claimed:
            paths.append(path)
            by_rule[claimed[node]] += 1
    sizes = Counter[str]()
    for inode, rule_id in claimed.items():
        sizes[rule_id] += analysis.rootfs.inodes.size(inode) if analysis.rootfs.inodes.names(inode) else 0
    counts = (Dropped(each.id, each.name, by_rule[each.id], sizes[each.id]) for each in rules)
    whiteouts = Changeset(whiteouts=paths, whiteout_positions=array("I", bytes(4 * len(paths))))
    return whiteouts, tuple(each for each in counts if each.paths)
