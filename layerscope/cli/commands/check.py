"""`layerscope check`: the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.attribution import AttributionOptions
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
    PlatformOption,
    QuietOption,
    ReadingOptions,
    TargetOption,
    VerifyOption,
    natural,
)
from layerscope.cli.output import check_output, keep_input, write_output
from layerscope.cli.progress import progress_bar
from layerscope.cli.several_outputs import Output, check_outputs, parse_outputs, write_outputs
from layerscope.cli.verdict_formats import RENDERERS, View, render_verdict
from layerscope.errors import UsageError
from layerscope.gate.thresholds import Fails, MissingBaseline
from layerscope.sources.detect import path_of

if TYPE_CHECKING:
    from layerscope.checking import Checked
    from layerscope.cli.gate_flags import GateFlags
    from layerscope.gate.configuration import Configuration
    from layerscope.gate.policy import Settings

__all__ = ["check_command"]

_FORMATS = "|".join(RENDERERS)
_BEGINNING = 256
"""Bytes of a file that say whether it is a baseline."""


def _format(text: str) -> str:
    if text not in RENDERERS:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(RENDERERS)}")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day such as 2027-01-31") from error


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The configuration: a layerscope.toml, a pyproject.toml, or dive's .dive-ci. If not given, the "
        "nearest layerscope.toml or [tool.layerscope] from the working directory upward.",
    ),
]
NoConfigOption = Annotated[bool, typer.Option("--no-config", help="Look for no configuration.")]
BudgetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--budget",
        metavar="NAME[:PATTERN]=AMOUNT",
        help="Set a budget: image-size=120MB, growth=2%, 'instruction-size:COPY *=20MB', efficiency=off. "
        "layerscope rules lists them (LS3xx).",
    ),
]
ForbidOption = Annotated[
    list[str] | None,
    typer.Option("--forbid", metavar="GLOB", help="Fail if any layer has something there: '**/.git'."),
]
RuleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        metavar="RULE=SEVERITY",
        help="From which severity on a rule's findings fail: LS110=warning, LS1xx=never, LS401=off.",
    ),
]
FailOnOption = Annotated[
    Fails | None, typer.Option("--fail-on", help="The same for all other rules; error if not given.")
]
BaselineOption = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="FILE|IMAGE",
        help="Compare with it: what --write-baseline wrote, or an image; none for no comparison.",
    ),
]
MissingOption = Annotated[
    MissingBaseline | None,
    typer.Option("--missing-baseline", help="What a baseline that cannot be used is; warn if not given."),
]
WriteBaselineOption = Annotated[
    Path | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        help="Write a baseline of this image, which accepts its growth: that fails nothing then.",
    ),
]
TodayOption = Annotated[
    date | None,
    typer.Option(
        "--today",
        metavar="YYYY-MM-DD",
        parser=_day,
        help="The day that waivers' last days are compared with; today (UTC) if not given.",
    ),
]
FormatOption = Annotated[
    str,
    typer.Option("--format", "-f", metavar=f"[{_FORMATS}]", parser=_format, help="How to write the result."),
]
OutputsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="[FORMAT=]FILE",
        help="FILE: write the result here and not to standard output. FORMAT=FILE: write it so as well; "
        "may come several times.",
    ),
]
TopOption = Annotated[
    int, typer.Option("--top", parser=natural, metavar="N", help="Rows of each table to show as text.")
]


@dataclass(frozen=True, slots=True)
class _Gate:
    """What the image is held against, and what is written."""

    config: Path | None
    no_config: bool
    flags: GateFlags
    write_baseline: Path | None
    today: date | None
    allow_partial: bool
    outputs: tuple[str, ...]
    format: str
    color: Color
    top: int


def check_command(
    image: ImageArgument,
    *,
    name: ImageOption = None,
    platform: PlatformOption = None,
    dockerfile: DockerfileOption = None,
    context: ContextOption = None,
    target: TargetOption = None,
    build_arg: BuildArgOption = None,
    base: BaseOption = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
    budget: BudgetOption = None,
    forbid: ForbidOption = None,
    rule: RuleOption = None,
    fail_on: FailOnOption = None,
    baseline: BaselineOption = None,
    missing_baseline: MissingOption = None,
    write_baseline: WriteBaselineOption = None,
    today: TodayOption = None,
    verify: VerifyOption = True,
    allow_partial: AllowPartialOption = False,
    cache: CacheOption = True,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output_format: FormatOption = "text",
    top: TopOption = 10,
    output: OutputsOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
) -> Callable[[], int]:
    """Hold an image against budgets, rules and a baseline; exit with 1 if it fails.

    Nothing else exits with 1: an image that is cut off ends with 4, wrong configuration with 2. Without any
    configuration, findings that are errors fail, and waste of more than 10 % of your own layers; with a
    baseline, growth of your own layers of more than 10 %.

    Examples:

      layerscope check app.tar

      layerscope check app.tar --budget image-size=120MB --budget own-growth=2% --baseline main.json

      layerscope check app.tar --dockerfile Dockerfile --output sarif=out.sarif --output junit=out.xml

      layerscope check app.tar --baseline main.json --output html=report.html

      layerscope check app.tar --write-baseline layerscope-baseline.json

      layerscope check app.tar --config .dive-ci
    """
    from layerscope.cli.gate_flags import GateFlags  # noqa: PLC0415  # every command line loads this module

    reading = ReadingOptions(image, name, platform, verify, jobs, max_layer_size, max_ratio, cache)
    flags = GateFlags(
        tuple(budget or ()), tuple(forbid or ()), tuple(rule or ()), fail_on, baseline, missing_baseline
    )
    gate = _Gate(
        config, no_config, flags, write_baseline, today, allow_partial, tuple(output or ()), output_format,
        color, top,
    )  # fmt: skip
    attribution = AttributionOptions.of(dockerfile, target, build_arg, base, context)
    return lambda: _run(reading, attribution, gate, quiet=quiet)


def _run(reading: ReadingOptions, attribution: AttributionOptions, gate: _Gate, *, quiet: bool) -> int:
    from layerscope.checking import NOTHING, check, configuration_for  # noqa: PLC0415
    from layerscope.cli.gate_flags import settings_of  # noqa: PLC0415

    if gate.no_config and gate.config:
        raise UsageError("--no-config and --config contradict each other")
    attribution = attribution.located()
    outputs = parse_outputs(gate.outputs, RENDERERS, gate.format)
    source = path_of(reading.reference)
    check_outputs(outputs, source, attribution.dockerfile)
    _check_baseline(gate.write_baseline, outputs, source, attribution.dockerfile)
    configuration = NOTHING if gate.no_config else configuration_for(gate.config)
    flags = settings_of(gate.flags)
    _keep_inputs(gate, outputs, configuration, flags)
    with progress_bar("reading layers", quiet=quiet) as progress:
        found = check(
            reading.reference,
            configuration=configuration,
            flags=flags,
            today=gate.today or datetime.now(UTC).date(),
            accepting=gate.write_baseline is not None,
            allow_partial=gate.allow_partial,
            dockerfile=attribution.dockerfile,
            context=attribution.context,
            target=attribution.target,
            build_args=attribution.build_args,
            base=attribution.base,
            image=reading.image,
            platform=reading.platform,
            verify=reading.verify,
            cache=reading.kept(),
            jobs=reading.jobs,
            limits=reading.limits(),
            progress=progress,
        )
    page = partial(_page, found, attribution.dockerfile)
    views = [(each, View(each.target, gate.color, gate.top, page)) for each in outputs]
    rendered = [(each, render_verdict(each.format, found.verdict, view)) for each, view in views]
    from layerscope.cli.incomplete import raise_if_incomplete  # noqa: PLC0415
    from layerscope.gate.verdict import Decision  # noqa: PLC0415

    if gate.write_baseline is not None and found.analysis.complete:
        from layerscope.report.baseline import baseline_blocks  # noqa: PLC0415

        write_output(baseline_blocks(found.snapshot), gate.write_baseline)
    write_outputs(rendered)
    if gate.write_baseline is not None:  # of a part of an image there is no baseline
        raise_if_incomplete(found.analysis)
    raise_if_incomplete(found.analysis, allow_partial=gate.allow_partial)
    return int(found.verdict.decision is Decision.FAILED)


def _page(found: Checked, dockerfile: Path | None) -> bytes:
    from layerscope.cli.attribution import source_text  # noqa: PLC0415
    from layerscope.report.html.page import html_report  # noqa: PLC0415

    return html_report(
        found.analysis, found.findings, verdict=found.verdict, dockerfile=source_text(dockerfile)
    )


def _check_baseline(
    target: Path | None, outputs: list[Output], source: Path | None, dockerfile: Path | None
) -> None:
    if target is None:
        return
    if str(target) == "-":
        raise UsageError("--write-baseline -: a baseline is a file")
    if any(each.target is not None and each.target.absolute() == target.absolute() for each in outputs):
        raise UsageError(f"--write-baseline {target}: an --output goes there, too")
    check_output(target, source, dockerfile)
    if _is_something_else(target):
        raise UsageError(f"--write-baseline {target}: this is no baseline, and would be overwritten")


def _is_something_else(target: Path) -> bool:
    """Whether there is a file with content that `--write-baseline` did not write: an image, say."""
    try:
        with target.open("rb") as file:
            begin = file.read(_BEGINNING)
    except OSError:  # nothing is there, or nothing that can be read
        return False
    return bool(begin) and b'"layerscope_baseline"' not in begin


def _keep_inputs(gate: _Gate, outputs: list[Output], configuration: Configuration, flags: Settings) -> None:
    """No output takes the place of the configuration or of the baseline that is compared with."""
    said = flags.baseline or configuration.settings.baseline
    baseline = path_of(said.value) if said and Path(said.value).exists() else None
    config = Path(configuration.file) if configuration.file else None
    for each in outputs:
        keep_input("--output", each.target, baseline, "the baseline")
        keep_input("--output", each.target, config, "the configuration")
    keep_input("--write-baseline", gate.write_baseline, config, "the configuration")
