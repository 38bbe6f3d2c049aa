"""`layerscope files`: the final root filesystem, or what one layer says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.analysis.analyze import Analysis
from layerscope.api import analyze_image, choose_image, open_source
from layerscope.cli.incomplete import raise_if_incomplete
from layerscope.cli.options import (
    AllowPartialOption,
    CacheOption,
    ImageArgument,
    ImageOption,
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
from layerscope.cli.output import check_output, encoded, output_encoding, write_output
from layerscope.cli.progress import progress_bar
from layerscope.errors import UsageError
from layerscope.image.image import Image
from layerscope.notices import Severity
from layerscope.report.listing import FileRecord, layer_records, rootfs_records
from layerscope.report.listing_formats import LISTING_FORMATS
from layerscope.report.words import notice_text
from layerscope.sources.detect import path_of

__all__ = ["FilesFormat", "files_command"]


class FilesFormat(StrEnum):
    """How the listing is written."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is listed, how, where it goes, and whether it may be partial."""

    layer: int | None
    digest: bool
    format: FilesFormat
    output: Path | None
    allow_partial: bool


def files_command(
    image: ImageArgument,
    *,
    layer: Annotated[
        int | None,
        typer.Option(
            "--layer",
            parser=natural,
            metavar="N",
            help="List layer N (0 is the base), whiteouts included, and not the final root filesystem.",
        ),
    ] = None,
    digest: Annotated[bool, typer.Option("--digest", help="Add the sha256 of every file's content.")] = False,
    name: ImageOption = None,
    platform: PlatformOption = None,
    verify: VerifyOption = True,
    allow_partial: AllowPartialOption = False,
    cache: CacheOption = True,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output_format: Annotated[
        FilesFormat,
        typer.Option("--format", "-f", help="text is like `tar tv`; the others are for programs."),
    ] = FilesFormat.TEXT,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> Callable[[], None]:
    """List an image's final root filesystem, or one layer.

    Files are sorted by path. In CSV a cell that a spreadsheet takes for a formula gets a ' in front.
    path_bytes has the exact path in base64 where a text cannot hold it.

    Examples:

      layerscope files app.tar

      layerscope files app.tar --layer 3

      layerscope files app.tar --format jsonl --digest | jq -r 'select(.size > 1e6) | .path'
    """
    reading = ReadingOptions(image, name, platform, verify, jobs, max_layer_size, max_ratio, cache)
    shape = _Shape(layer, digest, output_format, output, allow_partial)
    return lambda: _run(reading, shape, quiet=quiet)


def _run(reading: ReadingOptions, shape: _Shape, *, quiet: bool) -> None:
    check_output(shape.output, path_of(reading.reference))
    analysis = _analyze(reading, shape, quiet=quiet)
    blocks = LISTING_FORMATS[shape.format](_records(analysis, shape))
    if shape.format is FilesFormat.TEXT:
        blocks = encoded(blocks, output_encoding(shape.output))
    write_output(blocks, shape.output)
    if not quiet:
        _tell_warnings(analysis)
    raise_if_incomplete(analysis, allow_partial=shape.allow_partial)


def _analyze(reading: ReadingOptions, shape: _Shape, *, quiet: bool) -> Analysis:
    verify, limits = reading.verify, reading.limits()
    content_hash = "sha256" if shape.digest else "none"
    with (
        progress_bar("reading layers", quiet=quiet) as progress,
        open_source(
            reading.reference, verify=verify, content_hash=content_hash, limits=limits, progress=progress
        ) as source,
    ):
        image = choose_image(source, reading.reference, image=reading.image, platform=reading.platform)
        if shape.layer is not None:
            image = _with_only_layer(image, shape.layer)
        return analyze_image(
            image,
            packages=False,
            verify=verify,
            content_hash=content_hash,
            jobs=reading.jobs,
            limits=limits,
            progress=progress,
            cache=reading.kept(),
        )


def _with_only_layer(image: Image, index: int) -> Image:
    """The image reduced to the layer that is listed, so that no other is read."""
    if index >= len(image.layers):
        last = len(image.layers) - 1
        held = f"the image has layers 0 to {last}" if last >= 0 else "the image has no layers"
        raise UsageError(f"--layer {index}: {held}")
    return replace(image, layers=(image.layers[index],))


def _records(analysis: Analysis, shape: _Shape) -> Iterator[FileRecord]:
    if shape.layer is None:
        return rootfs_records(analysis.rootfs.entries(), digests=shape.digest)
    return layer_records(analysis.layers[0].reading.changeset, shape.layer, digests=shape.digest)


def _tell_warnings(analysis: Analysis) -> None:
    """A listing has no place for notices: those that take something away from it go to standard error."""
    for notice in analysis.notices:
        if notice.severity is Severity.WARNING:
            typer.echo(f"layerscope: warning: {notice_text(notice)}", file=sys.stderr)
