"""The page about one image, with what changed since another one. The same analysis gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.comparison_types import Comparison
from layerscope.analysis.growth import Growth
from layerscope.gate.verdict import Verdict
from layerscope.report.finding_words import package_name
from layerscope.report.html.assemble import assembled
from layerscope.report.html.charts import charts
from layerscope.report.html.compared import comparison_view, growth_view, verdict_view
from layerscope.report.html.dockerfile import source_lines
from layerscope.report.html.files import FileRow, file_rows
from layerscope.report.html.payload import MOST_BYTES, bounded_payload
from layerscope.report.html.treemap import HEIGHT, WIDTH
from layerscope.report.html.view import image_view
from layerscope.report.words import instruction_text
from layerscope.rules.finding import Finding

__all__ = ["html_report"]

_ROWS_SHOWN = 200
"""Rows that stand in the document itself: to read, to search and to print without the script. The script
shows as many first, so that nothing moves when it has started."""
_PACKAGES = 300


def html_report(
    analysis: Analysis,
    findings: Sequence[Finding] | None,
    *,
    verdict: Verdict | None = None,
    comparison: Comparison | None = None,
    growth: Growth | None = None,
    dockerfile: str | None = None,
    most_bytes: int = MOST_BYTES,
) -> bytes:
    """The report of one image, in UTF-8.

    `findings` is None where no rule was asked, `verdict` where no gate ran, `comparison` where it is compared
    with no other image; `growth` alone is for a baseline. `dockerfile` is the text of the Dockerfile that the
    analysis was attributed to. The data of the file table takes at most `most_bytes`.
    """
    every = file_rows(analysis)
    if growth is None:
        growth = comparison.growth if comparison else verdict.growth if verdict else None
    table = analysis.packages
    packages = [f"{package_name(each)} ({each.ecosystem})" for each in table.packages]
    files, payload = bounded_payload(every, packages, most_bytes)
    view = image_view(analysis, findings)
    return assembled(
        "report.html.j2",
        scripts=("theme.js", "report.js"),
        payload=payload,
        view=view,
        charts=charts(analysis, every.rows),
        canvas=(WIDTH, HEIGHT),
        files=files,
        largest=_largest(files.rows),
        all_packages=table.packages,
        packages=table.packages[:_PACKAGES],
        packages_left_out=max(len(table.packages) - _PACKAGES, 0),
        unowned=(table.unowned_files, table.unowned_bytes),
        instructions=[instruction_text(layer) for layer in analysis.layers],
        dockerfile=() if dockerfile is None else source_lines(analysis, dockerfile, view),
        verdict=None if verdict is None else verdict_view(verdict),
        growth=None if growth is None else growth_view(growth),
        comparison=None if comparison is None else comparison_view(comparison),
    )


def _largest(rows: Sequence[FileRow]) -> list[FileRow]:
    return sorted(rows, key=lambda row: (-row.size, row.path, row.layer))[:_ROWS_SHOWN]
