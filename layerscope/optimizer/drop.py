"""Files that are there and that the user wants gone: what some rules find, as whiteouts on top of the image.

This changes the root filesystem. So it is never done by default, and a label of the written image says it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from layerscope.analysis.analyze import Analysis
from layerscope.errors import UsageError
from layerscope.image.changeset import Changeset
from layerscope.rootfs.tree import Directory
from layerscope.rules.evidence import Evidence
from layerscope.rules.registry import rule

__all__ = ["DROPPABLE", "dropped", "rules_to_drop"]

DROPPABLE: dict[str, tuple[str, ...]] = {
    "caches": (
        *("LS110", "LS111", "LS112", "LS120", "LS121", "LS122", "LS123", "LS124", "LS125", "LS126"),
        *("LS127", "LS128", "LS129", "LS130", "LS131"),
    ),
    "pyc": ("LS142",),
    "docs": ("LS144",),
    "locales": ("LS145",),
    "logs": ("LS148",),
}
"""Word to the rules that it stands for. Others are about more than files that nobody misses: two copies of
one file, or a compiler, are not taken out of an image without looking."""


def rules_to_drop(names: Sequence[str]) -> tuple[str, ...]:
    """The ids of the rules that words and ids name, sorted. Raises UsageError for others."""
    allowed = {each for ids in DROPPABLE.values() for each in ids}
    found: set[str] = set()
    for name in names:
        ids = DROPPABLE.get(name.lower()) or (rule(name).id,)
        if not allowed.issuperset(ids):
            words = ", ".join(DROPPABLE)
            raise UsageError(f"--drop {name}: can drop {words}, and the rules {', '.join(sorted(allowed))}")
        found.update(ids)
    return tuple(sorted(found))


def dropped(analysis: Analysis, rule_ids: Sequence[str]) -> Changeset:
    """A layer of whiteouts for all files that these rules claim as a whole and that are there in the end.

    The rules need the packages of the analysis.
    """
    rules = [rule(each) for each in rule_ids]
    patterns = {(each.id, topic): globs for each in rules for topic, globs in each.patterns.items()}
    evidence = Evidence(analysis, patterns)
    inodes = {inode for each in rules for draft in each.check(evidence) for inode in draft.inodes}
    paths = [
        path
        for path, _, _, node in analysis.rootfs.nodes()
        if not isinstance(node, Directory) and node in inodes
    ]
    return Changeset(whiteouts=paths, whiteout_positions=array("I", bytes(4 * len(paths))))
