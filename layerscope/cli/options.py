"""Arguments and options that several commands share, defined once, so that they mean the same everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.blobs.limits import DEFAULT_LIMITS, Limits

__all__ = [
    "AllowPartialOption",
    "Color",
    "ColorOption",
    "ImageArgument",
    "ImageOption",
    "JobsOption",
    "MaxLayerSizeOption",
    "MaxRatioOption",
    "OutputOption",
    "PlatformOption",
    "QuietOption",
    "ReadingOptions",
    "VerifyOption",
    "parse_size",
]

_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
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

    def limits(self) -> Limits:
        """The default limits with what the options change."""
        return Limits(
            layer_tar_bytes=self.max_layer_size or DEFAULT_LIMITS.layer_tar_bytes,
            ratio=self.max_ratio or DEFAULT_LIMITS.ratio,
        )


def parse_size(text: str) -> int:
    """Bytes of `60GB`, `512 MiB`, `1000`; decimal units as Docker has them, binary ones with an `i`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", text.strip().lower())
    if found is None or found[2] not in _UNITS:
        raise typer.BadParameter(f"{text!r} is not a size such as 60GB, 512MiB or 1000")
    return int(float(found[1]) * _UNITS[found[2]])


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
    typer.Option("--image", metavar="NAME", help="Which image, by name or digest, if IMAGE holds several."),
]
PlatformOption = Annotated[
    str | None,
    typer.Option(
        "--platform", metavar="OS/ARCH", help="Which platform, if IMAGE holds several: linux/arm64."
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
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", show_default="all cores", help="Layers read at a time."),
]
MaxLayerSizeOption = Annotated[
    int | None,
    typer.Option(
        "--max-layer-size",
        metavar="SIZE",
        parser=parse_size,
        show_default="256GiB",
        help="Stop reading a compressed layer that grows larger than this.",
    ),
]
MaxRatioOption = Annotated[
    int | None,
    typer.Option(
        "--max-ratio",
        metavar="N",
        min=1,
        show_default=str(DEFAULT_LIMITS.ratio),
        help="Stop reading a layer that expands more than N times (looked at past 4 GiB).",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        show_default="standard output",
        help="Write here; the file is replaced only when the result is complete.",
    ),
]
ColorOption = Annotated[
    Color, typer.Option("--color", help="Color the text; auto: on a terminal, unless NO_COLOR is set.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no notices on standard error (errors are).")
]
