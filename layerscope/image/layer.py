"""A layer of an image: what the image says of it, and what reading its blob gave."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.blobs.compression import Compression
from layerscope.blobs.location import FileRange
from layerscope.errors import LayerscopeError
from layerscope.image.changeset import Changeset
from layerscope.image.history import Instruction
from layerscope.notices import Notice
from layerscope.oci.digest import DiffID, Digest

__all__ = ["Layer", "LayerReading"]


@dataclass(frozen=True, slots=True, repr=False)
class LayerReading:
    """What one pass over a layer's blob gave.

    `error` is set when the blob could not be read to its end; the changeset then holds what came before.
    `digest`, `diff_id` are computed from the bytes, and None when verification was off (`diff_id` also when
    the blob broke off). `compressed_bytes` counts the blob as stored, `changeset.tar_bytes` the
    uncompressed stream.
    """

    changeset: Changeset
    compression: Compression
    compressed_bytes: int
    digest: Digest | None
    diff_id: DiffID | None
    notices: tuple[Notice, ...] = ()
    error: LayerscopeError | None = None
    fingerprint: str | None = None
    """A hash of the stored bytes, `algorithm:hex`, that may be quicker to compute than the digest: by it a
    blob that was read before is known again. None as `digest` is."""

    def __repr__(self) -> str:
        """In one line, notices counted."""
        ended = f", {self.error!r}" if self.error else ""
        return f"<LayerReading: {self.changeset!r}, {len(self.notices)} notices{ended}>"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as the manifest and the configuration describe it. Layer 0 is the base.

    Exactly one of three things holds: `blob` is where the bytes lie; `reading` is the result of a blob that
    went by in a stream and cannot be opened again; or both are None and `absent` says why there is nothing
    to read: SourceNotFound for a blob that is not in the source, Unsupported for one that is encrypted,
    distributed elsewhere or no tar, InvalidImage for a damaged one. Its class decides the exit code.
    """

    index: int
    digest: Digest | None
    """Blob digest that the manifest promises; None where the format has none (docker-archive)."""
    diff_id: DiffID | None
    """Diff ID that the configuration promises, if it pairs with this layer."""
    media_type: str
    size: int | None
    """Blob size in bytes that the manifest promises."""
    blob: FileRange | None = None
    reading: LayerReading | None = None
    absent: LayerscopeError | None = None
    instruction: Instruction | None = None
    """The history entry that made this layer; None where history does not pair with the layers."""
    no_instruction: str = ""
    """Why `instruction` is None: `the configuration is missing`."""
    name: str = ""
    """How the source calls the blob (a member name, a digest), for messages."""
    annotations: tuple[tuple[str, str], ...] = ()
