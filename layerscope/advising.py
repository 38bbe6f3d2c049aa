"""The part of the public API that gives advice on a Dockerfile, and that rules about Dockerfiles ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from layerscope.analysis.analyze import Analysis
from layerscope.api import Progress, inspect, read_build
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.dockerfile.given import locate_dockerfile
from layerscope.errors import LayerscopeError
from layerscope.image.reading_cache import ReadingCache
from layerscope.notices import NoticeLog, Severity
from layerscope.rules.building import Building
from layerscope.workspace.consult import Consultation, Question, consult
from layerscope.workspace.context import likely_context

__all__ = ["advise", "building_of", "context_of", "known_building"]


def advise(
    dockerfile: str | Path,
    reference: str | None = None,
    *,
    analysis: Analysis | None = None,
    context: str | Path | None = None,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    builder: str = "auto",
    commits: int = 300,
    log: str | Path | None = None,
    volatile: Sequence[str] = (),
    steady: Sequence[str] = (),
    kinds: Sequence[str] = (),
    only: bool = False,
    image: str | None = None,
    platform: str | None = None,
    verify: bool = True,
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
) -> Consultation:
    """Say how the instructions of a Dockerfile should be ordered, so that builds hit their cache.

    `reference` is an image that was built from it: its layers prove which instruction wrote which paths;
    `analysis` is that of one that was read already, by `inspect` with the same Dockerfile.
    `context` is the directory that is sent to the builder; the last `commits` commits of its git history say
    what changes how often. `builder` is whose cache counts (`buildkit`, `classic`, `buildah`; `auto` asks the
    image). `log` is the log of a build, with seconds. `volatile` and `steady` name build arguments that
    change with every build, or do not. `kinds` are those of suggestions that are wanted in the proposals even
    if they change the image or a build has to verify them; with `only` nothing else is. The others mean what
    they mean for `inspect`.

    The proposals are in `.advice.safe` and `.advice.further`: what is proved or has evidence, and what a
    build has to verify; all suggestions, each with its own patch, in `.advice.suggestions`. Nothing is
    written. Raises what `inspect` raises.
    """
    build = read_build(dockerfile, target, build_args, limits)
    assert build is not None
    question = Question(
        dockerfile=build.dockerfile,
        path=locate_dockerfile(dockerfile),
        context=None if context is None else Path(context),
        target=build.target,
        build_args=build.build_args,
        profile=builder,
        commits=commits,
        log=None if log is None else Path(log),
        volatile=volatile,
        steady=steady,
        kinds=kinds,
        only=only,
    )
    if analysis is None and reference is not None:
        analysis = inspect(
            reference,
            image=image,
            platform=platform,
            dockerfile=dockerfile,
            target=target,
            build_args=build_args,
            verify=verify,
            content_hash="none",
            jobs=jobs,
            limits=limits,
            progress=progress,
            cache=cache,
        )
    return consult(question, analysis)


def building_of(found: Consultation, analysis: Analysis) -> Building:
    """What rules about Dockerfiles look at: `examine(analysis, building=building_of(advice, analysis))`."""
    question, image = found.question, analysis.image
    command = ["layerscope", "advise", *([] if image.reference == "-" else [image.reference])]
    command += ["--dockerfile", str(question.path)]
    if question.context is not None and question.context != question.path.parent:
        command += ["--context", str(question.context)]
    if question.target:
        command += ["--target", question.target]
    lines = [(layer.index, layer.instruction) for layer in image.layers]
    layers = {
        instruction.lines.first: index
        for index, instruction in lines
        if instruction is not None and instruction.lines is not None
    }
    return Building(found.advice, found.known, tuple(command), layers)


def known_building(
    analysis: Analysis,
    dockerfile: str | Path | None,
    *,
    context: str | Path | None = None,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Analysis, Building | None]:
    """Advice on the Dockerfile that an image was attributed to, for the rules LS2xx; None without one.

    `context` is found where it is not given: it is the Dockerfile's directory, or the working directory, if
    all that is copied is there. What cannot be asked is a notice of the analysis that is given back, and no
    error, unless the context was given.
    """
    if dockerfile is None or analysis.image.dockerfile is None:
        return analysis, None
    try:
        found = advise(
            dockerfile,
            analysis=analysis,
            context=context or context_of(dockerfile, limits),
            target=target,
            build_args=build_args,
            limits=limits,
        )
    except LayerscopeError as error:
        if context is not None:
            raise
        log = NoticeLog()
        log.extend(analysis.notices)
        what = f"{analysis.image.dockerfile.file}: rules about it were not asked: {error.message}"
        log.add("dockerfile-rules-not-asked", Severity.WARNING, what)
        return replace(analysis, notices=log.notices()), None
    return analysis, building_of(found, analysis)


def context_of(dockerfile: str | Path, limits: Limits = DEFAULT_LIMITS) -> Path | None:
    """The build context of a Dockerfile where nobody said it: its directory, or the working directory,
    whichever has all that is copied; None if neither has."""
    build = read_build(dockerfile, None, None, limits)
    assert build is not None
    return likely_context(locate_dockerfile(dockerfile), build.dockerfile)
