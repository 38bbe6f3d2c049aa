"""PHP's Composer: `vendor/composer/installed.json` lists packages and the directories they are in."""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.packages.base import Claim, Damage, Document, Documents, PackageRecord, text
from layerscope.packages.documents import json_value

__all__ = ["ComposerReader"]

_INSTALLED = b"composer/installed.json"


class ComposerReader:
    """What Composer installed."""

    def document(self, path: bytes) -> Document | None:
        """Each project has one list."""
        return Document(path, names_packages=True) if (b"/" + path).endswith(b"/" + _INSTALLED) else None

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The packages of the list: Composer 2 has it below `packages`, Composer 1 at the top."""
        for path, content in documents.items():
            value = json_value(content)
            listed = value.get("packages") if isinstance(value, dict) else value
            if not isinstance(listed, list):
                damage(path, "it is no list of packages")
                continue
            for one in listed:
                name = one.get("name") if isinstance(one, dict) else None
                if not isinstance(name, str) or not name:
                    damage(path, "a package has no name")
                    continue
                version, install = one.get("version"), one.get("install-path")
                yield PackageRecord(
                    ecosystem="composer",
                    name=text(name.encode("utf-8", "replace")),
                    version=text(version.encode("utf-8", "replace")) if isinstance(version, str) else "",
                    architecture="",
                    record=path,
                    place=path.rpartition(b"/")[0],
                    source=(install if isinstance(install, str) else "../" + name).encode("utf-8", "replace"),
                )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """The directory that the list says, from the list's own; the project itself is not installed."""
        del documents, damage
        if package.source.strip(b"./") == b"":
            return Claim()
        return Claim(directories=(package.place + b"/" + package.source,))
