"""The public API: what the command line can do, Python can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.errors import InvalidReference, UsageError
from layerscope.image.image import Image
from layerscope.image.read import ReadOptions
from layerscope.image.read_layers import read_layers
from layerscope.image.source import Candidate, ImageSource
from layerscope.notices import NoticeLog, Severity
from layerscope.rules.examine import examine
from layerscope.sources.choice import choose
from layerscope.sources.detect import open_reference

__all__ = ["analyze_image", "choose_image", "examine", "inspect", "open_source"]

Progress = Callable[[int, int], None]


def open_source(
    reference: str,
    *,
    verify: bool = True,
    content_hash: str = "xxh3-128",
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> ImageSource:
    """Recognize what `reference` points to and open it, without reading layers; use it with `with`.

    `reference` is a path, `-` for standard input, or `transport:path[:name]` as on the command line.

    A stream (`-`, a pipe, an archive that is compressed as a whole) passes once: its layers are read here,
    and the other arguments, which mean what they mean for `inspect`, say how. Raises SourceError,
    InvalidImage, Unsupported, LimitExceeded, UsageError.
    """
    options = ReadOptions(verify=verify, content_hash=content_hash, limits=limits)
    return open_reference(reference, options, stdin=_standard_input, progress=progress)


def choose_image(
    source: ImageSource, reference: str, *, image: str | None = None, platform: str | None = None
) -> Image:
    """Open the one image that `image` (a name, a digest, or `@2` for the third) and `platform` choose.

    Raises AmbiguousImage when several are left and NoSuchImage when none is; both list what is there. In an
    archive that breaks off, Truncated stands for the second. The notices of the source come before those of
    the image.
    """
    candidate, passed_over = choose(
        source.candidates(),
        reference,
        image=image or source.wanted or None,
        platform=platform,
        broken=source.broken,
    )
    opened = source.open(candidate, reference)
    log = NoticeLog()
    log.extend(source.notices())
    if passed_over:
        log.add("platforms-absent", Severity.INFO, _absent(candidate, passed_over))
    log.extend(opened.notices)
    return replace(opened, notices=log.notices())


def analyze_image(
    image: Image,
    *,
    verify: bool = True,
    content_hash: str = "xxh3-128",
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Analysis:
    """Read the layers of an open image, replay them and account for every byte.

    The arguments mean what they mean for `inspect`. A layer that cannot be read, or passes a limit, raises
    nothing: see `inspect`. Raises UsageError for fewer than one job.
    """
    _check_jobs(jobs)
    options = ReadOptions(verify=verify, content_hash=content_hash, limits=limits)
    return analyze(image, read_layers(image, options, jobs=jobs, progress=progress), limits=limits)


def inspect(
    reference: str,
    *,
    image: str | None = None,
    platform: str | None = None,
    verify: bool = True,
    content_hash: str = "xxh3-128",
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Analysis:
    """Account for every byte of one image: open the source, choose the image, read and replay its layers.

    `reference` is a path, `-` for standard input, or `transport:path[:name]`. `image` (a name or a digest)
    and `platform` (`linux/arm64`) choose where the source holds several. Without `verify` nothing is compared
    with the digests that the image promises. `content_hash` (`xxh3-128`, `sha256`, `none`) is what files are
    compared by. `jobs` layers are read at a time, each by a process; None means all processors. Past one of
    `limits` reading stops. `progress` is called with the bytes read and the bytes in all, 0 if nobody knows.

    A layer that is missing, damaged or past a limit raises nothing: its error is `layers[i].layer.absent` or
    `layers[i].reading.error`, and `analysis.complete` is false. Errors of the source and the image as a whole
    are raised, all subclasses of `layerscope.errors.LayerscopeError`: UsageError, SourceError (AmbiguousImage
    and NoSuchImage list what is there), InvalidImage, Unsupported, and LimitExceeded for documents, for an
    archive, and for a stream that is compressed as a whole.
    """
    _check_jobs(jobs)
    with open_source(
        reference, verify=verify, content_hash=content_hash, limits=limits, progress=progress
    ) as source:
        chosen = choose_image(source, reference, image=image, platform=platform)
        return analyze_image(
            chosen, verify=verify, content_hash=content_hash, jobs=jobs, limits=limits, progress=progress
        )


def _check_jobs(jobs: int | None) -> None:
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs: {jobs} is not a number from 1 up")


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # `- <&-`
        raise InvalidReference("-: standard input is closed; pipe an image in: docker save NAME | …")
    if sys.stdin.isatty():
        raise InvalidReference("-: standard input is a terminal; pipe an image in: docker save NAME | …")
    return sys.stdin.buffer


def _absent(chosen: Candidate, passed_over: tuple[Candidate, ...]) -> str:
    platforms = ", ".join(dict.fromkeys(c.platform or "unknown" for c in passed_over))
    return f"only {chosen.platform or 'one image'} has its layers in the source; listed without: {platforms}"
