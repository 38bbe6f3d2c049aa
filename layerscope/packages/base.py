"""What a package manager's records say, and what a reader of them has to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

__all__ = [
    "MOST_FILES",
    "MOST_PACKAGES",
    "NOTHING_CLAIMED",
    "Claim",
    "Damage",
    "Document",
    "Documents",
    "Package",
    "PackageReader",
    "PackageRecord",
    "by_directory",
    "lines",
    "text",
]

Documents = Mapping[bytes, bytes]
"""The kept files of one package database: normalized path to content."""

Damage = Callable[[bytes, str], None]
"""Called with the path of a document and, in lower case, what in it could not be read."""

MOST_FILES = 2_000_000
"""Of one package, more than whole distributions have: a name takes ten times its length in memory."""
MOST_PACKAGES = 200_000
"""Of one database, more than a distribution has in all."""
_MOST_DIRECTORIES = 500_000
_MOST_CHARACTERS = 256


def text(raw: bytes) -> str:
    """A name, version or architecture of a record: what is not UTF-8 is escaped, what is endless is cut."""
    return raw[:_MOST_CHARACTERS].decode("utf-8", "backslashreplace").strip()


@dataclass(frozen=True, slots=True)
class Document:
    """Where a document belongs."""

    database: bytes
    """The documents that are read together have one database; readers choose the names."""
    names_packages: bool
    """Whether it says which packages there are; the others only list files, and are read at the end."""


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """One installed package as its manager wrote it down. `declared_bytes` is the size that the record itself
    claims, None if it claims none."""

    ecosystem: str
    """The package URL's type: `deb`, `apk`, `rpm`, `alpm`, `opkg`, `conda`, `pypi`, `gem`, `composer`,
    `npm`."""
    name: str
    version: str
    architecture: str
    """As its manager spells it; empty where it has none."""
    record: bytes
    """Normalized path of the file that says so."""
    place: bytes = b""
    """The directory that it is installed in, for managers that install the same package in several."""
    declared_bytes: int | None = None
    source: bytes = field(default=b"", compare=False, repr=False)
    """What the record is read from, where a document has many records: its reader finds the files in it."""

    @property
    def identity(self) -> tuple[str, str, str, str, bytes]:
        """What makes it the same package in two layers."""
        return self.ecosystem, self.name, self.architecture, self.version, self.place


@dataclass(frozen=True, slots=True)
class Claim:
    """What a package says it owns. What is not there is not owned."""

    files: Iterable[tuple[bytes, Collection[bytes]]] = ()
    """Directories (paths from the root, a leading slash and `..` allowed) and names in each; those that name
    a directory own nothing. Grouped, for joined paths could be a thousand times longer than what says
    them."""
    base: bytes = b""
    """Where the directories of `files` are, but for those with a leading slash."""
    directories: tuple[bytes, ...] = ()
    """Its own with everything below, but for what other packages own there. A component `*` is any one."""
    compiled: bool = False
    """Whether Python's byte code beside its modules (`__pycache__`) is its own, listed or not."""


NOTHING_CLAIMED = Claim()


def by_directory(paths: Iterable[bytes]) -> Iterable[tuple[bytes, list[bytes]]]:
    """Paths as `Claim.files` wants them."""
    groups: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for path in islice(paths, MOST_FILES):
        directory, _, name = path.rpartition(b"/")
        groups[directory].append(name)
        if len(groups) > _MOST_DIRECTORIES:
            break
    return groups.items()


def lines(content: bytes) -> list[bytes]:
    """The lines of a list of files, as many as one package may have."""
    return content.split(b"\n", MOST_FILES)


class PackageReader(Protocol):
    """Reads the records of one package manager. A reader is a module with one class that has these.

    Damaged documents give what can be read of them and a word to `damage`, never an error. A reader lives for
    one image and may remember what it has parsed.
    """

    def document(self, path: bytes) -> Document | None:
        """Where the document at a normalized path belongs; None if it is another manager's."""
        ...

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The packages that the documents of one database name."""
        ...

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """What one of these packages owns, from the same documents."""
        ...


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package, and what it costs.

    `added_in` is the layer since which it has been there in this version: not the last one that rewrote the
    database. `files` counts the live files with content that it owns, `content_bytes` adds them up: each
    inode counts once, for one package (a manager of the operating system before one of a language).
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
    earlier_in: int | None = None
    """The layer since which another version had been there that this one took the place of; None if none."""
