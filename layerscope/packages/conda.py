"""conda: `conda-meta/NAME-VERSION-BUILD.json` in each environment lists the files of a package below it."""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.packages.base import Claim, Damage, Document, Documents, PackageRecord, by_directory, text
from layerscope.packages.documents import json_object

__all__ = ["CondaReader"]


class CondaReader:
    """What conda, mamba and pixi installed."""

    def document(self, path: bytes) -> Document | None:
        """Each package has a record."""
        directory, _, name = (b"/" + path).rpartition(b"/")
        known = directory.endswith(b"/conda-meta") and name.endswith(b".json")
        return Document(path, names_packages=True) if known else None

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The package of the record."""
        for path, content in documents.items():
            described = json_object(content)
            name, version = (described or {}).get("name"), (described or {}).get("version")
            if not isinstance(name, str) or not isinstance(version, str):
                damage(path, "it names no package, or no version")
                continue
            yield PackageRecord(
                ecosystem="conda",
                name=text(name.encode("utf-8", "replace")),
                version=text(version.encode("utf-8", "replace")),
                architecture="",
                record=path,
                place=(b"/" + path).rpartition(b"/")[0].removesuffix(b"/conda-meta")[1:],
            )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """The files of the record, and the record itself."""
        del damage
        files = (json_object(documents[package.record]) or {}).get("files")
        listed = files if isinstance(files, list) else []
        paths = [path.encode("utf-8", "replace") for path in listed if isinstance(path, str)]
        directory, _, name = package.record.rpartition(b"/")
        own = (b"/" + directory, [name])
        return Claim([*by_directory(paths), own], base=package.place, compiled=True)
