"""The part of the public API about several images: two against each other, and what many share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from layerscope.analysis.analyze import Analysis
from layerscope.api import Progress, choose_image, inspect, open_source, references_of
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.errors import AmbiguousImage, UsageError
from layerscope.image.read import ReadOptions
from layerscope.image.reading_cache import ReadingCache

if TYPE_CHECKING:
    from layerscope.analysis.comparison_types import Comparison
    from layerscope.analysis.sharing_types import Sharing

__all__ = ["compare", "share"]


def compare(
    old: str,
    new: str,
    *,
    platform: str | None = None,
    packages: bool = True,
    verify: bool = True,
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
) -> Comparison:
    """Read two images and tell what became of each layer, why, what grew and what pulling `new` costs.

    `old` and `new` are references as for `inspect`; of a source that holds several images
    `transport:path:name` names one. The other arguments mean what they mean for `inspect`, which is what is
    asked of each; `packages` is about growth by packages. Raises what `inspect` raises.
    """
    from layerscope.analysis.comparison import compare as compare_analyses  # noqa: PLC0415  # one verb's

    if old == new == "-":
        raise UsageError("-: standard input can be one of the two images, not both")
    analyses = [
        _inspect_named(
            reference,
            platform=platform,
            packages=packages,
            verify=verify,
            jobs=jobs,
            limits=limits,
            progress=progress,
            cache=cache,
        )
        for reference in (old, new)
    ]
    return compare_analyses(*analyses)


def _inspect_named(reference: str, **options: Any) -> Analysis:
    """Where a choice is asked for, list references: there is no option to choose with."""
    try:
        return inspect(reference, **options)
    except AmbiguousImage as error:
        if reference == "-":
            raise
        with open_source(reference, verify=False) as source:
            choices = references_of(source, reference, error.further)
        raise AmbiguousImage(error.message, further=choices) from error


def share(
    references: Sequence[str],
    *,
    platform: str | None = None,
    verify: bool = True,
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
    chunks: bool = False,
) -> Sharing:
    """Read many images, each different layer once, and tell what they share, and what they could.

    Each reference is one as for `inspect`, a directory with images in it, or a glob. One that names an image
    means this, any other all images of its source, or all of `platform`. The other arguments mean what they
    mean for `inspect`. What could not be read is in `notices` and `failures`. Raises what `inspect` raises
    for a source, but for what was met in a directory: that is left out with a notice.

    With `chunks` the contents of all layers are read once more, and `chunks` of the result says what formats
    that store chunks would have to store. Raises MissingDependency without the extra of that name,
    Unsupported for layers that pass once.
    """
    from layerscope.analysis.sharing import share as share_layers  # noqa: PLC0415  # one verb's
    from layerscope.fleet.chunks import require_chunks  # noqa: PLC0415
    from layerscope.fleet.gather import gather  # noqa: PLC0415

    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs: {jobs} is not a number from 1 up")
    if chunks:
        require_chunks()
    gathered = gather(
        references,
        open_source=lambda reference: open_source(reference, verify=verify, limits=limits),
        choose=lambda source, reference: choose_image(source, reference, platform=platform),
        options=ReadOptions(verify=verify, limits=limits),
        platform=platform,
        jobs=jobs,
        progress=progress,
        cache=cache,
        chunks=chunks,
    )
    return share_layers(gathered.inputs, gathered.notices, gathered.chunks)
