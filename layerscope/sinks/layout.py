"""A directory as a sink: an OCI layout, made beside its place and renamed."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from layerscope.blobs.streams import Block
from layerscope.errors import OutputError
from layerscope.oci.digest import Digest
from layerscope.sinks.archive import blob_name, output_errors, staged_beside

__all__ = ["LayoutSink"]


class LayoutSink:
    """An OCI layout beside `target`, which must not be there, or be empty."""

    format = "oci"

    def __init__(self, target: Path) -> None:
        self._target = target
        with output_errors(target):
            self._behind = target.resolve()
        self.staged = staged_beside(self._behind)
        self._blob: Path | None = None
        self._handle = -1
        self._in_place = False

    def begin(self) -> None:
        """Make the directory."""
        with output_errors(self._target):
            behind = self._behind
            if behind.exists() and (not behind.is_dir() or any(behind.iterdir())):
                raise OutputError(f"{self._target}: is there already; a layout is written to a new directory")
            self.staged.mkdir(0o700)

    def begin_blob(self) -> None:
        """Open a file for it."""
        self._blob = self.staged / "blob"
        with output_errors(self._target):
            self._handle = os.open(
                self._blob, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o644
            )

    def write(self, block: Block) -> None:
        """Add to the blob."""
        with output_errors(self._target):
            view = memoryview(block)
            while view:
                view = view[os.write(self._handle, view) :]

    def end_blob(self, digest: Digest) -> None:
        """Name the blob by its digest."""
        assert self._blob is not None
        with output_errors(self._target):
            os.fsync(self._handle)
            self._close_blob()
            place = self.staged / blob_name(digest)
            place.parent.mkdir(parents=True, exist_ok=True)
            self._blob.replace(place)

    def add(self, name: str, data: bytes) -> None:
        """Write a document."""
        with output_errors(self._target):
            place = self.staged / name
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

    def complete(self) -> None:
        """Have the names of all blobs on the disk: after a power failure a layout is whole or not there."""
        if os.name == "nt":
            return  # its directories cannot be opened
        with output_errors(self._target):
            for directory, _, _ in os.walk(self.staged):
                handle = os.open(directory, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)

    def commit(self) -> None:
        """Take the place of the target; an empty directory there goes."""
        with output_errors(self._target):
            if self._behind.exists():
                self._behind.rmdir()
            self.staged.chmod(0o755)
            self.staged.rename(self._behind)
        self._in_place = True

    def discard(self) -> None:
        """Take the directory away."""
        self._close_blob()
        if not self._in_place:
            shutil.rmtree(self.staged, ignore_errors=True)

    def _close_blob(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            with suppress(OSError):
                os.close(handle)
