"""RPM, in each of its three databases: SQLite (`rpmdb.sqlite`), ndb (`Packages.db`), Berkeley DB
(`Packages`).

They lie in `var/lib/rpm`, `usr/lib/sysimage/rpm` or `usr/share/rpm`, and which kind one is its content says.
An image may have an old one left beside the one in use: the newest kind that has packages is read. Images of
Azure Linux without rpm have a table of packages instead, `container-manifest-2`, which names no files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import compress

from layerscope.packages.base import (
    NOTHING_CLAIMED,
    Claim,
    Damage,
    Document,
    Documents,
    PackageRecord,
    by_directory,
    text,
)
from layerscope.packages.rpm_bdb import is_bdb, read_bdb
from layerscope.packages.rpm_header import RpmHeader, RpmTag
from layerscope.packages.rpm_ndb import is_ndb, read_ndb
from layerscope.packages.rpm_sqlite import is_sqlite, read_sqlite

__all__ = ["RpmReader"]

_PLACES = (b"usr/lib/sysimage/rpm/", b"usr/share/rpm/", b"var/lib/rpm/")
_FILES = (b"rpmdb.sqlite", b"Packages.db", b"Packages")
_DOCUMENTS = tuple(place + file for file in _FILES for place in _PLACES)
"""The first one that has packages counts."""
_WAL = b"-wal"
_LOGS = tuple(place + b"rpmdb.sqlite" + _WAL for place in _PLACES)
_MANIFEST = b"var/lib/rpmmanifest/container-manifest-2"
_ALL = frozenset({*_DOCUMENTS, *_LOGS, _MANIFEST})

_REPLACED = 1
"""The state of a file that another package's took the place of."""


class RpmReader:
    """Packages of Fedora, Red Hat, SUSE and others."""

    def __init__(self) -> None:
        self._parsed: dict[bytes, PackageRecord | None] = {}

    def document(self, path: bytes) -> Document | None:
        """All kinds and places are one database: it is converted and moved without installing anything."""
        return Document(b"rpm", names_packages=True) if path in _ALL else None

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The packages of the database in use, public keys of vendors included, which rpm keeps as such."""
        for path in _DOCUMENTS:
            content = documents.get(path)
            log = documents.get(path + _WAL, b"")
            records = list(self._records(path, content, log, damage)) if content else []
            if records:
                yield from records
                return
        yield from _listed(documents.get(_MANIFEST, b""))

    def _records(self, path: bytes, content: bytes, log: bytes, damage: Damage) -> Iterator[PackageRecord]:
        if is_sqlite(content):
            blobs = read_sqlite(content, log)
        elif is_ndb(content):
            blobs = read_ndb(content)
        elif is_bdb(content):
            blobs = read_bdb(content)
        else:
            damage(path, "it is none of the three kinds of RPM databases")
            return
        try:
            for blob in blobs:
                record = self._record(path, blob, damage)
                if record is not None:
                    yield record
        except ValueError as error:
            damage(path, str(error))

    def _record(self, path: bytes, blob: bytes, damage: Damage) -> PackageRecord | None:
        known = self._parsed.get(blob)
        if known is not None and known.record == path:
            return known
        try:
            header = RpmHeader(blob)
        except ValueError as error:
            damage(path, str(error))
            return None
        name, version = header.string(RpmTag.NAME), header.string(RpmTag.VERSION)
        if not name:
            damage(path, "a header names no package")
            return None
        epoch, size = header.number(RpmTag.EPOCH), header.number(RpmTag.LONG_SIZE)
        release = header.string(RpmTag.RELEASE)
        record = self._parsed[blob] = PackageRecord(
            ecosystem="rpm",
            name=text(name),
            version=("" if epoch is None else f"{epoch}:") + text(version) + "-" + text(release),
            architecture=text(header.string(RpmTag.ARCH)),
            record=path,
            declared_bytes=header.number(RpmTag.SIZE) if size is None else size,
            source=blob,
        )
        return record

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """The files of the header, ghosts included: rpm says of them too that they are the package's."""
        del documents, damage
        if not package.source:
            return NOTHING_CLAIMED
        header = RpmHeader(package.source)
        names, places = header.strings(RpmTag.BASENAMES), header.numbers(RpmTag.DIR_INDEXES)
        if not names:  # packages built before rpm 4
            return Claim(by_directory(header.strings(RpmTag.OLD_FILENAMES)))
        states = header.numbers(RpmTag.FILE_STATES)
        if _REPLACED in states:
            kept = [state != _REPLACED for state in states]
            names, places = list(compress(names, kept)), tuple(compress(places, kept))
        groups: defaultdict[int, list[bytes]] = defaultdict(list)
        for place, name in zip(places, names, strict=False):
            groups[place].append(name)
        directories = header.strings(RpmTag.DIRNAMES)
        return Claim(
            [(directories[place], group) for place, group in groups.items() if place < len(directories)]
        )


def _listed(manifest: bytes) -> Iterator[PackageRecord]:
    """Rows of name, version-release, times, vendor, epoch, size and architecture, with tabs between."""
    for line in manifest.split(b"\n"):
        cells = line.split(b"\t")
        if len(cells) >= 8 and cells[0]:
            epoch = text(cells[5])
            yield PackageRecord(
                ecosystem="rpm",
                name=text(cells[0]),
                version=(f"{epoch}:" if epoch.isdigit() else "") + text(cells[1]),
                architecture=text(cells[7]),
                record=_MANIFEST,
                declared_bytes=int(cells[6]) if cells[6].isdigit() and len(cells[6]) < 19 else None,
            )
