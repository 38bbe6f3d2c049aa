"""`layerscope diff`: what became of each layer between two images, why, and what a pull costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.analysis.comparison_types import Comparison
from layerscope.cli.incomplete import raise_if_incomplete
from layerscope.cli.options import (
    AllowPartialOption,
    CacheOption,
    Color,
    ColorOption,
    JobsOption,
    MaxLayerSizeOption,
    MaxRatioOption,
    OutputOption,
    PlatformOption,
    QuietOption,
    ReadingOptions,
    VerifyOption,
    natural,
)
from layerscope.cli.output import check_output, write_output
from layerscope.cli.progress import progress_bar
from layerscope.cli.text_output import text_blocks
from layerscope.several import compare
from layerscope.sources.detect import path_of

__all__ = ["DiffFormat", "diff_command"]


class DiffFormat(StrEnum):
    """How the comparison is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


_IMAGE = (
    "As IMAGE of layerscope inspect; of several images in one file transport:path:name, such as "
    "docker-archive:both.tar:app:1, names one."
)
OldArgument = Annotated[
    str, typer.Argument(metavar="OLD", show_default=False, help=f"The image before. {_IMAGE}")
]
NewArgument = Annotated[str, typer.Argument(metavar="NEW", show_default=False, help="The image now.")]
ExitCodeOption = Annotated[
    bool,
    typer.Option(
        "--exit-code",
        help="Exit with 1 if any layer or key of the configuration is not the same, as git does.",
    ),
]
FormatOption = Annotated[DiffFormat, typer.Option("--format", "-f", help="How to write it.")]
TopOption = Annotated[
    int,
    typer.Option(
        "--top", parser=natural, metavar="N", help="Paths and keys of the configuration to show, of each N."
    ),
]
PackagesOption = Annotated[
    bool, typer.Option("--packages/--no-packages", help="Look for packages, or be faster.")
]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the output looks like, where it goes, and what the exit code says."""

    format: DiffFormat
    top: int
    output: Path | None
    color: Color
    allow_partial: bool
    exit_code: bool


def diff_command(
    old: OldArgument,
    new: NewArgument,
    *,
    exit_code: ExitCodeOption = False,
    platform: PlatformOption = None,
    packages: PackagesOption = True,
    verify: VerifyOption = True,
    allow_partial: AllowPartialOption = False,
    cache: CacheOption = True,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output_format: FormatOption = DiffFormat.TEXT,
    top: TopOption = 10,
    output: OutputOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
) -> Callable[[], int | None]:
    """Compare two images: layers kept, rebuilt and why, what grew, and what a pull costs.

    A layer is rebuilt because contents differ, or only metadata (of which paths, in what), only their order,
    only the compression, or only its parents. For an instruction that did not change the cause is named, and
    what makes the build reproducible. What is pulled and stored anew is counted where OLD is there already.

    Examples:

      layerscope diff old.tar new.tar

      docker save app:2 | layerscope diff app-1.tar -

      layerscope diff first-build.tar second-build.tar --exit-code

      layerscope diff old.tar new.tar --format markdown -o comment.md

      layerscope diff old.tar new.tar --format html -o diff.html
    """
    readings = [
        ReadingOptions(image, None, platform, verify, jobs, max_layer_size, max_ratio, cache)
        for image in (old, new)
    ]
    shape = _Shape(output_format, top, output, color, allow_partial, exit_code)
    return lambda: _run(readings, shape, packages=packages, quiet=quiet)


def _run(readings: list[ReadingOptions], shape: _Shape, *, packages: bool, quiet: bool) -> int | None:
    for reading in readings:
        check_output(shape.output, path_of(reading.reference))
    old, new = readings
    with progress_bar("reading layers", quiet=quiet) as progress:
        comparison = compare(
            old.reference,
            new.reference,
            platform=old.platform,
            packages=packages,
            verify=old.verify,
            jobs=old.jobs,
            limits=old.limits(),
            progress=progress,
            cache=old.kept(),
        )
    write_output(_blocks(comparison, shape), shape.output)
    for analysis in (comparison.old, comparison.new):
        raise_if_incomplete(analysis, allow_partial=shape.allow_partial)
    return 1 if shape.exit_code and comparison.differs else None


def _blocks(comparison: Comparison, shape: _Shape) -> Iterator[bytes]:
    # Each format is loaded when it is asked for: rich alone takes 40 ms.
    if shape.format is DiffFormat.JSON:
        from layerscope.report.comparison_report import comparison_json  # noqa: PLC0415

        return comparison_json(comparison)
    if shape.format is DiffFormat.MARKDOWN:
        from layerscope.report.comparison_markdown import comparison_markdown  # noqa: PLC0415

        return iter([comparison_markdown(comparison, top=shape.top).encode()])
    if shape.format is DiffFormat.HTML:
        from layerscope.api import examine  # noqa: PLC0415
        from layerscope.report.html.page import html_report  # noqa: PLC0415

        return iter([html_report(comparison.new, examine(comparison.new), comparison=comparison)])
    from layerscope.report.comparison_text import comparison_text  # noqa: PLC0415

    return text_blocks(
        lambda options: comparison_text(comparison, options), shape.output, shape.color, top=shape.top
    )
