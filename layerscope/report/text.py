"""The report for people: a header, the findings, the layers, the waste by cause, the packages, the notices;
where no rule was asked, the costliest paths.

It is made to fit 80 columns and to use 200. Nothing of an image reaches the output but through
`report.printable`, and no text of an image is ever taken for markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layerscope.analysis.analyze import Analysis
from layerscope.notices import Severity
from layerscope.report.attribution_text import finding_list, note_list, package_list
from layerscope.report.finding_words import (
    actionable,
    base_text,
    base_waste,
    dockerfile_text,
    finding_counts,
    layer_range,
    notes,
)
from layerscope.report.model import Totals, totals
from layerscope.report.printable import printable
from layerscope.report.rendering import rendered, section
from layerscope.report.tables import BAR_MARKS, costliest_paths, layer_table, waste_table
from layerscope.report.text_options import TextOptions
from layerscope.report.units import percent, plural, size
from layerscope.report.words import (
    NOTICE_WORD,
    compression_methods,
    incomplete_layers,
    layer_list,
    notice_text,
    verified_text,
)
from layerscope.rules.finding import Finding

__all__ = ["text_report"]

_SEVERITY_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def text_report(analysis: Analysis, findings: Sequence[Finding] | None, options: TextOptions) -> str:
    """The whole report; lines end in a line feed, without blanks before it. `findings` is None where no rule
    was asked."""
    return rendered(_parts(analysis, findings, options), width=options.width, color=options.color)


def _parts(
    analysis: Analysis, findings: Sequence[Finding] | None, options: TextOptions
) -> Iterator[RenderableType]:
    yield _header(analysis, findings)
    yield from _findings(findings or (), options)
    live, wasted = BAR_MARKS[options.unicode]
    yield from section("Layers, from the base up", f"({live} live, {wasted} wasted)")
    yield layer_table(analysis, width=options.width, unicode=options.unicode)
    yield from _waste(analysis, options, paths=findings is None or not options.fold)
    if analysis.packages.packages:
        yield from section("Packages", "(by ecosystem, and the largest)")
        yield from package_list(analysis, options.top)
    yield from _notices(analysis)


def _findings(findings: Sequence[Finding], options: TextOptions) -> Iterator[RenderableType]:
    dash = "\u2013" if options.unicode else "-"
    if actionable(findings):
        yield from section("Findings", "(errors first, then most bytes; one fix, one group)")
        yield from finding_list(findings, options.top, dash)
    if notes(findings):
        yield from section("Notes", "(worth knowing; often right as they are; layerscope rules ID says more)")
        yield from note_list(findings, options.top, dash)


def _notices(analysis: Analysis) -> Iterator[RenderableType]:
    notices = sorted(analysis.notices, key=lambda notice: list(_SEVERITY_STYLE).index(notice.severity))
    if not notices:
        return
    yield from section("Notices")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")  # else a word that is longer than a line, a digest, loses its end
    for notice in notices:
        severity = Text(NOTICE_WORD[notice.severity], style=_SEVERITY_STYLE[notice.severity])
        table.add_row(severity, Text(notice_text(notice)))
    yield Padding(table, (0, 0, 0, 2))


def _header(analysis: Analysis, findings: Sequence[Finding] | None) -> RenderableType:
    """Label and value a line. A digest is shown in full and still fits 80 columns."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    lines = list(_header_lines(analysis))
    if findings is not None:
        stored = analysis.ledger.stored_bytes
        lines.append(("findings", Text(finding_counts(findings, stored))))
    incomplete = incomplete_layers(analysis)
    if incomplete:
        what = f"{layer_list(incomplete)} could not be read in full; the figures cover the rest"
        lines.append(("partial", Text(what, style="bold red")))
    for label, value in lines:
        table.add_row(label, value)
    return table


def _header_lines(analysis: Analysis) -> Iterator[tuple[str, Text]]:
    image, sums = analysis.image, totals(analysis)
    yield "image", Text(printable(image.reference), style="bold")
    if image.tags:
        yield "tags", Text(", ".join(map(printable, image.tags)))
    yield "format", Text(", ".join(filter(None, (printable(image.format), printable(image.platform)))))
    if image.image_id:
        yield "id", Text(image.image_id)
    if image.digest:
        yield "digest", Text(image.digest)
    if image.created:
        yield "created", Text(printable(image.created))
    yield "layers", Text(f"{sums.layers}, with {plural(sums.entries, 'entry', 'entries')}")
    yield "verified", Text(verified_text(analysis))
    yield "blobs", Text(f"{size(sums.compressed_bytes)}, {_compression_text(analysis)}")
    yield "stored", Text(f"{size(sums.stored_bytes)}, the contents of the files in all layers")
    yield "live", Text(f"{size(sums.live_bytes)} of them are in the final root filesystem")
    yield "wasted", _wasted_text(sums, complete=analysis.complete)
    yield from _shares(analysis, sums)


def _shares(analysis: Analysis, sums: Totals) -> Iterator[tuple[str, Text]]:
    """What of it is the base image's, what the user's, and what of the Dockerfile was found."""
    base = base_text(analysis)
    if base:
        yield "base", Text(base)
    below = analysis.base.layers
    if below:
        yield "", Text(base_waste(analysis))
    if 0 < below < sums.layers:
        own = f"{size(sums.own_stored_bytes)} stored, {size(sums.own_wasted_bytes)} made waste by them"
        yield "yours", Text(f"{layer_range(below, sums.layers)}: {own}")
    lines, match = dockerfile_text(analysis), analysis.image.dockerfile
    if match is not None:
        yield "lines", Text(lines, style="" if match.matched else "yellow")


def _wasted_text(sums: Totals, *, complete: bool) -> Text:
    wasted, stored, live = sums.wasted_bytes, sums.stored_bytes, sums.live_bytes
    if not wasted and not complete:
        return Text("none found in what could be read", style="yellow")
    if not wasted:
        return Text("no wasted bytes", style="bold green")
    share, efficiency = percent(wasted, stored), percent(live, stored)
    text = Text().append(size(wasted), style="bold red")
    return text.append(f", {share} of what is stored (efficiency {efficiency})")


def _compression_text(analysis: Analysis) -> str:
    """`compressed with gzip, as a pull moves them`, `not compressed`."""
    methods, partly = compression_methods(analysis)
    if not methods:
        return "the layers as they are stored here, not compressed"
    some = " in part" if partly else ""
    return f"the layers as they are stored here, compressed{some} with {' and '.join(methods)}"


def _waste(analysis: Analysis, options: TextOptions, *, paths: bool) -> Iterator[RenderableType]:
    """The causes; and the costliest paths, unless findings have said the same with what to do about it."""
    ledger = analysis.ledger
    if not ledger.wasted_bytes:
        yield Text()
        if not analysis.complete:
            yield Text("No waste was found in what could be read; what is missing may hide or hold some.")
        elif not ledger.stored_bytes:
            yield Text("Nothing to waste: the layers store no file contents.")
        else:
            yield Text("No wasted bytes: all that the layers store is in the final root filesystem.")
        return
    yield from section("Waste by cause")
    wasted_files = tuple(ledger.files())
    yield waste_table(analysis, wasted_files)
    if options.top and paths:
        yield from section("Costliest wasted paths")
        yield from costliest_paths(analysis, wasted_files, options.top, fold=options.fold)
