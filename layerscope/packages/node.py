"""Node's packages: directories in `node_modules` with a `package.json` each.

A package owns its directory, but for packages in a `node_modules` within. The same version at two places is
two packages: each takes its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.packages.base import Claim, Damage, Document, Documents, PackageRecord, text
from layerscope.packages.documents import json_object

__all__ = ["NodeReader"]


class NodeReader:
    """What npm, yarn and pnpm installed."""

    def document(self, path: bytes) -> Document | None:
        """Each package has a directory."""
        directory, _, name = path.rpartition(b"/")
        return (
            Document(directory, names_packages=True)
            if name == b"package.json" and _title(directory)
            else None
        )

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The package that the directory is."""
        for path, content in documents.items():
            directory = path.rpartition(b"/")[0]
            described = json_object(content)
            if described is None:
                damage(path, "it is no JSON object; the directory's name stands for it")
                described = {}
            name, version = described.get("name"), described.get("version")
            yield PackageRecord(
                ecosystem="npm",
                name=text(name.encode("utf-8", "replace") if isinstance(name, str) else _title(directory)),
                version=text(version.encode("utf-8", "replace")) if isinstance(version, str) else "",
                architecture="",
                record=path,
                place=directory,
            )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """Its directory."""
        del documents, damage
        return Claim(directories=(package.place,))


def _title(directory: bytes) -> bytes:
    """`name` or `@scope/name` of a directory in `node_modules`; empty for any other."""
    parts = directory.rsplit(b"/", 3)
    if len(parts) >= 2 and parts[-2] == b"node_modules" and not parts[-1].startswith((b".", b"@")):
        return parts[-1]
    if len(parts) >= 3 and parts[-3] == b"node_modules" and parts[-2].startswith(b"@"):
        return parts[-2] + b"/" + parts[-1]
    return b""
