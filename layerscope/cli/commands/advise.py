"""`layerscope advise`: the order of a Dockerfile that makes builds hit their cache, as a patch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.blobs.limits import DEFAULT_LIMITS
from layerscope.cli.options import (
    BuildArgOption,
    CacheOption,
    Color,
    ColorOption,
    ImageOption,
    JobsOption,
    MaxLayerSizeOption,
    MaxRatioOption,
    OutputOption,
    PlatformOption,
    QuietOption,
    ReadingOptions,
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

if TYPE_CHECKING:
    from layerscope.advice.advise import Proposal
    from layerscope.workspace.consult import Consultation
    from layerscope.workspace.verify import Verdict

__all__ = ["AdviseFormat", "BuilderCache", "advise_command"]


class AdviseFormat(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"
    PATCH = "patch"


class BuilderCache(StrEnum):
    """Whose cache is meant."""

    AUTO = "auto"
    BUILDKIT = "buildkit"
    CLASSIC = "classic"
    BUILDAH = "buildah"


ImageArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[IMAGE]",
        show_default=False,
        help="An image that was built from the Dockerfile, as for inspect: its layers prove which "
        "instruction wrote what.",
    ),
]
DockerfileOption = Annotated[
    Path,
    typer.Option("--dockerfile", metavar="FILE", help="The Dockerfile, or its directory."),
]
ContextOption = Annotated[
    Path | None,
    typer.Option(
        "--context",
        metavar="DIR",
        help="The build context; its git history says what changes how often. If not given, the Dockerfile's "
        "directory or the working directory, whichever has what is copied.",
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option("--target", metavar="STAGE", help="The stage that is built; the last one if not given."),
]
BuilderOption = Annotated[
    BuilderCache,
    typer.Option("--builder", help="Whose cache is meant; auto: that of IMAGE's builder, else BuildKit."),
]
CommitsOption = Annotated[
    int, typer.Option("--commits", parser=natural, metavar="N", help="Commits that are replayed.")
]
LogOption = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="The log of a build, with seconds: docker build --progress=plain or rawjson, or CI's copy.",
    ),
]
VolatileOption = Annotated[
    list[str] | None,
    typer.Option("--volatile", metavar="NAME", help="A build argument that changes with every build."),
]
SteadyOption = Annotated[
    list[str] | None,
    typer.Option("--steady", metavar="NAME", help="A build argument that does not, whatever its name says."),
]
WithOption = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="KIND",
        help="Take suggestions of this kind into the patch even if they change the image, need a newer "
        "builder, or a build has to verify them.",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="KIND", help="Nothing but suggestions of this kind: no other order."),
]
WriteOption = Annotated[bool, typer.Option("--write", help="Change the Dockerfile, and the ignore file.")]
UnverifiedOption = Annotated[
    bool,
    typer.Option("--unverified", help="With --write and --format patch: also what a build has to verify."),
]
VerifyOption = Annotated[
    bool,
    typer.Option(
        "--verify",
        help="Build the file as it is and the proposals with buildah, podman or docker, and compare the "
        "images; a proposal that makes another image is withdrawn.",
    ),
]
ProgramOption = Annotated[
    str | None,
    typer.Option("--verify-with", metavar="PROGRAM", help="buildah, podman or docker; the first one there."),
]
BuildOptionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--verify-option",
        metavar="OPTION",
        help="An option for the builder's build, such as --network=host or --secret=id=key,src=key.txt; may "
        "come several times.",
    ),
]
ReplayOption = Annotated[
    int,
    typer.Option(
        "--verify-commits", parser=natural, metavar="N", help="Commits that --verify builds, to count hits."
    ),
]
ExitCodeOption = Annotated[
    bool, typer.Option("--exit-code", help="Exit with 1 where there is something to gain.")
]
FormatOption = Annotated[AdviseFormat, typer.Option("--format", "-f", help="How to write it.")]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What advice is asked for, and what happens to it."""

    dockerfile: Path
    context: Path | None
    target: str | None
    build_args: dict[str, str]
    builder: BuilderCache
    commits: int
    log: Path | None
    volatile: list[str]
    steady: list[str]
    kinds: list[str]
    only: bool
    verify: bool
    program: str
    build_options: list[str]
    replayed: int
    write: bool
    unverified: bool
    exit_code: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    format: AdviseFormat
    output: Path | None
    color: Color
    quiet: bool


def advise_command(
    image: ImageArgument = None,
    *,
    dockerfile: DockerfileOption = Path(),
    context: ContextOption = None,
    target: TargetOption = None,
    build_arg: BuildArgOption = None,
    builder: BuilderOption = BuilderCache.AUTO,
    commits: CommitsOption = 300,
    log: LogOption = None,
    volatile: VolatileOption = None,
    steady: SteadyOption = None,
    with_: WithOption = None,
    only: OnlyOption = None,
    verify: VerifyOption = False,
    verify_with: ProgramOption = None,
    verify_option: BuildOptionOption = None,
    verify_commits: ReplayOption = 5,
    write: WriteOption = False,
    unverified: UnverifiedOption = False,
    exit_code: ExitCodeOption = False,
    name: ImageOption = None,
    platform: PlatformOption = None,
    cache: CacheOption = True,
    jobs: JobsOption = None,
    max_layer_size: MaxLayerSizeOption = None,
    max_ratio: MaxRatioOption = None,
    output_format: FormatOption = AdviseFormat.TEXT,
    output: OutputOption = None,
    color: ColorOption = Color.AUTO,
    quiet: QuietOption = False,
) -> Callable[[], int | None]:
    """Order a Dockerfile so that builds hit their cache, without changing the image.

    Besides the order: owners given by COPY and not by chown, clean-ups in the RUN that installs, cache and
    bind mounts, COPY --link, entries for .dockerignore, and more. What keeps the image joins the patch; what
    changes it, or needs a newer builder, stands apart with a patch of its own, and joins with --with KIND.

    Says which instructions to move, what that saves in a build on average, and why it is safe: proved by the
    image's layers, by evidence, or by knowledge that a build has to verify. Those last stand apart, and are
    written only with --unverified, or once --verify has built them. What cannot be shown to be safe is left
    as it is, and it is said why.

    Examples:

      layerscope advise

      layerscope advise app.tar --dockerfile build/Dockerfile --context .

      layerscope advise app.tar --log build.log --format patch | git apply

      layerscope advise app.tar --only dockerignore --format patch | git apply

      layerscope advise app.tar --verify --write
    """
    reading = None
    if image is not None:
        reading = ReadingOptions(image, name, platform, True, jobs, max_layer_size, max_ratio, cache)
    asked = _Asked(
        dockerfile=dockerfile,
        context=context,
        target=target,
        build_args=dict(argument.split("=", 1) for argument in build_arg or ()),
        builder=builder,
        commits=commits,
        log=log,
        volatile=volatile or [],
        steady=steady or [],
        kinds=[*(with_ or []), *(only or [])],
        only=bool(only),
        verify=verify,
        program=verify_with or "",
        build_options=verify_option or [],
        replayed=verify_commits,
        write=write,
        unverified=unverified,
        exit_code=exit_code,
    )
    return lambda: _run(reading, asked, _Shape(output_format, output, color, quiet))


def _run(reading: ReadingOptions | None, asked: _Asked, shape: _Shape) -> int | None:
    from layerscope.advice.suggestions.registry import known_kinds  # noqa: PLC0415
    from layerscope.advising import advise, context_of  # noqa: PLC0415  # loaded only when it is asked for
    from layerscope.dockerfile.given import locate_dockerfile  # noqa: PLC0415
    from layerscope.sources.detect import path_of  # noqa: PLC0415

    try:
        dockerfile = locate_dockerfile(asked.dockerfile)
    except LayerscopeError as error:
        raise type(error)(f"--{error.message}", further=error.further) from error
    check_output(shape.output, path_of(reading.reference) if reading else None, dockerfile)
    if (asked.program or asked.build_options) and not asked.verify:
        raise UsageError(f"{'--verify-with' if asked.program else '--verify-option'} needs --verify")
    known_kinds(asked.kinds)
    with progress_bar("reading layers", quiet=shape.quiet or reading is None) as progress:
        found = advise(
            dockerfile,
            reading.reference if reading else None,
            context=asked.context or context_of(dockerfile) or dockerfile.parent,
            target=asked.target,
            build_args=asked.build_args,
            builder=asked.builder,
            commits=asked.commits,
            log=asked.log,
            volatile=asked.volatile,
            steady=asked.steady,
            kinds=asked.kinds,
            only=asked.only,
            image=reading.image if reading else None,
            platform=reading.platform if reading else None,
            jobs=reading.jobs if reading else None,
            limits=reading.limits() if reading else DEFAULT_LIMITS,
            progress=progress,
            cache=reading.kept() if reading else None,
        )
    found, verdicts = _verified(found, asked)
    write_output(_blocks(found, verdicts, asked, shape), shape.output)
    if shape.format is AdviseFormat.PATCH and not asked.write and _chosen(found, verdicts, asked) is None:
        _say(f"no patch: {_why_none(found, verdicts)}", shape)
    if asked.write:
        _say(_write(found, verdicts, asked, dockerfile), shape)
    return 1 if asked.exit_code and _chosen(found, verdicts, replace(asked, unverified=True)) else None


def _verified(found: Consultation, asked: _Asked) -> tuple[Consultation, tuple[Verdict, ...]]:
    """What builds showed; what did not build is among the notices."""
    if not asked.verify:
        return found, ()
    from layerscope.api import inspect  # noqa: PLC0415
    from layerscope.workspace.builders import find_builder  # noqa: PLC0415
    from layerscope.workspace.verify import verify  # noqa: PLC0415

    builder = find_builder(asked.program, asked.build_options)
    done = verify(found, builder, lambda path: inspect(str(path), packages=False), commits=asked.replayed)
    return replace(found, notices=(*found.notices, *done.notices)), done.verdicts


def _chosen(found: Consultation, verdicts: tuple[Verdict, ...], asked: _Asked) -> Proposal | None:
    """The best proposal that may be used; None if there is none."""
    verified = {verdict.proposal: verdict.equal for verdict in verdicts}
    advice = found.advice
    if advice.further is not None and verified.get("further", asked.unverified):
        return advice.further
    if advice.safe is not None and verified.get("safe", True):
        return advice.safe
    return None


def _say(what: str, shape: _Shape) -> None:
    """What became of `--write`, or of a patch, where it does not mix with the result."""
    if not shape.quiet:
        typer.echo(f"layerscope: {what}", err=True)


def _why_none(found: Consultation, verdicts: tuple[Verdict, ...]) -> str:
    """Why there is no patch that may be used."""
    wrong = [each for each in verdicts if each.proposal in ("safe", "further") and not each.equal]
    if wrong:
        built = any(not each.failure for each in wrong)
        return "a build shows another image" if built else "it does not build"
    if found.advice.further is not None:
        return "a build has to verify the patch: add --verify, or --unverified"
    return "nothing is to be changed"


def _write(found: Consultation, verdicts: tuple[Verdict, ...], asked: _Asked, dockerfile: Path) -> str:
    """Write the best proposal that may be used, and say what was written."""
    chosen = _chosen(found, verdicts, asked)
    if chosen is None:
        return f"nothing was written: {_why_none(found, verdicts)}"
    written = []
    if chosen.text != found.advice.dockerfile.text:
        write_output([chosen.text.encode("utf-8", "surrogateescape")], dockerfile)
        written.append(str(dockerfile))
    if chosen.ignore is not None and found.ignore_path is not None:
        write_output([chosen.ignore.after.encode("utf-8", "surrogateescape")], found.ignore_path)
        written.append(str(found.ignore_path))
    return f"wrote {' and '.join(written)}"


def _blocks(found: Consultation, verdicts: tuple[Verdict, ...], asked: _Asked, shape: _Shape) -> list[bytes]:
    if shape.format is AdviseFormat.PATCH:
        chosen = _chosen(found, verdicts, asked)
        return [] if chosen is None else [chosen.patch.encode("utf-8", "surrogateescape")]
    if shape.format is AdviseFormat.JSON:
        from layerscope.report.advice import advice_json  # noqa: PLC0415

        return [advice_json(found, verdicts)]
    from layerscope.report.advice_text import AdviceTextOptions, advice_text  # noqa: PLC0415

    options = AdviceTextOptions(output_width(shape.output), uses_color(shape.color, shape.output))
    text = advice_text(found, verdicts, options)
    return list(encoded([text.encode()], output_encoding(shape.output)))
