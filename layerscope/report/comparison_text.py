"""The comparison of two images for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

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
from layerscope.report.fit import MiddleCut
from layerscope.report.growth_text import growth_sections
from layerscope.report.printable import path_text, printable
from layerscope.report.rendering import rendered, section
from layerscope.report.text_options import TextOptions
from layerscope.report.units import count, signed_size, size
from layerscope.report.words import NOTICE_WORD, notice_text

__all__ = ["comparison_text"]

_INDENT = (0, 0, 0, 2)
_FATE_STYLE = {
    LayerFate.KEPT: "dim",
    LayerFate.REBUILT: "yellow",
    LayerFate.ADDED: "green",
    LayerFate.REMOVED: "red",
}


def comparison_text(comparison: Comparison, options: TextOptions) -> str:
    """The whole comparison; at most `options.top` paths and keys each."""
    return rendered(_parts(comparison, options), width=options.width, color=options.color)


def _parts(comparison: Comparison, options: TextOptions) -> Iterator[RenderableType]:
    yield _header(comparison)
    yield from section("Layers, from the base up")
    yield _layers(comparison)
    if comparison.causes:
        yield from section("Why the same instruction gave another layer")
        for cause in comparison.causes:
            yield Padding(Text(irreproducible_text(cause), style="bold"), _INDENT)
            yield from (MiddleCut(path_text(path), lead=" " * 6) for path in cause.examples[:3])
            yield Padding(Text("Fix: " + CAUSE_REMEDY[cause.cause]), (0, 0, 0, 4))
    yield from _configuration(comparison, options)
    yield from growth_sections(comparison.growth, options.top)
    yield from _paths(comparison, options)
    yield from _notices("old", comparison.old)
    yield from _notices("new", comparison.new)


def _header(comparison: Comparison) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in _header_lines(comparison):
        table.add_row(label, value)
    return table


def _header_lines(comparison: Comparison) -> Iterator[tuple[str, Text]]:
    old, new = comparison.old, comparison.new
    yield "old", Text(image_name(old), style="bold")
    yield "new", Text(image_name(new), style="bold")
    if not comparison.differs:
        yield "result", Text("no difference in layers and configuration", style="bold green")
    yield "layers", Text(fate_counts(comparison))
    yield "pull", Text(f"{pull_text(comparison.pull)}")
    yield "to store", Text(stored_text(comparison.pull))
    for label, before, after in (
        ("stored", old.ledger.stored_bytes, new.ledger.stored_bytes),
        ("live", old.ledger.live_bytes, new.ledger.live_bytes),
        ("wasted", old.ledger.wasted_bytes, new.ledger.wasted_bytes),
    ):
        text = f"{size(before)} before, {size(after)} now"
        yield label, Text(text if before == after else f"{text}: {signed_size(after - before)}")
    yield "paths", Text(paths_text(comparison))
    for label, analysis in (("old", old), ("new", new)):
        if not analysis.complete:
            yield "partial", Text(f"the {label} image could not be read in full", style="bold red")


def _layers(comparison: Comparison) -> RenderableType:
    """A line for each layer, and below it what differs."""
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim", show_edge=False)
    for header in ("old", "new", "size"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("instruction", no_wrap=True, ratio=1)
    for pair in comparison.layers:
        style = _FATE_STYLE[pair.fate]
        table.add_row(
            "" if pair.old is None else str(pair.old),
            "" if pair.new is None else str(pair.new),
            _size(comparison, pair),
            Text(str(pair.fate), style=style),
            MiddleCut(pair_instruction(comparison, pair)),
        )
        if pair.fate is LayerFate.REBUILT:
            table.add_row("", "", "", "", Text(fate_text(pair).partition(": ")[2], style=style))
        for line in difference_texts(pair.difference) if pair.difference else ():
            table.add_row("", "", "", "", MiddleCut(line, lead="  "))
    return table


def _size(comparison: Comparison, pair: LayerPair) -> str:
    of, index = (comparison.new, pair.new) if pair.new is not None else (comparison.old, pair.old)
    assert index is not None
    return size(of.layers[index].reading.changeset.content_bytes)


def _configuration(comparison: Comparison, options: TextOptions) -> Iterator[RenderableType]:
    changes = comparison.configuration[: options.top]
    if not changes:
        return
    yield from section("Configuration")
    for change in changes:
        old, new = change_text(change)
        yield MiddleCut(f"{printable(change.key)}", lead="  ", style="bold")
        yield MiddleCut(old, lead="    old  ")
        yield MiddleCut(new, lead="    new  ")
    rest = len(comparison.configuration) - len(changes)
    if rest:
        yield Text(f"  and {count(rest)} more", style="dim")


def _paths(comparison: Comparison, options: TextOptions) -> Iterator[RenderableType]:
    largest = comparison.paths.largest[: options.top]
    if not largest:
        return
    yield from section("Paths whose contents changed most in size")
    for change in largest:
        state = "added" if change.before_bytes is None else "removed" if change.after_bytes is None else ""
        tail = f"  {state}" if state else f"  {size(change.before_bytes or 0)} before"
        yield MiddleCut(path_text(change.path) + tail, lead=f"{signed_size(change.grown):>10}  ")


def _notices(which: str, analysis: Analysis) -> Iterator[RenderableType]:
    if not analysis.notices:
        return
    yield from section(f"Notices of the {which} image")
    for notice in analysis.notices:
        yield Padding(Text(f"{NOTICE_WORD[notice.severity]}  {notice_text(notice)}"), _INDENT)
