"""What a medium has to offer so that images can be opened from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from layerscope.errors import InvalidImage
from layerscope.image.image import Image
from layerscope.notices import Notice
from layerscope.oci.digest import Digest, ImageID

__all__ = ["Candidate", "ImageSource"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing in a source that could be opened, or could not: listed so that a choice can be made.

    `kind` is `image`, `attestation`, `artifact`, `missing` (its manifest is not in the source) or `damaged`
    (its manifest cannot be understood); only images are ever opened.
    """

    kind: str
    names: tuple[str, ...]
    platform: str
    digest: Digest | None
    key: int
    """The source's own handle: the position among all candidates, 0 is the first."""
    image_id: ImageID | None = None
    within: tuple[Digest, ...] = ()
    """Indexes that list the manifest, directly or not."""
    stored: bool = True
    """Whether at least one of its layers is in the source; an index may list platforms that are not."""
    detail: str = ""
    """What an artifact is, what is wrong with something damaged, or the id of a v1 image's topmost layer."""


@runtime_checkable
class ImageSource(Protocol):
    """A medium that holds images: a docker-archive, an OCI layout, a `dir:`, a stream."""

    @property
    def wanted(self) -> str:
        """The image name that the reference itself carries (`oci:path:name`); empty if it has none."""
        ...

    @property
    def broken(self) -> InvalidImage | None:
        """Why the source breaks off, if it does: what is listed and not there may have come later."""
        ...

    def candidates(self) -> tuple[Candidate, ...]:
        """Everything that the source lists, in its own order."""
        ...

    def open(self, candidate: Candidate, reference: str) -> Image:
        """Build the view of one image; raises InvalidImage or Unsupported with *where: what*."""
        ...

    def notices(self) -> tuple[Notice, ...]:
        """What is odd about the source as a whole (trailing garbage, a missing oci-layout file)."""
        ...

    def close(self) -> None:
        """Release files; the images opened from the source cannot be read after that."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
