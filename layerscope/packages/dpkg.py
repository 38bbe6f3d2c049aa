"""Debian's dpkg: `var/lib/dpkg/status` and the lists beside it, and the `status.d` of images without dpkg.
OpenWrt's opkg keeps the same files below `usr/lib/opkg`.

The files of a package are those of its list (`info/NAME.list`, `info/NAME:ARCH.list`), conffiles included, or
in `status.d` those whose checksums are listed. A diverted file lies under another name than the list says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.packages.base import (
    MOST_PACKAGES,
    NOTHING_CLAIMED,
    Claim,
    Damage,
    Document,
    Documents,
    PackageRecord,
    by_directory,
    lines,
    text,
)

__all__ = ["DpkgReader", "OpkgReader"]

_CHECKSUMS = b".md5sums"

_FIELD = re.compile(rb"^(Package|Status|Architecture|Version|Installed-Size):(.*)", re.M | re.I)
_AROUND_VALUES = b" \t\r"
_BLANK = re.compile(rb"\n[ \t\r]*\n")
_WITHOUT_FILES = frozenset({b"not-installed", b"config-files"})
_KIB = 1024


class DpkgReader:
    """Packages of Debian and its descendants."""

    ecosystem = "deb"
    home = b"var/lib/dpkg/"

    def __init__(self) -> None:
        self._status = self.home + b"status"
        self._status_d = self.home + b"status.d/"
        self._info = self.home + b"info/"
        self._diverted = self.home + b"diversions"
        self._parsed: dict[tuple[bytes, bytes], PackageRecord | None] = {}
        self._diversions: tuple[bytes, dict[bytes, tuple[bytes, bytes]]] = (b"", {})

    def document(self, path: bytes) -> Document | None:
        """Everything below `home` is one database."""
        if not path.startswith(self.home):
            return None
        return Document(
            self.home,
            path == self._status or (path.startswith(self._status_d) and not path.endswith(_CHECKSUMS)),
        )

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """Every package whose files are there, also half installed ones; not those that left
        configuration."""
        for path, content in sorted(documents.items()):
            if path != self._status and (not path.startswith(self._status_d) or path.endswith(_CHECKSUMS)):
                continue
            for stanza in _BLANK.split(content, MOST_PACKAGES):
                if not stanza.strip():
                    continue
                key = (path, stanza)
                if key not in self._parsed:
                    self._parsed[key] = self._record(stanza, path, damage)
                record = self._parsed[key]
                if record is not None:
                    yield record

    def _record(self, stanza: bytes, path: bytes, damage: Damage) -> PackageRecord | None:
        fields = {name.lower(): value.strip(_AROUND_VALUES) for name, value in _FIELD.findall(stanza)}
        name, version = fields.get(b"package", b""), fields.get(b"version", b"")
        status = fields.get(b"status", b"").split()
        if status and status[-1] in _WITHOUT_FILES:
            return None
        if not name or not version:
            damage(path, "a paragraph names no package, or no version")
            return None
        kib = fields.get(b"installed-size", b"")
        return PackageRecord(
            ecosystem=self.ecosystem,
            name=text(name),
            version=text(version),
            architecture=text(fields.get(b"architecture", b"")),
            record=path,
            declared_bytes=int(kib) * _KIB if kib.isdigit() and len(kib) < 16 else None,
            source=name,
        )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """What the list of the package says, at the places that diversions moved it to."""
        name = package.source
        if package.record != self._status:
            sums = documents.get(package.record + _CHECKSUMS)
            if sums is None:
                damage(package.record, f"there is no list of the files of {package.name}")
                return NOTHING_CLAIMED
            return Claim(by_directory(line[34:] for line in lines(sums)))
        listed = documents.get(self._info + name + b":" + package.architecture.encode() + b".list")
        if listed is None:
            listed = documents.get(self._info + name + b".list")
        if listed is None:
            damage(package.record, f"there is no list of the files of {package.name}")
            return NOTHING_CLAIMED
        paths = lines(listed)
        moved = self._moved(documents.get(self._diverted, b""), damage)
        if moved and not moved.keys().isdisjoint(paths):
            paths = [self._place(path, name, moved) for path in paths]
        return Claim(by_directory(paths))

    @staticmethod
    def _place(path: bytes, package: bytes, moved: dict[bytes, tuple[bytes, bytes]]) -> bytes:
        """Where a file of a package lies: diverted, unless it is the package that diverts the others."""
        target, by = moved.get(path, (path, package))
        return path if by == package else target

    def _moved(self, content: bytes, damage: Damage) -> dict[bytes, tuple[bytes, bytes]]:
        """Path to (where it went, for which package); `:` stands for the administrator. Three lines each."""
        if self._diversions[0] != content:
            found = lines(content.removesuffix(b"\n"))
            if len(found) % 3:
                damage(self._diverted, "it ends within a diversion")
            triples = zip(found[::3], found[1::3], found[2::3], strict=False)
            self._diversions = (content, {old: (new, package) for old, new, package in triples})
        return self._diversions[1]


class OpkgReader(DpkgReader):
    """Packages of OpenWrt."""

    ecosystem = "opkg"
    home = b"usr/lib/opkg/"
