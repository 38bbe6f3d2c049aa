"""Files that are there and that the user wants gone: what some rules find, as whiteouts on top of the image.

This changes the root filesystem. So it is never done by default, and a label of the written image says it. Of
what kept layers store nothing is taken: a whiteout makes the image larger, and frees nothing.
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

__all__ = ["DROPPABLE", "Dropped", "Drops", "dropped", "rules_to_drop"]

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


@dataclass(frozen=True, slots=True)
class Drops:
    """All that is taken out: a layer of whiteouts on top of the image, and what each rule takes."""

    whiteouts: Changeset
    by_rule: tuple[Dropped, ...]
    """Rules that found nothing are left out."""
    staying: int
    """Paths that the rules find in kept layers: to hide them would free nothing."""


def dropped(analysis: Analysis, rule_ids: Sequence[str], kept: int) -> Drops:
    """All files of layers above the `kept` lowest that these rules claim as a whole and that are there in the
    end.

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
    first = sum(len(layer.reading.changeset) for layer in analysis.layers[:kept])
    paths, by_rule, inodes, staying = [], Counter[str](), set[int](), 0
    for path, _, _, node in analysis.rootfs.nodes():
        if isinstance(node, Directory) or node not in claimed:
            continue
        if node < first:
            staying += 1
            continue
        paths.append(path)
        inodes.add(node)
        by_rule[claimed[node]] += 1
    sizes = Counter[str]()
    for inode in inodes:
        sizes[claimed[inode]] += evidence.size(inode)
    counts = (Dropped(each.id, each.name, by_rule[each.id], sizes[each.id]) for each in rules)
    whiteouts = Changeset(whiteouts=paths, whiteout_positions=array("I", bytes(4 * len(paths))))
    return Drops(whiteouts, tuple(each for each in counts if each.paths), staying)
