"""Which packages there are after the last layer, and since which layer each has been there without a
break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from layerscope.notices import NoticeLog, Severity
from layerscope.packages.apk import ApkReader
from layerscope.packages.base import MOST_PACKAGES, Claim, PackageReader, PackageRecord
from layerscope.packages.composer import ComposerReader
from layerscope.packages.conda import CondaReader
from layerscope.packages.documents import DocumentChanges, document_changes
from layerscope.packages.dpkg import DpkgReader, OpkgReader
from layerscope.packages.node import NodeReader
from layerscope.packages.pacman import PacmanReader
from layerscope.packages.python import PythonReader
from layerscope.packages.rpm import RpmReader
from layerscope.packages.ruby import RubyReader
from layerscope.rootfs.inode import InodeTable

__all__ = ["READERS", "Installed", "PackageHistory"]

READERS: tuple[Callable[[], PackageReader], ...] = (
    DpkgReader,
    ApkReader,
    RpmReader,
    PacmanReader,
    OpkgReader,
    CondaReader,
    PythonReader,
    RubyReader,
    ComposerReader,
    NodeReader,
)
"""Who comes first owns what several claim: systems, then environments, then languages."""

_Identity = tuple[str, str, str, str, bytes]
_Name = tuple[str, str, str, bytes]
"""What is the same in all versions of a package: ecosystem, name, architecture, place."""


@dataclass(slots=True)
class _Database:
    """The documents of one database as they stand, and the packages they name."""

    reader: PackageReader
    documents: dict[bytes, bytes] = field(default_factory=dict)
    packages: dict[_Identity, PackageRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Installed:
    """A package that is there after the last layer."""

    record: PackageRecord
    added_in: int
    earlier_in: int | None
    """The layer since which another version had been there that this one took the place of; None if none."""
    claim: Callable[[], Claim]
    """What it owns, read anew each time: all claims together could fill the memory."""


class PackageHistory:
    """Replays the documents of an image's layers."""

    def __init__(self, inodes: InodeTable) -> None:
        self._readers = [reader() for reader in READERS]
        self._databases: dict[tuple[int, bytes], _Database] = {}
        self._counts: Counter[_Identity] = Counter()
        self._since: dict[_Identity, int] = {}
        self._versions: dict[_Name, set[str]] = {}
        self._any_since: dict[_Name, int] = {}
        self._places: dict[bytes, tuple[tuple[int, bytes], bool]] = {}
        self._written: dict[bytes, int] = {}
        self.log = NoticeLog()
        """What could not be read; complete when all claims were made."""
        for layer, changes in document_changes(inodes):
            self._apply(layer, changes)

    def _apply(self, layer: int, changes: DocumentChanges) -> None:
        """Read again what changed; a package that goes and comes in one layer was there all the time."""
        renamed: dict[tuple[int, bytes], None] = {}
        everything: dict[bytes, bytes | None] = {**dict.fromkeys(changes.gone), **changes.come}
        for path, content in everything.items():
            place = self._places.get(path) or self._find_place(path)
            if place is None:
                continue
            key, names_packages = place
            documents = self._databases[key].documents
            self._written[path] = layer
            if documents.get(path) == content:
                continue  # copied by a chown, say
            if content is None:
                del documents[path]
            else:
                documents[path] = content
            if names_packages:
                renamed[key] = None
        touched = {identity for key in renamed for identity in self._read(self._databases[key])}
        for identity in touched:
            name, version = _name_and_version(identity)
            versions = self._versions.setdefault(name, set())
            if self._counts[identity]:
                self._since.setdefault(identity, layer)
                self._any_since.setdefault(name, layer)
                versions.add(version)
            else:
                self._since.pop(identity, None)
                versions.discard(version)
        for name in {_name_and_version(identity)[0] for identity in touched}:
            if not self._versions[name]:
                del self._versions[name]
                self._any_since.pop(name, None)

    def _find_place(self, path: bytes) -> tuple[tuple[int, bytes], bool] | None:
        """The database of a document, by reader and name, and whether it names packages."""
        for number, reader in enumerate(self._readers):
            document = reader.document(path)
            if document is not None:
                key = (number, document.database)
                self._databases.setdefault(key, _Database(reader))
                self._places[path] = key, document.names_packages
                return self._places[path]
        return None

    def _read(self, database: _Database) -> set[_Identity]:
        """Read a database anew; the identities of packages that it has or had."""
        before = database.packages
        read = islice(database.reader.packages(database.documents, self._damage), MOST_PACKAGES + 1)
        after: dict[_Identity, PackageRecord] = {}
        for record in read:
            after.setdefault(record.identity, record)
        if len(after) > MOST_PACKAGES:
            after.popitem()
            self._damage(record.record, f"it names more than {MOST_PACKAGES:,} packages")
        database.packages = after
        self._counts.subtract(before.keys())
        self._counts.update(after.keys())
        return before.keys() | after.keys()

    def _damage(self, path: bytes, what: str) -> None:
        self.log.add(
            "package-record-damaged",
            Severity.WARNING,
            f"a record of installed packages could not be read in full: {what}",
            layer=self._written.get(path),
            path=path,
        )

    def installed(self) -> Iterator[Installed]:
        """The packages after the last layer, each once, in the order in which they take what several
        claim."""
        seen: set[_Identity] = set()
        for _, database in sorted(self._databases.items(), key=lambda item: item[0]):
            for identity, record in database.packages.items():
                if identity not in seen:
                    seen.add(identity)
                    claim = partial(database.reader.claim, record, database.documents, self._damage)
                    since = self._since[identity]
                    before = self._any_since[_name_and_version(identity)[0]]
                    yield Installed(record, since, before if before < since else None, claim)


def _name_and_version(identity: _Identity) -> tuple[_Name, str]:
    ecosystem, name, architecture, version, place = identity
    return (ecosystem, name, architecture, place), version
