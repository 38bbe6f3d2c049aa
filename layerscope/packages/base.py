"""What a package manager's records say, and what a reader of them has to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Package", "PackageReader", "PackageRecord"]


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """One installed package as its manager wrote it down.

    `paths` are what it says it owns, absolute or relative to the root, as written; directories may be among
    them. `declared_bytes` is the size that the record itself claims, None if it claims none.
    """

    ecosystem: str
    """The package URL's type: `deb`, `apk`, `rpm`, `pypi`, `npm`, `gem`, `composer`, `conda`."""
    name: str
    version: str
    architecture: str
    record: bytes
    """Normalized path of the file that says so."""
    paths: tuple[bytes, ...] = ()
    directories: tuple[bytes, ...] = ()
    """Directories that are its own as a whole (`usr/lib/node_modules/npm`), but for packages within."""
    declared_bytes: int | None = None


class PackageReader(Protocol):
    """Reads the records of one package manager. A reader is a module with one class that has these.

    `read` gets all documents that lie in the root filesystem after some layer (path to content), also those of
    other managers, and takes what it knows. Damaged documents give what can be read of them, never an error.
    """

    ecosystem: str

    def read(self, documents: Mapping[bytes, bytes]) -> Iterable[PackageRecord]:
        """The packages that these documents name."""
        ...


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package, and what it costs.

    `added_in` is the layer since which it has been there in this version: not the last one that rewrote the
    database. `content_bytes` are those of live files that it owns, `files` their number: each inode counts
    once, for one package (a manager of the operating system before one of a language).
    """

    ecosystem: str
    name: str
    version: str
    architecture: str
    record: bytes
    added_in: int
    files: int
    content_bytes: int
    declared_bytes: int | None
