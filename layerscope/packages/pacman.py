"""Arch Linux's pacman: `var/lib/pacman/local/NAME-VERSION/desc` and the list of files beside it.

Both are sections: a line `%NAME%`, the values line by line, an empty line.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.packages.base import (
    MOST_FILES,
    Claim,
    Damage,
    Document,
    Documents,
    PackageRecord,
    by_directory,
    text,
)

__all__ = ["PacmanReader"]

_HOME = b"var/lib/pacman/local/"


class PacmanReader:
    """Packages of Arch Linux and its descendants."""

    def document(self, path: bytes) -> Document | None:
        """Each package has a directory."""
        if not path.startswith(_HOME):
            return None
        directory, _, name = path.rpartition(b"/")
        return Document(directory, name == b"desc") if name in (b"desc", b"files") else None

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The package that `desc` describes."""
        for path, content in documents.items():
            if not path.endswith(b"/desc"):
                continue
            name, version, architecture, size = (
                _section(content, title)[:1] for title in (b"NAME", b"VERSION", b"ARCH", b"SIZE")
            )
            if not name or not version:
                damage(path, "it names no package, or no version")
                continue
            yield PackageRecord(
                ecosystem="alpm",
                name=text(name[0]),
                version=text(version[0]),
                architecture=text(architecture[0]) if architecture else "",
                record=path,
                declared_bytes=int(size[0]) if size and size[0].isdigit() and len(size[0]) < 19 else None,
            )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """Its files, and its own two records, which no list names."""
        directory = package.record.removesuffix(b"/desc")
        listed = documents.get(directory + b"/files")
        if listed is None:
            damage(package.record, f"there is no list of the files of {package.name}")
            return Claim(directories=(directory,))
        return Claim(by_directory(_section(listed, b"FILES")), directories=(directory,))


def _section(content: bytes, title: bytes) -> list[bytes]:
    """The lines below `%TITLE%`, up to an empty one."""
    _, found, rest = (b"\n" + content).partition(b"\n%" + title + b"%\n")
    return rest.partition(b"\n\n")[0].rstrip(b"\n").split(b"\n", MOST_FILES) if found else []
