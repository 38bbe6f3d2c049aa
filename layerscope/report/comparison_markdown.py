"""The comparison of two images as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.comparison_types import Comparison, LayerFate, LayerPair
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
from layerscope.report.dialects.growth_blocks import growth_blocks
from layerscope.report.markdown_text import code_span, markdown_table, table_cell
from layerscope.report.printable import path_text, printable
from layerscope.report.units import count, signed_size, size
from layerscope.report.words import NOTICE_WORD, notice_text

__all__ = ["comparison_markdown"]


def comparison_markdown(comparison: Comparison, *, top: int = 10) -> str:
    """The whole comparison; at most `top` paths and keys each."""
    blocks = [_title(comparison), "\n".join(_summary(comparison)), _layers(comparison)]
    blocks += [*_causes(comparison), *_configuration(comparison, top), *_growth(comparison, top)]
    blocks += _paths(comparison, top)
    blocks += [*_notices("old", comparison.old), *_notices("new", comparison.new)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _title(comparison: Comparison) -> str:
    return f"## {code_span(image_name(comparison.old))} → {code_span(image_name(comparison.new))}"


def _summary(comparison: Comparison) -> Iterator[str]:
    old, new = comparison.old.ledger, comparison.new.ledger
    if not comparison.differs:
        yield "**No difference** in layers and configuration."
    grown = new.live_bytes - old.live_bytes
    yield f"- Live: **{signed_size(grown)}** ({size(old.live_bytes)} before, {size(new.live_bytes)} now)."
    grown = new.stored_bytes - old.stored_bytes
    yield f"- Stored: {signed_size(grown)} ({size(old.stored_bytes)} before, {size(new.stored_bytes)} now)."
    yield f"- Wasted: {size(old.wasted_bytes)} before, {size(new.wasted_bytes)} now."
    yield f"- Layers: {fate_counts(comparison)}."
    yield f"- To pull where the old image is: **{pull_text(comparison.pull)}**."
    yield f"- To store anew: {stored_text(comparison.pull)}."
    yield f"- Paths: {paths_text(comparison)}."
    if not comparison.complete:
        yield "- **Partial:** not all layers could be read."


def _layers(comparison: Comparison) -> str:
    rows = (
        (
            "" if pair.old is None else str(pair.old),
            "" if pair.new is None else str(pair.new),
            _bold(fate_text(pair), pair),
            table_cell(pair_instruction(comparison, pair)),
            "<br>".join(map(table_cell, difference_texts(pair.difference) if pair.difference else ())),
        )
        for pair in comparison.layers
    )
    return "### Layers\n\n" + markdown_table(
        ("Old", "New", "What became of it", "Instruction", "What differs"), "rrlll", rows
    )


def _bold(text: str, pair: LayerPair) -> str:
    return text if pair.fate is LayerFate.KEPT else f"**{text}**"


def _causes(comparison: Comparison) -> Iterator[str]:
    if not comparison.causes:
        return
    yield "### Why the same instruction gave another layer"
    rows = (
        (
            irreproducible_text(cause),
            "<br>".join(table_cell(path_text(path)) for path in cause.examples[:3]),
            CAUSE_REMEDY[cause.cause],
        )
        for cause in comparison.causes
    )
    yield markdown_table(("Cause", "Paths", "Fix"), "lll", rows)


def _configuration(comparison: Comparison, top: int) -> Iterator[str]:
    changes = comparison.configuration[:top]
    if not changes:
        return
    rows = [
        (table_cell(printable(change.key)), *(table_cell(value) for value in change_text(change)))
        for change in changes
    ]
    rest = len(comparison.configuration) - len(changes)
    yield "### Configuration\n\n" + markdown_table(("Key", "Old", "New"), "lll", rows)
    if rest:
        yield f"And {count(rest)} more."


def _growth(comparison: Comparison, top: int) -> Iterator[str]:
    """The tables by instruction, package, directory and file; their sums stand in the summary already."""
    blocks = [*growth_blocks(comparison.growth, most=top)][1:]
    if blocks:
        yield "### What grew"
        yield from blocks


def _paths(comparison: Comparison, top: int) -> Iterator[str]:
    rows = [
        (
            signed_size(change.grown),
            table_cell(path_text(change.path)),
            "-" if change.before_bytes is None else size(change.before_bytes),
            "-" if change.after_bytes is None else size(change.after_bytes),
        )
        for change in comparison.paths.largest[:top]
    ]
    if rows:
        table = markdown_table(("Change", "Path", "Before", "Now"), "rlrr", rows)
        yield f"### Paths whose contents changed most in size\n\n{table}"


def _notices(which: str, analysis: Analysis) -> Iterator[str]:
    if analysis.notices:
        lines = (
            f"- **{NOTICE_WORD[each.severity]}** {code_span(notice_text(each))}" for each in analysis.notices
        )
        yield f"### Notices of the {which} image\n\n" + "\n".join(lines)
