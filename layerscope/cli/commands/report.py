"""`layerscope report`: one HTML file for reviewers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.analysis.analyze import Analysis
from layerscope.cli.attribution import AttributionOptions, analyzed, examined, source_text
from layerscope.cli.incomplete import raise_if_incomplete, raise_if_sharing_incomplete
from layerscope.cli.options import (
    AllowPartialOption,
    BaseOption,
    BuildArgOption,
    CacheOption,
    ContextOption,
    DockerfileOption,
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
)
from layerscope.cli.output import check_output, is_terminal, write_output
from layerscope.cli.progress import progress_bar
from layerscope.errors import UsageError
from layerscope.rules.finding import Finding
from layerscope.sources.detect import path_of

if TYPE_CHECKING:
    from layerscope.analysis.snapshot import Snapshot

__all__ = ["report_command"]

_COMPARED = 2
"""Of two images the report compares; of more it says what they share."""

ImagesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE...",
        show_default=False,
        help="As IMAGE of layerscope inspect. Of two the report is about the second, and about what changed "
        "since the first; of three or more it is about what they share, as of layerscope share.",
    ),
]


BaselineOption = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Say what grew since then: what layerscope check --write-baseline wrote. The verdict of a gate "
        "is in the page of layerscope check --output html=FILE.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Shape:
    output: Path | None
    allow_partial: bool
    baseline: Path | None = None


def report_command(
    images: ImagesArgument,
    *,
    name: ImageOption = None,
    platform: PlatformOption = None,
    dockerfile: DockerfileOption = None,
    context: ContextOption = None,
    target: TargetOption = None,
    build_arg: BuildArgOption = None,
    base: BaseOption = None,
    baseline: BaselineOption = None,
    verify: VerifyOption = True,
    allow_partial: AllowPartialOption = False,
    cache: CacheOption = True,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output: OutputOption = None,
    quiet: QuietOption = False,
) -> Callable[[], None]:
    """Write a report for reviewers: one HTML file, which needs no network.

    What the image is, what is worth doing, its layers, where the bytes are, findings with their fixes, every
    file, the packages; with --dockerfile the Dockerfile with bytes beside its lines; of two images what
    changed; of more what they share. It opens from disk, in any browser, and can be read and printed without
    scripts.

    Examples:

      layerscope report app.tar -o report.html

      layerscope report app.tar --dockerfile Dockerfile --base debian.tar -o report.html

      layerscope report app-1.tar app-2.tar -o report.html

      layerscope report app.tar --baseline main.json -o report.html

      layerscope report web.tar api.tar worker.tar -o sharing.html
    """
    readings = [
        ReadingOptions(each, name, platform, verify, jobs, max_layer_size, max_ratio, cache)
        for each in images
    ]
    attribution = AttributionOptions.of(dockerfile, target, build_arg, base, context)
    if baseline is not None and len(images) > 1:
        raise UsageError(f"--baseline {baseline}: it is compared with one image, and there are {len(images)}")
    if len(images) > _COMPARED:
        if name or attribution != AttributionOptions.of(None, None, None, None):
            raise UsageError(
                "--image, --dockerfile, --context, --target, --build-arg and --base are about one image: of "
                "three or more a report says what they share"
            )
        return lambda: _share(readings, _Shape(output, allow_partial), quiet=quiet)
    return lambda: _run(readings, attribution, _Shape(output, allow_partial, baseline), quiet=quiet)


def _run(
    readings: list[ReadingOptions], attribution: AttributionOptions, shape: _Shape, *, quiet: bool
) -> None:
    attribution = attribution.located()
    if [reading.reference for reading in readings].count("-") > 1:
        raise UsageError("-: standard input can be one of the two images, not both")
    for reading in readings:
        check_output(shape.output, path_of(reading.reference), attribution.dockerfile)
    _check_terminal(shape)
    before = None if shape.baseline is None else _snapshot(shape.baseline)
    *older, reading = readings
    nothing = AttributionOptions(None, None, {}, None)
    earlier = [analyzed(replace(each, image=None), nothing, packages=True, quiet=quiet) for each in older]
    analysis = analyzed(reading, attribution, packages=True, quiet=quiet)
    gc.freeze()  # it stays to the end: each full collection would walk the whole tree again, for nothing
    analysis, found = examined(analysis, reading, attribution)
    page = _page(analysis, found, earlier[0] if earlier else None, before, attribution.dockerfile)
    write_output([page], shape.output)
    for each in (*earlier, analysis):
        raise_if_incomplete(each, allow_partial=shape.allow_partial)


def _snapshot(baseline: Path) -> Snapshot:
    from layerscope.checking import read_baseline_file  # noqa: PLC0415

    return read_baseline_file(baseline)


def _page(
    analysis: Analysis,
    findings: Sequence[Finding],
    earlier: Analysis | None,
    before: Snapshot | None,
    dockerfile: Path | None,
) -> bytes:
    # Loaded only here: every command line loads this module.
    from layerscope.analysis.comparison import compare  # noqa: PLC0415
    from layerscope.report.html.page import html_report  # noqa: PLC0415

    growth = None
    if before is not None:
        from layerscope.checking import growth_since  # noqa: PLC0415

        growth = growth_since(before, analysis)
    return html_report(
        analysis,
        findings,
        growth=growth,
        comparison=None if earlier is None else compare(earlier, analysis),
        dockerfile=source_text(dockerfile),
    )


def _check_terminal(shape: _Shape) -> None:
    if shape.output is None and is_terminal():
        raise UsageError("the report is a web page, and standard output is a terminal: add -o report.html")


def _share(readings: list[ReadingOptions], shape: _Shape, *, quiet: bool) -> None:
    from layerscope.fleet.references import expanded  # noqa: PLC0415
    from layerscope.report.html.shared import html_sharing  # noqa: PLC0415
    from layerscope.several import share  # noqa: PLC0415

    _check_terminal(shape)
    references = [reading.reference for reading in readings]
    for reference in expanded(references):
        check_output(shape.output, path_of(reference.text))
    how = readings[0]
    with progress_bar("reading layers", quiet=quiet) as progress:
        sharing = share(
            references,
            platform=how.platform,
            verify=how.verify,
            jobs=how.jobs,
            limits=how.limits(),
            progress=progress,
            cache=how.kept(),
        )
    write_output([html_sharing(sharing)], shape.output)
    raise_if_sharing_incomplete(sharing, allow_partial=shape.allow_partial)
