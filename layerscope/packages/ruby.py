"""Ruby's gems: `specifications/NAME-VERSION.gemspec`; the files are in `gems/NAME-VERSION` beside them.

A platform may follow the version (`nokogiri-1.18.1-x86_64-linux-gnu`); RubyGems names files in no other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.packages.base import Claim, Damage, Document, Documents, PackageRecord, text

__all__ = ["RubyReader"]

_TITLE = re.compile(rb"(.+?)-(\d[0-9A-Za-z.]*)(?:-([A-Za-z].*))?", re.S)
_HOMES = (b"/specifications", b"/specifications/default")


class RubyReader:
    """What RubyGems and Bundler installed."""

    def document(self, path: bytes) -> Document | None:
        """Each gem has a specification."""
        directory, _, name = b"/".join((b"", path)).rpartition(b"/")
        known = name.endswith(b".gemspec") and directory.endswith(_HOMES)
        return Document(path, names_packages=True) if known else None

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The gem of the specification."""
        for path in documents:
            title = path.rpartition(b"/")[2].removesuffix(b".gemspec")
            found = _TITLE.fullmatch(title)
            if found is None:
                damage(path, "its name does not say which gem it is")
                continue
            name, version, platform = found.groups(b"")
            yield PackageRecord(
                ecosystem="gem",
                name=text(name),
                version=text(version),
                architecture=text(platform),
                record=path,
                place=_home(path),
            )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """Its directory, what was compiled for it, and its specification."""
        del documents, damage
        directory, _, name = package.record.rpartition(b"/")
        title = name.removesuffix(b".gemspec")
        home = package.place + b"/" if package.place else b""
        return Claim(
            [(directory, [name])], directories=(home + b"gems/" + title, home + b"extensions/*/*/" + title)
        )


def _home(path: bytes) -> bytes:
    """The directory that `specifications` and `gems` are in."""
    directory = b"/" + path.rpartition(b"/")[0]
    return directory.removesuffix(b"/default").removesuffix(b"/specifications")[1:]
