"""An archive as a sink: a docker-archive or an OCI archive, written in one pass.

The name and the size of a blob are known when it has been written; its header is filled in then.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from layerscope.blobs.streams import Block
from layerscope.blobs.tar_write import BLOCK_BYTES, END_MARK, file_header, padding
from layerscope.errors import OutputError
from layerscope.oci.digest import Digest

__all__ = ["ArchiveSink", "blob_name", "output_errors", "staged_beside"]


def blob_name(digest: Digest) -> str:
    """Where a layout keeps a blob. Spec: image-spec v1.1.1, image-layout.md#blobs."""
    return "blobs/" + digest.replace(":", "/")


def staged_beside(target: Path) -> Path:
    """A name for what is to take the place of `target`, hidden, in its directory; nobody else has it.

    It is known before anything is there: whoever is interrupted while making it can take it away.
    """
    return target.with_name(f".{target.name}.{secrets.token_hex(6)}")


@contextmanager
def output_errors(target: Path) -> Iterator[None]:
    """Turn an error of the system into one that says that the output failed."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror or error}") from error


class ArchiveSink:
    """A tar of blobs and documents beside `target`, which it replaces at the end."""

    def __init__(self, target: Path, image_format: str) -> None:
        """`image_format` is `docker-archive` or `oci-archive`: documents differ, the tar does not."""
        self.format = image_format
        self._target = target
        self._names: set[str] = set()
        self._begun = 0
        with output_errors(target):
            self._behind = target.resolve()
        self.staged = staged_beside(self._behind)
        self._file: FileIO | None = None
        self._in_place = False

    def begin(self) -> None:
        """Make the file."""
        with output_errors(self._target):
            if self._behind.is_dir():
                raise OutputError(
                    f"{self._target}: is a directory; name a file, or a new directory with oci:"
                )
            if self._behind.exists() and not self._behind.is_file():
                raise OutputError(f"{self._target}: is there, and is no file")
            self._file = FileIO(self.staged, "xb", opener=_for_the_owner)

    def begin_blob(self) -> None:
        """Leave room for the header."""
        self._begun = self._opened.tell()
        self._put(bytes(BLOCK_BYTES))

    def write(self, block: Block) -> None:
        """Add to the blob."""
        self._put(block)

    def end_blob(self, digest: Digest) -> None:
        """Fill in the header; or go back, if the blob is there already."""
        name = blob_name(digest)
        with output_errors(self._target):
            end = self._opened.tell()
            size = end - self._begun - BLOCK_BYTES
            self._opened.seek(self._begun)
            if name in self._names:
                self._opened.truncate()
                return
        self._put(file_header(name.encode(), size))
        with output_errors(self._target):
            self._opened.seek(end)
        self._put(padding(size))
        self._names.add(name)

    def add(self, name: str, data: bytes) -> None:
        """Write a document; one of the same name is there already if it is a blob."""
        if name not in self._names:
            self._names.add(name)
            self._put(file_header(name.encode(), len(data)) + data + padding(len(data)))

    def complete(self) -> None:
        """Write the end mark."""
        self._put(END_MARK)
        with output_errors(self._target):
            os.fsync(self._opened.fileno())
            self._opened.close()

    def commit(self) -> None:
        """Take the place of the target."""
        with output_errors(self._target):
            old = self._behind
            self.staged.chmod(old.stat().st_mode & 0o7777 if old.exists() else 0o666 & ~_umask())
            self.staged.replace(old)
        self._in_place = True

    def discard(self) -> None:
        """Take the file away."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        if not self._in_place:
            with suppress(OSError):
                self.staged.unlink(missing_ok=True)

    @property
    def _opened(self) -> FileIO:
        assert self._file is not None, "begin() comes first"
        return self._file

    def _put(self, block: Block) -> None:
        with output_errors(self._target):
            view = memoryview(block)
            while view:
                view = view[self._opened.write(view) :]


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
