"""`layerscope share`: what several images have in common, and what they could have and have not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.analysis.sharing_types import Sharing
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.cli.incomplete import raise_if_sharing_incomplete
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
    VerifyOption,
    kept_readings,
    natural,
)
from layerscope.cli.output import check_output, write_output
from layerscope.cli.progress import progress_bar
from layerscope.cli.text_output import text_blocks
from layerscope.fleet.references import expanded
from layerscope.several import share
from layerscope.sources.detect import path_of

__all__ = ["ShareFormat", "share_command"]


class ShareFormat(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


ImagesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE...",
        show_default=False,
        help="Images as of layerscope inspect, directories with images in them, and globs. Of a file with "
        "several images all are meant, or those of --platform; transport:path:name names one.",
    ),
]
ChunksOption = Annotated[
    bool,
    typer.Option(
        "--chunks",
        help="Read all contents once more, and tell what zstd:chunked, Nydus and eStargz would store, which "
        "keep files in chunks. Needs the extra layerscope[chunks].",
    ),
]
FormatOption = Annotated[ShareFormat, typer.Option("--format", "-f", help="How to write it.")]
TopOption = Annotated[
    int,
    typer.Option("--top", parser=natural, metavar="N", help="Layers, relations, files to show: of each N."),
]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the output looks like, where it goes, and whether it may be partial."""

    format: ShareFormat
    top: int
    output: Path | None
    color: Color
    allow_partial: bool


def share_command(
    images: ImagesArgument,
    *,
    platform: PlatformOption = None,
    chunks: ChunksOption = False,
    verify: VerifyOption = True,
    allow_partial: AllowPartialOption = False,
    cache: CacheOption = True,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output_format: FormatOption = ShareFormat.TEXT,
    top: TopOption = 10,
    output: OutputOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
) -> Callable[[], None]:
    """Tell which layers images share, and which they could share and do not.

    Layers are told apart by blob digest (what registries store and pulls move), by diff ID, and by chain ID
    (what engines store on disk). Then come layers that could be one: builds of the same base, layers that
    differ in metadata, order or compression alone, near misses, squashed layers, and what aligning each
    saves; and files that images repeat outside shared layers.

    Examples:

      layerscope share web.tar api.tar worker.tar

      layerscope share images/

      layerscope share all-in-one.tar --format markdown -o sharing.md

      layerscope share 'build/*.tar' --format json

      layerscope share images/ --chunks
    """
    limits = Limits(
        layer_tar_bytes=max_layer_size or DEFAULT_LIMITS.layer_tar_bytes,
        ratio=max_ratio or DEFAULT_LIMITS.ratio,
    )
    shape = _Shape(output_format, top, output, color, allow_partial)

    def run() -> None:
        for reference in expanded(images):
            check_output(output, path_of(reference.text))
        with progress_bar("reading layers", quiet=quiet) as progress:
            sharing = share(
                images,
                platform=platform,
                verify=verify,
                jobs=jobs,
                limits=limits,
                progress=progress,
                cache=kept_readings(use=cache),
                chunks=chunks,
            )
        write_output(_blocks(sharing, shape), output)
        raise_if_sharing_incomplete(sharing, allow_partial=allow_partial)

    return run


def _blocks(sharing: Sharing, shape: _Shape) -> Iterator[bytes]:
    # Each format is loaded when it is asked for: rich alone takes 40 ms.
    if shape.format is ShareFormat.JSON:
        from layerscope.report.sharing_report import sharing_json  # noqa: PLC0415

        return sharing_json(sharing)
    if shape.format is ShareFormat.MARKDOWN:
        from layerscope.report.sharing_markdown import sharing_markdown  # noqa: PLC0415

        return iter([sharing_markdown(sharing, top=shape.top).encode()])
    if shape.format is ShareFormat.HTML:
        from layerscope.report.html.shared import html_sharing  # noqa: PLC0415

        return iter([html_sharing(sharing)])
    from layerscope.report.sharing_text import sharing_text  # noqa: PLC0415

    return text_blocks(
        lambda options: sharing_text(sharing, options), shape.output, shape.color, top=shape.top
    )
