"""The outer archive of an image: members whose names and sizes are known only after their bytes."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from benchmarks.images import ustar

__all__ = ["ArchiveWriter", "LayerMember", "image_layers", "to_json", "write_atomically"]


@dataclass(frozen=True, slots=True)
class LayerMember:
    """One layer inside an uncompressed image archive: its member name, where its bytes lie, how many."""

    name: str
    offset: int
    size: int


class ArchiveWriter:
    """Writes members one after another into a tar file; it is a context manager that ends the archive."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, name: str, data: bytes) -> None:
        """Write a member whose bytes are at hand."""
        self._file.write(ustar.header(name.encode(), len(data)) + data + ustar.padding(len(data)))

    def begin(self) -> BinaryIO:
        """Leave room for a header and return the file to write the member's bytes to; then call `end`."""
        self._file.write(bytes(ustar.BLOCK_BYTES))
        self._started = self._file.tell()
        return self._file

    def end(self, name: str) -> None:
        """Complete the member begun last: now its name may depend on its bytes."""
        size = self._file.tell() - self._started
        self._file.write(ustar.padding(size))
        after = self._file.tell()
        self._file.seek(self._started - ustar.BLOCK_BYTES)
        self._file.write(ustar.header(name.encode(), size))
        self._file.seek(after)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._file.write(ustar.END_MARK)


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside `path` that takes its name when all went well: a run can be interrupted."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb", buffering=1 << 20) as file:
        yield file
    partial.replace(path)


def to_json(document: Any) -> tuple[bytes, str]:
    """Return the document's bytes, always the same for the same document, and their sha256 in hex."""
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return data, hashlib.sha256(data).hexdigest()


def image_layers(path: Path) -> tuple[tuple[LayerMember, ...], dict[str, Any]]:
    """Return the layers of an image archive with a manifest.json, base first, and its configuration."""
    with tarfile.open(path, "r:") as archive:
        members = {member.name: member for member in archive.getmembers()}
        manifest = _read_json(archive, "manifest.json")[0]
        config = _read_json(archive, manifest["Config"])
    found = (members[_followed(members, name)] for name in manifest["Layers"])
    return tuple(LayerMember(m.name, m.offset_data, m.size) for m in found), config


def _read_json(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name}: not a file")
    return json.load(file)


def _followed(members: dict[str, tarfile.TarInfo], name: str) -> str:
    """Follow the symbolic link that `docker save` writes for a layer that occurs twice."""
    member = members[name]
    if not member.issym():
        return name
    return str(Path(name).parent.parent / member.linkname.removeprefix("../"))
