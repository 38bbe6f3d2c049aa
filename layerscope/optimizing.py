"""The part of the public API that writes images: `layerscope.optimize`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from layerscope.analysis.analyze import Analysis
from layerscope.api import analyze_image, choose_image, open_source, standard_input
from layerscope.blobs.compress import parse_codec
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.errors import InvalidImage, LayerscopeError, UsageError
from layerscope.image.image import Image
from layerscope.image.read import ReadOptions
from layerscope.image.read_layers import read_layers
from layerscope.notices import Severity
from layerscope.oci.digest import DiffID
from layerscope.optimizer.drop import rules_to_drop
from layerscope.optimizer.plan import Options, Plan, make_plan
from layerscope.optimizer.run import Optimized, carry_out, check_readable, check_target
from layerscope.optimizer.spool import seekable
from layerscope.sinks.target import parse_target, split_target
from layerscope.sources.detect import path_of

__all__ = ["Optimization", "optimize"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Optimization:
    """What was planned, and what was written; None for a plan alone."""

    plan: Plan
    written: Optimized | None


def optimize(
    reference: str,
    output: str | Path | None = None,
    *,
    image: str | None = None,
    platform: str | None = None,
    base: str | None = None,
    keep_shared_with: Sequence[str] = (),
    squash: tuple[int, int] | None = None,
    recompress: str | None = None,
    drop: Sequence[str] = (),
    reproducible: int | None = None,
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    planned: Callable[[Plan], None] | None = None,
    progress: Progress | None = None,
) -> Optimization:
    """Write the image with the same root filesystem and configuration, and no waste above its base.

    `output` is a path, or `transport:path[:name]` with docker-archive, oci-archive or oci (a directory); the
    image keeps its names if none is given. Without it nothing is written, and the plan is the result.
    `planned` is called with the plan before anything is written. The base's layers stay as they are, and the
    lowest layers that one of the images `keep_shared_with` has too; `base="none"` lets all be written anew.
    `squash` merges the layers from one index to another into one. `recompress` is `gzip`, `zstd` or `none`,
    with a level behind a colon, for the layers that are written; else they are compressed as they were. The
    other arguments mean what they mean for `inspect`. What passes once, standard input for one, is copied to
    a file beside the output first.

    `drop` does change the root filesystem, and the label `io.layerscope.dropped` says so: files that these
    rules find above the kept layers are left out (`caches`, `docs`, `leftovers`, `locales`, `logs`, `pyc`,
    `tests`, or ids of the rules behind these).

    With `reproducible`, seconds since 1970 as in SOURCE_DATE_EPOCH, the written bytes depend on what is in
    the image and on nothing else: records are sorted by path, headers are made anew without names of owners,
    and times after that one become that one, in the root filesystem too, but for what kept layers hold.

    What was written is read back before it takes its place, and compared path by path with the original:
    kind, mode, owner, time, content, link target, device, xattrs, hard links. Raises OutputError where
    anything differs or cannot be written; then nothing is left of it. Raises InvalidImage, Unsupported and
    SourceError for an image that cannot be read as a whole, UsageError, LimitExceeded.
    """
    codec = parse_codec(recompress) if recompress else None
    rule_ids = rules_to_drop(drop)
    beside = None if output is None else split_target(str(output))[1]
    with (
        seekable(reference, standard_input, beside, limits) as place,
        open_source(place, verify=True, content_hash="sha256", limits=limits) as source,
    ):
        chosen = choose_image(source, place, image=image, platform=platform)
        chosen = replace(chosen, reference=reference)
        target = parse_target(str(output), chosen.format) if output is not None else None
        check_readable(chosen)
        if target is not None:
            check_target(chosen, target, _paths_of([*keep_shared_with, *([base] if base else [])]))
        shared = tuple((name, _diff_ids(name, chosen, limits)) for name in keep_shared_with)
        analysis = analyze_image(
            chosen,
            base=base,
            packages=bool(rule_ids),
            content_hash="sha256",
            jobs=jobs,
            limits=limits,
            progress=progress,
        )
        _check_complete(analysis)
        options = Options(squash, codec, shared, rule_ids, reproducible)
        plan = make_plan(analysis, options, limits=limits)
        if planned is not None:
            planned(plan)
        if target is None:
            return Optimization(plan, None)
        return Optimization(plan, carry_out(plan, target, limits=limits, jobs=jobs, progress=progress))


def _paths_of(references: Sequence[str]) -> list[Path]:
    """Where other images lie; what is none, a digest for one, lies nowhere."""
    found = []
    for reference in references:
        with suppress(LayerscopeError):
            found.append(path_of(reference))
    return [path for path in found if path is not None]


def _check_complete(analysis: Analysis) -> None:
    """Raise the error of a layer that was not read to its end, or what else is wrong with the image."""
    for layer in analysis.layers:
        if layer.reading.error is not None:
            raise layer.reading.error.at(f"layer {layer.layer.index}")
    wrong = [notice for notice in analysis.notices if notice.severity is Severity.ERROR]
    if wrong:
        where = "" if wrong[0].layer is None else f"layer {wrong[0].layer}: "
        raise InvalidImage(f"{where}{wrong[0].message}")


def _diff_ids(reference: str, image: Image, limits: Limits) -> tuple[DiffID, ...]:
    """What another image's configuration promises of its layers; where it promises nothing, what they are."""
    if reference == "-":
        raise UsageError("keep_shared_with: standard input cannot be one of the images")
    with open_source(reference, content_hash="none", limits=limits) as source:
        images = [each for each in source.candidates() if each.kind == "image"]
        platform = image.platform if len(images) > 1 else None
        other = choose_image(source, reference, platform=platform or None)
        promised = [layer.diff_id for layer in other.layers if layer.diff_id is not None]
        if len(promised) < len(other.layers):
            read = read_layers(other, ReadOptions(content_hash="none", limits=limits))
            promised = [reading.diff_id for reading in read if reading.diff_id is not None]
    return tuple(promised)
