"""The part of the public API that gives advice on a Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from layerscope.api import Progress, inspect, read_build
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.dockerfile.given import locate_dockerfile
from layerscope.image.reading_cache import ReadingCache
from layerscope.workspace.consult import Consultation, Question, consult

__all__ = ["advise"]


def advise(
    dockerfile: str | Path,
    reference: str | None = None,
    *,
    context: str | Path | None = None,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    builder: str = "auto",
    commits: int = 300,
    log: str | Path | None = None,
    volatile: Sequence[str] = (),
    steady: Sequence[str] = (),
    image: str | None = None,
    platform: str | None = None,
    verify: bool = True,
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
) -> Consultation:
    """Say how the instructions of a Dockerfile should be ordered, so that builds hit their cache.

    `reference` is an image that was built from it: its layers prove which instruction wrote which paths.
    `context` is the directory that is sent to the builder; the last `commits` commits of its git history say
    what changes how often. `builder` is whose cache counts (`buildkit`, `classic`, `buildah`; `auto` asks the
    image). `log` is the log of a build, with seconds. `volatile` and `steady` name build arguments that
    change with every build, or do not. The others mean what they mean for `inspect`.

    The proposals are in `.advice.safe` and `.advice.further`: what is proved or has evidence, and what a
    build has to verify. Nothing is written. Raises what `inspect` raises.
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
    )
    analysis = None
    if reference is not None:
        analysis = inspect(
            reference,
            image=image,
            platform=platform,
            dockerfile=dockerfile,
            target=target,
            build_args=build_args,
            packages=False,
            verify=verify,
            content_hash="none",
            jobs=jobs,
            limits=limits,
            progress=progress,
            cache=cache,
        )
    return consult(question, analysis)
