"""`layerscope inspect`: findings, layers, waste by cause, packages, notices."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.analysis.analyze import Analysis
from layerscope.cli.attribution import AttributionOptions, analyzed, examined, source_text
from layerscope.cli.incomplete import raise_if_incomplete
from layerscope.cli.options import (
    AllowPartialOption,
    BaseOption,
    BuildArgOption,
    CacheOption,
    Color,
    ColorOption,
    ContextOption,
    DockerfileOption,
    ImageArgument,
    ImageOption,
    JobsOption,
    MaxLayerSizeOption,
    MaxRatioOption,
    OutputOption,
    PlatformOption,
    QuietOption,
    ReadingOptions,
    TargetOption,
    VerifyOption,
    natural,
)
from layerscope.cli.output import check_output, write_output
from layerscope.cli.text_output import text_blocks
from layerscope.rules.finding import Finding
from layerscope.sources.detect import path_of

__all__ = ["InspectFormat", "inspect_command"]


class InspectFormat(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


FormatOption = Annotated[InspectFormat, typer.Option("--format", "-f", help="How to write it.")]
TopOption = Annotated[
    int,
    typer.Option(
        "--top",
        parser=natural,
        metavar="N",
        help="Findings, notes and costliest paths to show, of each N; errors, and warnings that are not "
        "about bytes, are always shown.",
    ),
]
FoldOption = Annotated[
    bool,
    typer.Option(
        "--fold/--no-fold",
        help="In the costliest paths, which --no-findings or --no-fold shows: one row for many files of a "
        "directory that one layer stored and one layer hid, or a row for each file.",
    ),
]
FindingsOption = Annotated[
    bool,
    typer.Option("--findings/--no-findings", help="Look for packages and apply the rules; or be faster."),
]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the output looks like, where it goes, and whether it may be partial."""

    format: InspectFormat
    top: int
    fold: bool
    output: Path | None
    color: Color
    allow_partial: bool


def inspect_command(
    image: ImageArgument,
    *,
    name: ImageOption = None,
    platform: PlatformOption = None,
    dockerfile: DockerfileOption = None,
    context: ContextOption = None,
    target: TargetOption = None,
    build_arg: BuildArgOption = None,
    base: BaseOption = None,
    findings: FindingsOption = True,
    verify: VerifyOption = True,
    allow_partial: AllowPartialOption = False,
    cache: CacheOption = True,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output_format: FormatOption = InspectFormat.TEXT,
    top: TopOption = 10,
    fold: FoldOption = True,
    output: OutputOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
) -> Callable[[], None]:
    """Account for an image's bytes and say what to change.

    A byte is live, or wasted: then by whom, hidden by whom, and why. Findings say what to do about it, errors
    first, then most bytes; layerscope rules explains each. The base image's layers are told apart from yours.

    Where layers are missing (exit code 3), damaged (4) or not supported (5), the result covers the rest.

    Examples:

      layerscope inspect app.tar

      docker save app:1 | layerscope inspect -

      layerscope inspect app.tar --dockerfile Dockerfile --base debian.tar

      layerscope inspect oci:build/layout --platform linux/arm64

      layerscope inspect app.tar --format json -o app.json
    """
    reading = ReadingOptions(image, name, platform, verify, jobs, max_layer_size, max_ratio, cache)
    shape = _Shape(output_format, top, fold, output, color, allow_partial)
    attribution = AttributionOptions.of(dockerfile, target, build_arg, base, context)
    return lambda: _run(reading, attribution, shape, findings=findings, quiet=quiet)


def _run(
    reading: ReadingOptions, attribution: AttributionOptions, shape: _Shape, *, findings: bool, quiet: bool
) -> None:
    attribution = attribution.located()
    check_output(shape.output, path_of(reading.reference), attribution.dockerfile)
    analysis = analyzed(
        reading,
        attribution,
        packages=findings,
        quiet=quiet,
        meanwhile=lambda: _load(shape.format, findings=findings),
    )
    gc.freeze()  # it stays to the end: each full collection would walk the whole tree again, for nothing
    found = None
    if findings:
        analysis, found = examined(analysis, reading, attribution)
    write_output(_blocks(analysis, found, shape, attribution.dockerfile), shape.output)
    raise_if_incomplete(analysis, allow_partial=shape.allow_partial)


def _load(output_format: InspectFormat, *, findings: bool) -> None:
    """Load what comes after reading; of a known image, loading takes as long as half of the hashing."""
    if findings:
        from layerscope.rules.registry import all_rules  # noqa: PLC0415

        all_rules()
    if output_format is InspectFormat.TEXT:
        import layerscope.report.text  # noqa: F401, PLC0415


def _blocks(
    analysis: Analysis, findings: Sequence[Finding] | None, shape: _Shape, dockerfile: Path | None
) -> Iterator[bytes]:
    # Each format is loaded when it is asked for: rich alone takes 40 ms.
    if shape.format is InspectFormat.HTML:
        from layerscope.report.html.page import html_report  # noqa: PLC0415

        return iter([html_report(analysis, findings, dockerfile=source_text(dockerfile))])
    if shape.format is InspectFormat.JSON:
        from layerscope.report.json import json_blocks  # noqa: PLC0415

        return json_blocks(analysis, findings)
    if shape.format is InspectFormat.MARKDOWN:
        from layerscope.report.markdown import markdown_report  # noqa: PLC0415

        return iter([markdown_report(analysis, findings, top=shape.top, fold=shape.fold).encode()])
    from layerscope.report.text import text_report  # noqa: PLC0415

    return text_blocks(
        lambda options: text_report(analysis, findings, options),
        shape.output,
        shape.color,
        top=shape.top,
        fold=shape.fold,
    )
