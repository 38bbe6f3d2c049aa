"""The public API: what the command line can do, Python can do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.errors import InvalidReference
from layerscope.image.image import Image
from layerscope.image.read import ReadOptions
from layerscope.image.read_layers import read_layers
from layerscope.image.source import Candidate, ImageSource
from layerscope.notices import NoticeLog, Severity
from layerscope.sources.choice import choose
from layerscope.sources.detect import open_reference

__all__ = ["analyze_image", "choose_image", "inspect", "open_source"]

Progress = Callable[[int, int], None]


def open_source(
    reference: str,
    *,
    verify: bool = True,
    content_hash: str = "xxh3-128",
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> ImageSource:
    """Recognize what `reference` points to and open it, without reading layers.

    A stream (`-`, a pipe, an archive that is compressed as a whole) passes once: its layers are read here,
    `verify` and `content_hash` say how, and `progress` hears of it. Raises SourceError, InvalidImage,
    Unsupported, LimitExceeded, UsageError.
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
    """Read the layers of an open image, replay them and account for every byte."""
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
    """Open, choose, analyze and close."""
    with open_source(
        reference, verify=verify, content_hash=content_hash, limits=limits, progress=progress
    ) as source:
        chosen = choose_image(source, reference, image=image, platform=platform)
        return analyze_image(
            chosen, verify=verify, content_hash=content_hash, jobs=jobs, limits=limits, progress=progress
        )


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # `- <&-`
        raise InvalidReference("-: standard input is closed; pipe an image in: docker save NAME | …")
    if sys.stdin.isatty():
        raise InvalidReference("-: standard input is a terminal; pipe an image in: docker save NAME | …")
    return sys.stdin.buffer


def _absent(chosen: Candidate, passed_over: tuple[Candidate, ...]) -> str:
    platforms = ", ".join(dict.fromkeys(c.platform or "unknown" for c in passed_over))
    return f"only {chosen.platform or 'one image'} has its layers in the source; listed without: {platforms}"
