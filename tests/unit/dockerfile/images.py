"""Images that are nothing but a history, for tests of attribution."""

from __future__ import annotations

from collections.abc import Sequence

from layerscope.dockerfile.match import Attribution, attribute
from layerscope.dockerfile.read import read_dockerfile
from layerscope.image.history import read_instructions
from layerscope.image.image import Image
from layerscope.image.layer import Layer
from layerscope.oci.config import ContainerConfig, HistoryEntry, ImageConfig

__all__ = ["BUILDKIT", "buildkit", "first_lines", "image_of", "matched"]

BUILDKIT = "buildkit.dockerfile.v0"
_LAYERED = ("RUN ", "COPY ", "ADD ", "WORKDIR ")


def image_of(
    history: Sequence[HistoryEntry], *, env: Sequence[str] | None = None, directory: str | None = None
) -> Image:
    """An image with this history, and a layer for each entry that made one."""
    instructions = read_instructions(history)
    made = [instruction for instruction in instructions if not instruction.empty_layer]
    container = ContainerConfig(Env=tuple(env) if env else None, WorkingDir=directory)
    return Image(
        reference="image",
        format="oci",
        image_id=None,
        digest=None,
        platform="linux/amd64",
        tags=(),
        created=None,
        config=ImageConfig(config=container),
        layers=tuple(
            Layer(index, None, None, "application/vnd.oci.image.layer.v1.tar", None, instruction=instruction)
            for index, instruction in enumerate(made)
        ),
        history=instructions,
    )


def buildkit(*created_by: str) -> Image:
    """An image whose entries look like BuildKit's; those of files have a layer."""
    return image_of(
        [
            HistoryEntry(created_by=text, comment=BUILDKIT, empty_layer=not text.startswith(_LAYERED))
            for text in created_by
        ]
    )


def matched(image: Image, dockerfile: str, **arguments: object) -> Attribution:
    """The image attributed to a Dockerfile called `Dockerfile`."""
    return attribute(image, read_dockerfile(dockerfile.encode(), "Dockerfile"), **arguments)  # type: ignore[arg-type]


def first_lines(attribution: Attribution) -> list[int | None]:
    """The first line of every history entry; None where it is unknown."""
    return [entry.lines.first if entry.lines else None for entry in attribution.image.history]
