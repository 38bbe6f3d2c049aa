"""The public API: what the command line can do, Python can do."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.analysis.base_image import BaseHints, find_base
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.cache.location import open_cache
from layerscope.errors import (
    AmbiguousImage,
    InvalidReference,
    LayerscopeError,
    LimitExceeded,
    SourceNotFound,
    UsageError,
)
from layerscope.image.history import DockerfileMatch
from layerscope.image.image import Image
from layerscope.image.read import ReadOptions
from layerscope.image.read_layers import DistinctLayer, read_distinct_layers, read_layers
from layerscope.image.reading_cache import ReadingCache
from layerscope.image.source import Candidate, ImageSource
from layerscope.notices import NoticeLog, Severity
from layerscope.sources.choice import choose
from layerscope.sources.detect import open_reference, path_of

if TYPE_CHECKING:
    from layerscope.dockerfile.syntax import Dockerfile
    from layerscope.rules.base import Rule
    from layerscope.rules.building import Building
    from layerscope.rules.finding import Finding

__all__ = [
    "Build",
    "Progress",
    "analyze_image",
    "choose_image",
    "examine",
    "inspect",
    "open_cache",
    "open_source",
    "read_build",
    "read_distinct",
    "references_of",
    "standard_input",
]

Progress = Callable[[int, int], None]

_FEW = 10
_CHOICE = re.compile(r"^  --image (\S+)")
_LIKE_DIGEST = re.compile(r"sha(?:256|384|512):", re.IGNORECASE)
_DIGEST = re.compile(r"sha(?:256|384|512):[0-9a-f]{64,128}")


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
    return open_reference(reference, options, stdin=standard_input, progress=progress)


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
    base: str | None = None,
    dockerfile: str | Path | None = None,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    packages: bool = True,
    verify: bool = True,
    content_hash: str = "xxh3-128",
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Analysis:
    """Read the layers of an open image, replay them and account for every byte.

    The arguments mean what they mean for `inspect`. A layer that cannot be read, or passes a limit, raises
    nothing: see `inspect`. Raises UsageError for fewer than one job and for a base that is not the image's,
    and what a Dockerfile raises.
    """
    _check_jobs(jobs)
    build = read_build(dockerfile, target, build_args, limits)
    image, hints = _attributed(image, build, _base_hints(base, image, limits))
    options = ReadOptions(verify=verify, content_hash=content_hash, limits=limits)
    promised = [layer.diff_id for layer in image.layers]
    if None not in promised:
        find_base(image, promised, hints)  # a wrong base is said before gigabytes are read
    readings = read_layers(image, options, jobs=jobs, progress=progress, cache=cache, meanwhile=meanwhile)
    return analyze(image, readings, limits=limits, base=hints, packages=packages)


def read_distinct(
    images: Sequence[Image],
    *,
    verify: bool = True,
    content_hash: str = "xxh3-128",
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
) -> Iterator[DistinctLayer]:
    """Read the layers of many open images, each different blob once, on all cores and in bounded memory.

    Yields each `DistinctLayer` with all its uses, in the order of first use. The sources of the images have
    to be open meanwhile. Of copies of a blob in several archives each is hashed and one is parsed; the same
    tar that is compressed in two ways comes twice, with one `reading.diff_id` and two `reading.digest`. A
    layer that is missing, damaged or past a limit raises nothing: see `inspect`. Without `verify` only what
    lies in one place of one file is known to be the same. The other arguments mean what they mean for
    `inspect`.
    """
    _check_jobs(jobs)
    options = ReadOptions(verify=verify, content_hash=content_hash, limits=limits)
    return read_distinct_layers(images, options, jobs=jobs, progress=progress, cache=cache)


def inspect(
    reference: str,
    *,
    image: str | None = None,
    platform: str | None = None,
    base: str | None = None,
    dockerfile: str | Path | None = None,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    packages: bool = True,
    verify: bool = True,
    content_hash: str = "xxh3-128",
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: ReadingCache | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Analysis:
    """Account for every byte of one image: open the source, choose the image, read and replay its layers.

    `reference` is a path, `-` for standard input, or `transport:path[:name]`. `image` (a name or a digest)
    and `platform` (`linux/arm64`) choose where the source holds several. `base` says what the image was built
    on: a reference (only its diff IDs are looked at), the digest of its topmost layer (diff ID, chain ID or
    blob digest), or `none` for no base; by default the Dockerfile, annotations and the history tell.
    `dockerfile` is the path of the one that the image was built from, or its directory, `target` the stage
    (the last one if not given), `build_args` the arguments: instructions then have their `lines`. Without
    `packages` it is not looked for which files installed packages own. Without `verify` nothing is compared
    with the digests that the image promises. `content_hash` (`xxh3-128`, `sha256`, `none`) is what files are
    compared by. `jobs` layers are read at a time, each by a process; None means all processors. Past one of
    `limits` reading stops. `progress` is called with the bytes read and the bytes in all, 0 if nobody knows.
    With `cache` (`open_cache()` has the one of the command line) layers that it knows are hashed and not read
    again, and the others are kept in it; without `verify`, and for a stream, it is not used. `meanwhile` may
    be called once, by this thread, while others hash what the cache knows: to load what is needed next.

    A layer that is missing, damaged or past a limit raises nothing: its error is `layers[i].layer.absent` or
    `layers[i].reading.error`, and `analysis.complete` is false. Errors of the source and the image as a whole
    are raised, all subclasses of `layerscope.errors.LayerscopeError`: UsageError, SourceError (AmbiguousImage
    and NoSuchImage list what is there), InvalidImage, Unsupported, DockerfileError, and LimitExceeded for
    documents, for an archive, and for a stream that is compressed as a whole.
    """
    _check_jobs(jobs)
    read_build(dockerfile, target, build_args, limits)  # what is wrong with it is said before all else
    if base == reference == "-":
        raise UsageError("base -: standard input is the image already")
    with open_source(
        reference, verify=verify, content_hash=content_hash, limits=limits, progress=progress
    ) as source:
        chosen = choose_image(source, reference, image=image, platform=platform)
        return analyze_image(
            chosen,
            base=base,
            dockerfile=dockerfile,
            target=target,
            build_args=build_args,
            packages=packages,
            verify=verify,
            content_hash=content_hash,
            jobs=jobs,
            limits=limits,
            progress=progress,
            cache=cache,
            meanwhile=meanwhile,
        )


@dataclass(frozen=True, slots=True)
class Build:
    """A Dockerfile, and what is known of how it was used. `base` is what it was built on, as written."""

    dockerfile: Dockerfile
    target: str
    build_args: Mapping[str, str]
    base: str


def read_build(
    dockerfile: str | Path | None, target: str | None, build_args: Mapping[str, str] | None, limits: Limits
) -> Build | None:
    """Read a Dockerfile and find its stage. Raises SourceNotFound, LimitExceeded, DockerfileError."""
    if dockerfile is None:
        if target or build_args:
            raise UsageError(f"{'target' if target else 'build_args'}: needs dockerfile")
        return None
    from layerscope.dockerfile.given import locate_dockerfile  # noqa: PLC0415  # 40 ms that few need
    from layerscope.dockerfile.read import read_dockerfile  # noqa: PLC0415
    from layerscope.dockerfile.stages import read_stages  # noqa: PLC0415

    path = locate_dockerfile(dockerfile)
    name, bound = str(path), limits.document_bytes
    try:
        with path.open("rb") as file:
            text = file.read(bound + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise SourceNotFound(f"{name}: {getattr(error, 'strerror', None) or error}") from error
    if len(text) > bound:
        raise LimitExceeded(f"{name}: more than {bound:,} bytes (limit document_bytes)")
    parsed = read_dockerfile(text, name)
    stages = read_stages(parsed, build_args)
    base = stages.chain(stages.target(target or ""))[0].base
    return Build(parsed, target or "", dict(build_args or {}), "" if base == "scratch" else base)


def _attributed(image: Image, build: Build | None, hints: BaseHints) -> tuple[Image, BaseHints]:
    """The image with the lines of its instructions, and what the Dockerfile says of the base."""
    if build is None:
        return image, hints
    from layerscope.dockerfile.given import undeclared  # noqa: PLC0415
    from layerscope.dockerfile.match import attribute  # noqa: PLC0415

    name, unused = build.dockerfile.name, undeclared(build.dockerfile, build.build_args)
    log = NoticeLog()
    log.extend(image.notices)
    if unused:
        what = f"{name}: no ARG declares the build argument {', '.join(unused[:_FEW])}"
        log.add("build-argument-undeclared", Severity.WARNING, what, count=len(unused))
    found = attribute(image, build.dockerfile, build_args=build.build_args, target=build.target)
    log.extend(found.notices)
    match = DockerfileMatch(name, found.stage, found.matched, found.instructions)
    image = replace(found.image, notices=log.notices(), dockerfile=match)
    return image, replace(hints, dockerfile_layers=found.base_layers, dockerfile_name=build.base)


def _base_hints(base: str | None, image: Image, limits: Limits) -> BaseHints:
    """What the user says of the base: nothing, none, a digest, or an image, which is opened here."""
    if base is None:
        return BaseHints()
    if base == "none":
        return BaseHints(look=False)
    if _DIGEST.fullmatch(base):
        return BaseHints(given=base, given_name=base)
    if _LIKE_DIGEST.match(base) and not Path(base).exists():
        raise UsageError(f"base {base}: not a digest: sha256 has 64 hex digits, in small letters")
    try:
        return BaseHints(given=_open_base(base, image.platform, limits), given_name=base)
    except SourceNotFound as error:
        if f"docker save {base}" not in error.message:  # it is a path for sure
            raise error.at("base") from error
        saved = f"docker save {base} -o base.tar, then --base base.tar"
        raise SourceNotFound(f"base {base}: no such file; names are not looked up: {saved}") from error
    except LayerscopeError as error:
        raise error.at("base") from error


def _open_base(reference: str, platform: str, limits: Limits) -> Image:
    """The base image, which is only asked for its diff IDs; of several platforms the image's own."""
    with open_source(reference, verify=False, content_hash="none", limits=limits) as source:
        try:
            return choose_image(source, reference)
        except AmbiguousImage as error:
            try:
                if not platform:
                    raise
                return choose_image(source, reference, platform=platform)
            except AmbiguousImage as left:
                further = _base_choices(source, reference, left.further)
                raise AmbiguousImage(left.message, further=further) from error


def _base_choices(source: ImageSource, reference: str, choices: Sequence[str]) -> list[str]:
    """`--base docker-archive:FILE:NAME` instead of `--image NAME`, which is for the image itself."""
    return references_of(source, reference, choices, lead="--base ")


def references_of(source: ImageSource, reference: str, choices: Sequence[str], lead: str = "") -> list[str]:
    """`docker-archive:FILE:NAME` instead of `--image NAME`."""
    held_as = source.open(source.candidates()[0], reference).format.partition(" ")[0]
    where = f"{held_as}:{path_of(reference)}"
    return [_CHOICE.sub(lambda found: f"  {lead}{where}:{found[1]}", line) for line in choices]


def examine(
    analysis: Analysis, rules: Sequence[Rule] | None = None, *, building: Building | None = None
) -> tuple[Finding, ...]:
    """Apply `rules`, all there are if not given: what is wrong, whose it is and what to change.

    Errors first, then most bytes. No stored byte is counted by two findings. Nothing is read again. Rules
    about the Dockerfile (LS2xx) look at `building`, which `layerscope.advising.building_of` makes.
    """
    from layerscope.rules.examine import examine as apply  # noqa: PLC0415  # not needed for a listing

    return apply(analysis, rules, building)


def _check_jobs(jobs: int | None) -> None:
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs: {jobs} is not a number from 1 up")


def standard_input() -> BinaryIO:
    """The stream behind `-`. Raises InvalidReference where there is nobody to write to it."""
    if sys.stdin is None:  # `- <&-`
        raise InvalidReference("-: standard input is closed; pipe an image in: docker save NAME | …")
    if sys.stdin.isatty():
        raise InvalidReference("-: standard input is a terminal; pipe an image in: docker save NAME | …")
    return sys.stdin.buffer


def _absent(chosen: Candidate, passed_over: tuple[Candidate, ...]) -> str:
    platforms = ", ".join(dict.fromkeys(c.platform or "unknown" for c in passed_over))
    return f"only {chosen.platform or 'one image'} has its layers in the source; listed without: {platforms}"
