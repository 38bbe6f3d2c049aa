"""The public API: what the command line can do, Python can do."""

from __future__ import annotations

from collections.abc import Callable

from layerscope.analysis.analyze import Analysis
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.image.image import Image
from layerscope.image.source import ImageSource

__all__ = ["analyze_image", "inspect", "open_source"]

Progress = Callable[[int, int], None]


def open_source(reference: str, *, limits: Limits = DEFAULT_LIMITS) -> ImageSource:
    """Recognize what `reference` points to and open it, without reading layers (but for streams)."""
    raise NotImplementedError


def choose_image(
    source: ImageSource, reference: str, *, image: str | None = None, platform: str | None = None
) -> Image:
    """Open the one image that `image` (a name or a digest) and `platform` choose.

    Raises AmbiguousImage when several are left and NoSuchImage when none is; both list what is there.
    """
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError
