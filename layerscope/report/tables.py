"""The tables of the text report: layers, waste by cause, costliest paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.analysis.ledger import WastedFile
from layerscope.blobs.compression import Compression
from layerscope.report.costliest import costliest
from layerscope.report.fit import MiddleCut
from layerscope.report.units import count, percent, plural, size
from layerscope.report.words import CAUSE_MEANING, costly_name, instruction_text

__all__ = ["BAR_MARKS", "costliest_paths", "layer_table", "waste_table"]

BAR_MARKS = {True: ("█", "▒"), False: ("#", "x")}
"""Marks for live and for wasted bytes in a bar, by whether the output takes more than ASCII."""

_BOUNDARY = {True: "─── the base image ends here ───", False: "--- the base image ends here ---"}
_WIDE = 100
_INDENT = (0, 0, 0, 2)


def layer_table(analysis: Analysis, *, width: int, unicode: bool) -> RenderableType:
    """One line a layer, base first; the instruction takes what is left of the width.

    The column of blob sizes is left out where no layer is compressed: it would repeat the sizes. `wasted` is
    of the layer's own bytes; `hides`, where there is room for it, is what the layer made waste of in others
    and in itself: the layer to change may be either.
    """
    wide = width >= _WIDE
    compressed = any(analyzed.reading.compression != Compression.NONE for analyzed in analysis.layers)
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim", show_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    if compressed:
        table.add_column("blob", justify="right", no_wrap=True)
    for header in ("added", "modified", "removed") if wide else ("+add", "~mod", "-rem"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("wasted", justify="right", no_wrap=True)
    if wide:
        table.add_column("hides", justify="right", no_wrap=True)
    table.add_column("instruction", no_wrap=True, ratio=1)
    largest = max((analyzed.reading.changeset.content_bytes for analyzed in analysis.layers), default=0)
    for analyzed in analysis.layers:
        if 0 < analysis.base.layers == analyzed.layer.index:
            table.add_row(*[""] * (len(table.columns) - 1), Text(_BOUNDARY[unicode], style="dim"))
        cells = _layer_cells(analyzed, _bar(analyzed, largest, cells=12 if wide else 5, unicode=unicode))
        if not wide:
            del cells[8]
        if not compressed:
            del cells[3]
        table.add_row(*cells)
    return table


def _layer_cells(analyzed: LayerAnalysis, bar: Text) -> list[RenderableType]:
    changes, reading = analyzed.changes, analyzed.reading
    return [
        Text(str(analyzed.layer.index), style="bold"),
        size(reading.changeset.content_bytes),
        bar,
        size(reading.compressed_bytes),
        _quiet_zero(changes.added, _compact(changes.added)),
        _quiet_zero(changes.modified, _compact(changes.modified)),
        _quiet_zero(changes.removed, _compact(changes.removed)),
        _quiet_zero(analyzed.wasted_bytes, size(analyzed.wasted_bytes), "red"),
        _quiet_zero(analyzed.hidden_bytes, size(analyzed.hidden_bytes), "magenta"),
        _layer_line(analyzed),
    ]


def _layer_line(analyzed: LayerAnalysis) -> MiddleCut:
    text = _placed(analyzed)
    if analyzed.layer.absent is not None:
        return MiddleCut("[not read] " + text, style="yellow")
    if analyzed.reading.error is not None:
        return MiddleCut("[read in part] " + text, style="red")
    return MiddleCut(text)


def _placed(analyzed: LayerAnalysis) -> str:
    """The instruction behind its first line in the Dockerfile."""
    lines = analyzed.layer.instruction.lines if analyzed.layer.instruction else None
    return f":{lines.first}  {instruction_text(analyzed)}" if lines else instruction_text(analyzed)


def _bar(analyzed: LayerAnalysis, largest: int, *, cells: int, unicode: bool) -> Text:
    """The layer's content against the largest layer's: what is live, then what is wasted of it."""
    live_mark, wasted_mark = BAR_MARKS[unicode]
    content, wasted = analyzed.reading.changeset.content_bytes, analyzed.wasted_bytes
    length = max(1, round(cells * content / largest)) if content else 0
    live_length = length - (round(length * wasted / content) if content else 0)
    bar = Text(no_wrap=True).append(live_mark * live_length, style="blue")
    return bar.append(wasted_mark * (length - live_length), style="red")


def _compact(number: int) -> str:
    """At most six characters: `9,999`, `120k`, `1.2M`."""
    if number < 10_000:
        return count(number)
    return f"{number // 1000}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def _quiet_zero(number: int, text: str, style: str = "") -> Text:
    return Text(text, style=style) if number else Text("0", style="dim")


def waste_table(analysis: Analysis, wasted_files: Sequence[WastedFile]) -> RenderableType:
    """The causes that occur: bytes, share of all waste, files, and what the cause means."""
    ledger = analysis.ledger
    files = Counter(wasted.cause for wasted in wasted_files)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    for justify in ("right", "right", "left", "right"):
        table.add_column(justify=justify, no_wrap=True)
    table.add_column()
    for cause, wasted_bytes in ledger.by_cause.items():
        if wasted_bytes:
            share = percent(wasted_bytes, ledger.wasted_bytes)
            name = Text(str(cause), style="bold")
            table.add_row(
                size(wasted_bytes), share, name, plural(files[cause], "file"), Text(CAUSE_MEANING[cause])
            )
    return Padding(table, _INDENT)


def costliest_paths(
    analysis: Analysis, wasted_files: Sequence[WastedFile], top: int, *, fold: bool
) -> Iterator[RenderableType]:
    """Three lines a path: what it is, who wrote it, who hid it; then the rest in one line."""
    shown = 0
    for row in costliest(analysis, top, wasted_files=wasted_files, fold=fold):
        shown += row.bytes
        lead = f"{size(row.bytes):>10}  "
        yield MiddleCut(f"{costly_name(row)}  {row.cause}", lead=lead, style="bold")
        written, hidden = analysis.layers[row.written_in], analysis.layers[row.hidden_in]
        if row.written_in != row.hidden_in:
            yield _blame("stored", written)
        yield _blame("hidden", hidden)
    rest = analysis.ledger.wasted_bytes - shown
    if rest:
        yield Text(f"{size(rest):>10}  elsewhere", style="dim")


def _blame(verb: str, analyzed: LayerAnalysis) -> MiddleCut:
    return MiddleCut(_placed(analyzed), lead=f"{'':12}{verb} by layer {analyzed.layer.index}  ")
