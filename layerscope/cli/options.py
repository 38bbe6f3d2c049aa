"""Arguments and options that several commands share, defined once, so that they mean the same everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.cache.location import open_cache, parse_bytes

if TYPE_CHECKING:
    from layerscope.image.reading_cache import ReadingCache

__all__ = [
    "AllowPartialOption",
    "BaseOption",
    "BuildArgOption",
    "CacheOption",
    "Color",
    "ColorOption",
    "ContextOption",
    "DockerfileOption",
    "ImageArgument",
    "ImageOption",
    "JobsOption",
    "MaxLayerSizeOption",
    "MaxRatioOption",
    "OutputOption",
    "PlatformOption",
    "QuietOption",
    "ReadingOptions",
    "TargetOption",
    "VerifyOption",
    "kept_readings",
    "natural",
    "parse_size",
]

_READING = "Reading"
_OUTPUT = "Output"


class Color(StrEnum):
    """When to color."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """Which image to open, and how to read it."""

    reference: str
    image: str | None
    platform: str | None
    verify: bool
    jobs: int | None
    max_layer_size: int | None
    max_ratio: int | None
    cache: bool = True

    def kept(self) -> ReadingCache | None:
        """The cache, unless there is to be none."""
        return kept_readings(use=self.cache)

    def limits(self) -> Limits:
        """The default limits with what the options change."""
        return Limits(
            layer_tar_bytes=self.max_layer_size or DEFAULT_LIMITS.layer_tar_bytes,
            ratio=self.max_ratio or DEFAULT_LIMITS.ratio,
        )


def kept_readings(*, use: bool) -> ReadingCache | None:
    """The cache that the environment names; None with `--no-cache`, and where there is none."""
    return open_cache() if use else None


def parse_size(text: str) -> int:
    """Bytes of `60GB`, `512 MiB`, `1000`; decimal units as Docker has them, binary ones with an `i`."""
    found = parse_bytes(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a size such as 60GB, 512MiB or 1000")
    return found


def _not_empty(text: str) -> str:
    """An empty value is a variable that was not set, and no wish to have none."""
    if not text:
        raise typer.BadParameter("it is empty")
    return text


def _output_path(text: str) -> Path:
    return Path(_not_empty(text))


def _build_argument(text: str) -> str:
    name, equals, _ = text.partition("=")
    if not name or not equals:
        raise typer.BadParameter("it is not NAME=VALUE")  # it may be a secret without its name
    return text


def natural(text: str | int) -> int:
    """A number from 0 up; click's own ranges say `x>=0` in the help."""
    return _number(text, least=0)


def _positive(text: str) -> int:
    return _number(text, least=1)


def _number(text: str | int, *, least: int) -> int:
    text = str(text)  # a default comes as the number that it is
    if not re.fullmatch(r"[0-9]{1,18}", text.strip()) or int(text) < least:
        raise typer.BadParameter(f"{text!r} is not a number from {least} up")
    return int(text)


ImageArgument = Annotated[
    str,
    typer.Argument(
        metavar="IMAGE",
        show_default=False,
        help="A saved image: a docker-archive, an OCI layout (directory or tar) or a dir: layout, "
        "compressed or not; - for standard input; or transport:path[:name] with the transport "
        "docker-archive, oci, oci-archive or dir.",
    ),
]
ImageOption = Annotated[
    str | None,
    typer.Option(
        "--image",
        metavar="NAME",
        parser=_not_empty,
        help="Which image, by name or digest, if IMAGE holds several.",
    ),
]
PlatformOption = Annotated[
    str | None,
    typer.Option(
        "--platform",
        metavar="OS/ARCH",
        parser=_not_empty,
        help="Which platform, if IMAGE holds several: linux/arm64.",
    ),
]
VerifyOption = Annotated[
    bool,
    typer.Option(
        "--verify/--no-verify", help="Compare the bytes with the digests and sizes that the image promises."
    ),
]
AllowPartialOption = Annotated[
    bool,
    typer.Option(
        "--allow-partial",
        help="Exit with 0 although layers are not there (else 3) or of a kind that is not read (else 5).",
    ),
]
DockerfileOption = Annotated[
    Path | None,
    typer.Option(
        "--dockerfile",
        metavar="FILE",
        parser=_output_path,
        help="The Dockerfile that it was built from, or its directory: layers and findings get its lines.",
    ),
]
ContextOption = Annotated[
    Path | None,
    typer.Option(
        "--context",
        metavar="DIR",
        parser=_output_path,
        help="What --dockerfile was built with: files, .dockerignore and git history for the rules LS2xx. If "
        "not given, the Dockerfile's directory or the working directory, whichever has what is copied.",
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="STAGE",
        parser=_not_empty,
        help="The stage of --dockerfile that was built; the last one if not given.",
    ),
]
BuildArgOption = Annotated[
    list[str] | None,
    typer.Option(
        "--build-arg",
        metavar="NAME=VALUE",
        parser=_build_argument,
        help="An argument that --dockerfile was built with; may come several times.",
    ),
]
BaseOption = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="IMAGE",
        parser=_not_empty,
        help="The image that it was built on, as IMAGE, or the digest of that one's topmost layer (diff ID, "
        "chain ID or blob); none for no base. If not given, annotations and the history tell, and so does a "
        "Dockerfile.",
    ),
]
CacheOption = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Keep what layers hold for the next run, and read only those that are new; layerscope cache "
        "tells where.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", parser=_positive, metavar="N", help="Layers read at a time; all cores if not given."
    ),
]
MaxLayerSizeOption = Annotated[
    int | None,
    typer.Option(
        "--max-layer-size",
        metavar="SIZE",
        parser=parse_size,
        help="Stop reading a compressed layer that grows larger than this; 256GiB if not given.",
    ),
]
MaxRatioOption = Annotated[
    int | None,
    typer.Option(
        "--max-ratio",
        metavar="N",
        parser=_positive,
        help="Stop reading a layer that expands more than N times, looked at past 4 GiB; "
        f"{DEFAULT_LIMITS.ratio} if not given.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        parser=_output_path,
        help="Write here and not to standard output; a file is replaced only when all is written.",
    ),
]
ColorOption = Annotated[
    Color, typer.Option("--color", help="Color the text; auto: on a terminal, unless NO_COLOR is set.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no notices on standard error (errors are).")
]
