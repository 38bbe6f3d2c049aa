"""`layerscope inspect`: findings, layers, waste by cause, packages, notices."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.analysis.analyze import Analysis
from layerscope.api import examine, inspect
from layerscope.cli.incomplete import raise_if_incomplete
from layerscope.cli.options import (
    AllowPartialOption,
    BaseOption,
    BuildArgOption,
    CacheOption,
    Color,
    ColorOption,
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
from layerscope.cli.output import (
    check_output,
    encoded,
    output_encoding,
    output_width,
    uses_color,
    write_output,
)
from layerscope.cli.progress import progress_bar
from layerscope.errors import LayerscopeError, UsageError
from layerscope.rules.finding import Finding
from layerscope.sources.detect import path_of

__all__ = ["InspectFormat", "inspect_command"]


class InspectFormat(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


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


@dataclass(frozen=True, slots=True)
class _Attribution:
    """What is known of how the image was made, and whether rules are asked."""

    dockerfile: Path | None
    target: str | None
    build_args: dict[str, str]
    base: str | None
    findings: bool


def inspect_command(
    image: ImageArgument,
    *,
    name: ImageOption = None,
    platform: PlatformOption = None,
    dockerfile: DockerfileOption = None,
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
    build_args = dict(argument.split("=", 1) for argument in build_arg or ())
    attribution = _Attribution(dockerfile, target, build_args, base, findings)
    return lambda: _run(reading, attribution, shape, quiet=quiet)


def _run(reading: ReadingOptions, attribution: _Attribution, shape: _Shape, *, quiet: bool) -> None:
    attribution = replace(attribution, dockerfile=_dockerfile(attribution))
    check_output(shape.output, path_of(reading.reference), attribution.dockerfile)
    with progress_bar("reading layers", quiet=quiet) as progress:
        analysis = inspect(
            reading.reference,
            image=reading.image,
            platform=reading.platform,
            dockerfile=attribution.dockerfile,
            target=attribution.target,
            build_args=attribution.build_args,
            base=attribution.base,
            packages=attribution.findings,
            verify=reading.verify,
            jobs=reading.jobs,
            limits=reading.limits(),
            progress=progress,
            cache=reading.kept(),
        )
    gc.freeze()  # it stays to the end: each full collection would walk the whole tree again, for nothing
    findings = examine(analysis) if attribution.findings else None
    write_output(_blocks(analysis, findings, shape), shape.output)
    raise_if_incomplete(analysis, allow_partial=shape.allow_partial)


def _dockerfile(attribution: _Attribution) -> Path | None:
    """The Dockerfile itself, if it was given as its directory; what is wrong is said in words of options."""
    if attribution.dockerfile is None:
        if attribution.target or attribution.build_args:
            raise UsageError(f"{'--target' if attribution.target else '--build-arg'} needs --dockerfile")
        return None
    from layerscope.dockerfile.given import locate_dockerfile  # noqa: PLC0415  # few need it

    try:
        return locate_dockerfile(attribution.dockerfile)
    except LayerscopeError as error:
        raise type(error)(f"--{error.message}", further=error.further) from error


def _blocks(analysis: Analysis, findings: Sequence[Finding] | None, shape: _Shape) -> Iterator[bytes]:
    # Each format is loaded when it is asked for: rich alone takes 40 ms.
    if shape.format is InspectFormat.JSON:
        from layerscope.report.json import json_blocks  # noqa: PLC0415

        return json_blocks(analysis, findings)
    if shape.format is InspectFormat.MARKDOWN:
        from layerscope.report.markdown import markdown_report  # noqa: PLC0415

        return iter([markdown_report(analysis, findings, top=shape.top, fold=shape.fold).encode()])
    from layerscope.report.text import TextOptions, text_report  # noqa: PLC0415

    encoding = output_encoding(shape.output)
    options = TextOptions(
        width=output_width(shape.output),
        color=uses_color(shape.color, shape.output),
        unicode=encoding.lower().startswith("utf"),
        top=shape.top,
        fold=shape.fold,
    )
    return encoded([text_report(analysis, findings, options).encode()], encoding)
