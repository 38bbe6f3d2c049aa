"""What the page shows of a gate's verdict and of what grew, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layerscope.analysis.comparison_types import Comparison, LayerFate
from layerscope.analysis.growth import (
    DirectoryGrowth,
    FileGrowth,
    Growth,
    GrowthTable,
    InstructionGrowth,
    PackageGrowth,
)
from layerscope.gate.verdict import Decision, Verdict
from layerscope.report.comparison_words import (
    CAUSE_REMEDY,
    change_text,
    difference_texts,
    fate_counts,
    fate_text,
    image_name,
    irreproducible_text,
    pair_instruction,
    paths_text,
    pull_text,
    stored_text,
)
from layerscope.report.dialects.outcome import SourceTree, State
from layerscope.report.dialects.telling import told
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable, shortened

__all__ = [
    "ComparisonView",
    "GrowthView",
    "PairView",
    "VerdictView",
    "comparison_view",
    "growth_view",
    "verdict_view",
]

_MOST_CHARACTERS = 300
_MOST_LINES = 20
_MOST_KEYS = 50
_WORDS = {
    Decision.PASSED: "passed",
    Decision.FAILED: "failed",
    Decision.UNDECIDED: "decided nothing: the image could not be read in full",
}


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What the gate said; `lines` are what failed, or broke."""

    state: str
    words: str
    lines: tuple[str, ...]


def verdict_view(verdict: Verdict) -> VerdictView:
    """The decision, and a line for each result that led to it."""
    outcomes = told(verdict, SourceTree("/", "/")).of(State.FAILED, State.BROKEN)
    lines = [f"{outcome.rule_id} {outcome.rule_name}: {outcome.headline}" for outcome in outcomes]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more"]
    return VerdictView(str(verdict.decision), _WORDS[verdict.decision], tuple(lines))


@dataclass(frozen=True, slots=True)
class GrowthView:
    """The comparison: figures before and after, and tables of what differs."""

    before: str
    is_nothing: bool
    figures: tuple[tuple[str, int, int], ...]
    tables: tuple[tuple[str, str, GrowthTable[Any]], ...]
    """Heading, name of the last column, rows; those that have some."""

    @staticmethod
    def name(row: InstructionGrowth | DirectoryGrowth | PackageGrowth | FileGrowth) -> str:
        """What a row is about, in one line: added, removed, grown or shrunk."""
        return shortened(_fate(row) + printable(masked(_name(row))), _MOST_CHARACTERS)


def growth_view(growth: Growth) -> GrowthView:
    """Put the tables in the order of a reader's questions: which instruction, which package, where."""
    whose = "your layers" if growth.base_apart else "all layers"
    tables: tuple[tuple[str, str, GrowthTable[Any]], ...] = (
        (f"By instruction, {whose}", "instruction", growth.instructions),
        ("By package", "package", growth.packages),
        ("By package of the base image", "package", growth.base_packages),
        (f"By directory, {whose}", "directory", growth.directories),
        (f"By file, {whose}", "file", growth.files),
    )
    changes = [
        ("stored", growth.stored),
        *([("of it your layers", growth.own), ("the base image", growth.base)] if growth.base_apart else []),
        ("live", growth.live),
        ("wasted", growth.wasted),
        ("blobs", growth.compressed),
    ]
    return GrowthView(
        before=shortened(printable(masked(growth.before_name)), _MOST_CHARACTERS),
        is_nothing=growth.is_nothing,
        figures=tuple(
            (name, change.before, change.after) for name, change in changes if change.before or change.after
        ),
        tables=tuple((title, name, table) for title, name, table in tables if table.rows),
    )


def _fate(row: InstructionGrowth | DirectoryGrowth | PackageGrowth | FileGrowth) -> str:
    if isinstance(row, InstructionGrowth):
        known, there, gone = True, row.after is not None, row.before is not None
    elif isinstance(row, PackageGrowth):
        known, there, gone = row.exact, bool(row.after_versions), bool(row.before_versions)
    else:
        known, there, gone = getattr(row, "exact", True), bool(row.after_bytes), bool(row.before_bytes)
    if not known:
        return ""
    return "added: " if there and not gone else "removed: " if gone and not there else ""


def _name(row: InstructionGrowth | DirectoryGrowth | PackageGrowth | FileGrowth) -> str:
    if isinstance(row, InstructionGrowth):
        if row.before is not None and row.after is not None and row.before != row.after:
            return f"{row.after} (before: {row.before})"
        return row.after or row.before or "(instruction unknown)"
    if isinstance(row, PackageGrowth):
        old, new = ", ".join(row.before_versions), ", ".join(row.after_versions)
        versions = f"{old} to {new}" if old and new and old != new else new or old
        since = f", by {row.instruction}" if row.instruction else ""
        return f"{row.name} {versions} ({row.ecosystem}){since}"
    if isinstance(row, DirectoryGrowth):
        return f"{path_text(row.path)}/" + (" (what is left)" if row.partial else "")
    since = f" (layer {row.layer}: {row.instruction})" if row.instruction else ""
    return path_text(row.path) + since


@dataclass(frozen=True, slots=True)
class PairView:
    """A layer of the two images: its number in each, what became of it and why."""

    old: int | None
    new: int | None
    fate: str
    is_kept: bool
    instruction: str
    before_bytes: int | None
    after_bytes: int | None
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """The comparison of two images beyond their figures."""

    before: str
    counts: str
    facts: tuple[tuple[str, str], ...]
    pairs: tuple[PairView, ...]
    configuration: tuple[tuple[str, str, str], ...]
    """Key, before, now."""
    causes: tuple[tuple[str, str], ...]
    """What makes a build differ from the one before, and the remedy."""


def comparison_view(comparison: Comparison) -> ComparisonView:
    """What became of each layer, what a pull costs, and what else differs."""
    return ComparisonView(
        before=shortened(image_name(comparison.old), _MOST_CHARACTERS),
        counts=fate_counts(comparison),
        facts=(
            ("to pull", pull_text(comparison.pull)),
            ("to store", stored_text(comparison.pull)),
            ("paths", paths_text(comparison)),
        ),
        pairs=tuple(_pairs(comparison)),
        configuration=tuple(
            (shortened(printable(each.key), _MOST_CHARACTERS), *change_text(each))
            for each in comparison.configuration[:_MOST_KEYS]
        ),
        causes=tuple((irreproducible_text(each), CAUSE_REMEDY[each.cause]) for each in comparison.causes),
    )


def _pairs(comparison: Comparison) -> Iterator[PairView]:
    for pair in comparison.layers:
        yield PairView(
            old=pair.old,
            new=pair.new,
            fate=fate_text(pair),
            is_kept=pair.fate is LayerFate.KEPT,
            instruction=shortened(pair_instruction(comparison, pair), _MOST_CHARACTERS),
            before_bytes=_content_bytes(comparison, pair.old, old=True),
            after_bytes=_content_bytes(comparison, pair.new, old=False),
            differences=tuple(difference_texts(pair.difference)) if pair.difference else (),
        )


def _content_bytes(comparison: Comparison, index: int | None, *, old: bool) -> int | None:
    analysis = comparison.old if old else comparison.new
    return None if index is None else analysis.layers[index].reading.changeset.content_bytes
