"""The page: a template, a style, a script and the data, as one file that loads nothing.

A Content-Security-Policy in the page allows its own script and style by their hashes, and nothing else: no
request, no other script, no style attribute. So what an image holds could do nothing even if it got through
the escaping. The same analysis gives the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.comparison_types import Comparison
from layerscope.analysis.growth import Growth
from layerscope.gate.verdict import Verdict
from layerscope.oci.digest import sha256_of
from layerscope.report.finding_words import package_name
from layerscope.report.html.charts import charts
from layerscope.report.html.compared import comparison_view, growth_view, verdict_view
from layerscope.report.html.dockerfile import source_lines
from layerscope.report.html.files import FileRow, file_rows
from layerscope.report.html.payload import file_payload
from layerscope.report.html.treemap import HEIGHT, WIDTH
from layerscope.report.html.view import image_view
from layerscope.report.printable import path_text, shortened
from layerscope.report.units import count, percent, plural, signed_size, size
from layerscope.report.words import instruction_text
from layerscope.rules.finding import Finding

__all__ = ["MOST_FILES", "html_report"]

MOST_FILES = 400_000
"""Rows of the file table: some 14 MB. Of more the largest are kept, and the page says what it leaves out."""
_ROWS_SHOWN = 100
"""Rows that stand in the document itself: to read, to search and to print without the script."""
_PACKAGES = 300
_PATH = 400
_INSTRUCTION = 160
_FEWEST = 4
"""Fewer characters of a label say nothing."""
_CHARACTER = 6.6
"""Units of a treemap that a character of its labels takes, on average and a little more."""


def html_report(
    analysis: Analysis,
    findings: Sequence[Finding] | None,
    *,
    verdict: Verdict | None = None,
    comparison: Comparison | None = None,
    growth: Growth | None = None,
    dockerfile: str | None = None,
    most_files: int = MOST_FILES,
) -> bytes:
    """The report of one image, in UTF-8.

    `findings` is None where no rule was asked, `verdict` where no gate ran, `comparison` where it is compared
    with no other image; `growth` alone is for a baseline. `dockerfile` is the text of the Dockerfile that the
    analysis was attributed to.
    """
    files = file_rows(analysis, most_files)
    if growth is None:
        growth = comparison.growth if comparison else verdict.growth if verdict else None
    style, script = _resource("report.css"), _resource("report.js")
    packages = [f"{package_name(each)} ({each.ecosystem})" for each in analysis.packages.packages]
    text = (
        _environment()
        .get_template("report.html.j2")
        .render(
            view=image_view(analysis, findings),
            charts=charts(analysis, files.rows),
            canvas=(WIDTH, HEIGHT),
            files=files,
            largest=_largest(files.rows),
            all_packages=analysis.packages.packages,
            packages=analysis.packages.packages[:_PACKAGES],
            packages_left_out=max(len(analysis.packages.packages) - _PACKAGES, 0),
            unowned=(analysis.packages.unowned_files, analysis.packages.unowned_bytes),
            instructions=[instruction_text(layer) for layer in analysis.layers],
            dockerfile=() if dockerfile is None else source_lines(analysis, dockerfile),
            verdict=None if verdict is None else verdict_view(verdict),
            growth=None if growth is None else growth_view(growth),
            comparison=None if comparison is None else comparison_view(comparison),
            payload=file_payload(files, packages),
            style=style,
            script=script,
            policy=_policy(style, script),
        )
    )
    return text.encode("utf-8", "replace")


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "size": size,
        "signed": signed_size,
        "count": count,
        "path": lambda path: shortened(path_text(path), _PATH),
        "package": package_name,
        "fit": _fit,
        "shorten": lambda text: shortened(text, _INSTRUCTION),
    }
    environment.globals |= {"percent": percent, "plural": plural}
    return environment


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded, and nothing run but what stands here now."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline element: over the element's text, exactly."""
    raw = bytes.fromhex(sha256_of(text.encode()).partition(":")[2])
    return f"sha256-{base64.b64encode(raw).decode()}"


def _fit(text: str, width: float) -> str:
    """As much of a label as has room in so many units of a drawing: of a path the end."""
    room = int((width - 6) / _CHARACTER)
    if len(text) <= room or room < _FEWEST:
        return text if len(text) <= room else ""
    if "/" not in text.rstrip("/"):
        return f"{text[: room - 1]}\u2026"
    return f"\u2026{text[1 - room :]}"


def _largest(rows: Sequence[FileRow]) -> list[FileRow]:
    return sorted(rows, key=lambda row: (-row.size, row.path, row.layer))[:_ROWS_SHOWN]
