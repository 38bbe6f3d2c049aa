"""`layerscope optimize`: the same image in fewer bytes."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from types import FrameType
from typing import Annotated, Any

import typer

from layerscope.cli.options import (
    BaseOption,
    Color,
    ColorOption,
    ImageArgument,
    ImageOption,
    JobsOption,
    MaxLayerSizeOption,
    MaxRatioOption,
    PlatformOption,
    QuietOption,
    ReadingOptions,
)
from layerscope.cli.output import write_output
from layerscope.cli.progress import progress_bar
from layerscope.cli.text_output import text_blocks
from layerscope.errors import UsageError
from layerscope.optimizer.plan import Plan
from layerscope.optimizing import Optimization, optimize

__all__ = ["OptimizeFormat", "optimize_command"]


class OptimizeFormat(StrEnum):
    """How the plan and the result are written."""

    TEXT = "text"
    JSON = "json"


TargetOption = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="[TRANSPORT:]PATH[:NAME]",
        help="Where the image is written, with the transport docker-archive, oci-archive or oci, which is "
        "a directory; by default as IMAGE is. With a transport it may be given another NAME. It is read back "
        "and compared before it takes its place.",
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Print the plan and write nothing.")]
SharedOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-shared-with",
        metavar="IMAGE",
        help="Keep the lowest layers that this image has too, for both to share; may come several times.",
    ),
]


def _range(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,6})\.\.([0-9]{1,6})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise UsageError(f"--squash {text}: is not FROM..TO, such as 3..7")
    return int(found[1]), int(found[2])


def _source_date_epoch() -> int:
    """Seconds since 1970 that the environment asks for; 0 where it asks for nothing.

    Source: reproducible-builds.org, "SOURCE_DATE_EPOCH specification".
    """
    text = os.environ.get("SOURCE_DATE_EPOCH", "0")
    if re.fullmatch(r"[0-9]{1,12}", text, re.ASCII) is None:
        raise UsageError(f"SOURCE_DATE_EPOCH: {text!r} is no number of seconds since 1970")
    return int(text)


SquashOption = Annotated[
    str | None,
    typer.Option(
        "--squash",
        metavar="FROM..TO",
        help="Merge these layers of IMAGE into one; the plan says what that saves, and what it unshares.",
    ),
]
RecompressOption = Annotated[
    str | None,
    typer.Option(
        "--recompress",
        metavar="CODEC[:LEVEL]",
        help="Compress the layers that are not kept with gzip, zstd or none; else as they were.",
    ),
]
DropOption = Annotated[
    list[str] | None,
    typer.Option(
        "--drop",
        metavar="RULE",
        help="Leave out files that are there in the end: caches, docs, leftovers, locales, logs, pyc, tests, "
        "or a rule behind these. This changes the root filesystem; a label says so. May come several times.",
    ),
]
ReproducibleOption = Annotated[
    bool,
    typer.Option(
        "--reproducible",
        help="Write the same bytes for the same contents: entries sorted by path, no names of owners, no "
        "time after that of the variable SOURCE_DATE_EPOCH, or after 1970 without it. Times of files change.",
    ),
]
FormatOption = Annotated[
    OptimizeFormat, typer.Option("--format", "-f", help="How to write the plan and the result.")
]


@dataclass(frozen=True, slots=True)
class _Choices:
    """What is to be written, and where."""

    output: str | None
    base: str | None
    shared: tuple[str, ...]
    squash: str | None
    recompress: str | None
    drop: tuple[str, ...]
    reproducible: bool


def optimize_command(
    image: ImageArgument,
    *,
    output: TargetOption = None,
    dry_run: DryRunOption = False,
    name: ImageOption = None,
    platform: PlatformOption = None,
    base: BaseOption = None,
    keep_shared_with: SharedOption = None,
    squash: SquashOption = None,
    recompress: RecompressOption = None,
    drop: DropOption = None,
    reproducible: ReproducibleOption = False,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output_format: FormatOption = OptimizeFormat.TEXT,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
) -> Callable[[], None]:
    """Write the same image in fewer bytes: what later layers hide is left out.

    The root filesystem and the configuration stay the same; history and labels too. The base image's layers
    are kept as they are. What was written is read back and compared path by path before it takes its place;
    IMAGE is never changed.

    Examples:

      layerscope optimize app.tar --dry-run

      layerscope optimize app.tar -o app-slim.tar

      layerscope optimize app.tar -o app-slim.tar --base debian.tar

      layerscope optimize app.tar -o docker-archive:slim.tar:example.com/app:slim

      layerscope optimize oci:layout -o oci-archive:app.tar --recompress zstd:19

      layerscope optimize app.tar -o app-slim.tar --squash 4..9

      layerscope optimize app.tar -o app-slim.tar --reproducible

      docker save app:1 | layerscope optimize - -o app-slim.tar --drop caches
    """
    reading = ReadingOptions(image, name, platform, True, jobs, max_layer_size, max_ratio)
    choices = _Choices(
        None if dry_run else output,
        base,
        tuple(keep_shared_with or ()),
        squash,
        recompress,
        tuple(drop or ()),
        reproducible,
    )
    if output is None and not dry_run:
        return _refuse
    return lambda: _run(reading, choices, output_format, color, quiet=quiet)


def _refuse() -> None:
    raise UsageError("optimize needs --output, or --dry-run to see what would be done")


def _run(
    reading: ReadingOptions, choices: _Choices, output_format: OptimizeFormat, color: Color, *, quiet: bool
) -> None:
    is_text = output_format is OptimizeFormat.TEXT
    with _ended_in_order(), progress_bar("optimizing", quiet=quiet) as progress:
        result = optimize(
            reading.reference,
            choices.output,
            image=reading.image,
            platform=reading.platform,
            base=choices.base,
            keep_shared_with=choices.shared,
            squash=_range(choices.squash) if choices.squash else None,
            recompress=choices.recompress,
            drop=choices.drop,
            reproducible=_source_date_epoch() if choices.reproducible else None,
            jobs=reading.jobs,
            limits=reading.limits(),
            planned=(lambda plan: _show_plan(plan, color)) if is_text else None,
            progress=progress,
        )
    if is_text:
        _show_result(result, color)
        return
    from layerscope.report.plan_json import plan_blocks  # noqa: PLC0415

    write_output(plan_blocks(result.plan, result.written), None)


def _show_plan(plan: Plan, color: Color) -> None:
    from layerscope.report.plan_text import plan_text  # noqa: PLC0415  # rich takes 40 ms

    write_output(text_blocks(lambda options: plan_text(plan, options), None, color), None)


def _show_result(result: Optimization, color: Color) -> None:
    if result.written is None:
        return
    from layerscope.report.plan_text import written_text  # noqa: PLC0415

    written = result.written
    write_output(text_blocks(lambda options: written_text(written, options), None, color), None)


_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""What ends the program from outside and can be heard of: Ctrl-C, a CI service that cancels a job, a terminal
that goes away. Windows has no SIGHUP."""


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Who stops the program leaves nothing half written behind, however often it is asked to stop."""
    before: dict[signal.Signals, Any] = {}

    def end(signaled: int, frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # tidying up is not to be interrupted
        signal.default_int_handler(signaled, frame)

    with suppress(ValueError):  # not the main thread
        for number in (getattr(signal, name) for name in _ENDING if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
