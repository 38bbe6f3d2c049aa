"""Alpine's apk: `lib/apk/db/installed`, or below `usr` since apk 3.

One letter a field: P is the name, V the version, A the architecture, I the installed size in bytes; F opens a
directory and each R names a file in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.packages.base import (
    MOST_PACKAGES,
    Claim,
    Damage,
    Document,
    Documents,
    PackageRecord,
    lines,
    text,
)

__all__ = ["ApkReader"]

_MOST_FIELDS = 1000
_PLACES = frozenset({b"lib/apk/db/installed", b"usr/lib/apk/db/installed"})


class ApkReader:
    """Packages of Alpine, Wolfi and Chainguard."""

    def __init__(self) -> None:
        self._parsed: dict[tuple[bytes, bytes], PackageRecord | None] = {}

    def document(self, path: bytes) -> Document | None:
        """The one document there is."""
        return Document(b"apk", names_packages=True) if path in _PLACES else None

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """A package for each paragraph."""
        for path, content in sorted(documents.items()):
            for stanza in content.split(b"\n\n", MOST_PACKAGES):
                if not stanza.strip():
                    continue
                key = (path, stanza)
                if key not in self._parsed:
                    self._parsed[key] = self._record(stanza, path, damage)
                record = self._parsed[key]
                if record is not None:
                    yield record

    def _record(self, stanza: bytes, path: bytes, damage: Damage) -> PackageRecord | None:
        fields: dict[bytes, bytes] = {}
        for line in stanza.partition(b"\nF:")[0].split(b"\n", _MOST_FIELDS):
            fields.setdefault(line[:2], line[2:])
        name, version = fields.get(b"P:", b""), fields.get(b"V:", b"")
        if not name or not version:
            damage(path, "a paragraph names no package, or no version")
            return None
        size = fields.get(b"I:", b"")
        return PackageRecord(
            ecosystem="apk",
            name=text(name),
            version=text(version),
            architecture=text(fields.get(b"A:", b"")),
            record=path,
            declared_bytes=int(size) if size.isdigit() and len(size) < 19 else None,
            source=stanza,
        )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """Directories and the files in them."""
        del documents, damage
        names: list[bytes] = []
        groups = [(b"", names)]
        for line in lines(package.source):
            if line.startswith(b"R:"):
                names.append(line[2:])
            elif line.startswith(b"F:"):
                names = []
                groups.append((line[2:], names))
        return Claim(groups)
