"""What a rule reports, after the claims of all rules were settled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerscope.image.history import DockerfileLines, Instruction

__all__ = ["BuildSaving", "Finding", "Fix", "Location", "PathBytes", "Role", "Severity"]


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"  #: worth knowing; often right as it is
    WARNING = "warning"  #: worth changing
    ERROR = "error"  #: must not be shipped


class Role(StrEnum):
    """What a layer has to do with a finding."""

    STORED = "stored"  #: it stores the bytes
    HIDDEN = "hidden"  #: it hid them from the final root filesystem
    CONCERNED = "concerned"  #: it is what the finding is about


@dataclass(frozen=True, slots=True)
class PathBytes:
    """A path with the bytes that the finding counts there."""

    path: bytes
    freed_bytes: int
    content_bytes: int = 0
    """All bytes of the file: more than `freed_bytes` where only some of them are meant, or none."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding is: one layer, its instruction, and the paths there, most bytes first.

    `directory` is the deepest directory that holds all of them (empty: the root); `paths` are the largest
    `PATHS_SHOWN` of `files` files. A layer that hid files has their number, but no bytes: it stores none.
    """

    layer: int | None
    """None for an instruction of the Dockerfile of which the image has no layer: ARG, or another stage's."""
    role: Role
    files: int = 0
    freed_bytes: int = 0
    directory: bytes = b""
    paths: tuple[PathBytes, ...] = ()
    instruction: Instruction | None = None

    @property
    def lines(self) -> DockerfileLines | None:
        """Where the instruction stands in the Dockerfile, if that is known."""
        return self.instruction.lines if self.instruction else None

    def is_below(self, layer: int) -> bool:
        """Whether it is in a layer of the image with a lower number."""
        return self.layer is not None and self.layer < layer


@dataclass(frozen=True, slots=True)
class Fix:
    """What to change: a sentence, and if it helps a piece of a Dockerfile."""

    text: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class BuildSaving:
    """What a build takes less once a finding is mended, on average."""

    steps_saved: float
    """Steps that are not carried out."""
    steps: int
    """Of so many that there are; 0 where that is not known."""
    seconds: float | None
    """None where nobody measured what takes long: neither the image's history nor a log says it."""
    pushed_bytes: int
    """Compressed bytes of layers that are not made, and pushed, anew."""
    builds: int
    """Commits of the git history that were replayed for it; 0 where it is guessed what changes how often."""
    stored_bytes: int = 0
    """Content bytes that the image then stores no more; whoever finds bytes has claimed them."""
    sent_bytes: int = 0
    """Bytes of the context that are not sent to the builder any more, in every build."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, whose it is, and what acting on it frees.

    `freed_bytes` are stored contents that are gone once it is mended. No byte is counted by two findings, so
    all findings together never exceed what is stored. `wasted_bytes` of them are waste in the ledger; the
    others are live. `in_base` says that the base image stores them and no instruction of one's own frees
    them: then the fix is another base. Not so where leaving out an instruction does: `chown -R` over files of
    the base stores as many bytes again as the ledger calls wasted there.
    """

    rule_id: str
    name: str
    severity: Severity
    message: str
    freed_bytes: int
    wasted_bytes: int
    in_base: bool
    locations: tuple[Location, ...]
    fix: Fix
    build: BuildSaving | None = None
    """What builds save; None where it is about the image alone."""
