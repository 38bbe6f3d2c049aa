"""Python's installed distributions: `NAME-VERSION.dist-info` directories, and `.egg-info` of older
installers.

What is in a distribution stands in `RECORD`, relative to the directory that it is installed in, and in
`installed-files.txt` relative to the `.egg-info` itself. An `.egg-info` without such a list is taken to own
the modules and import packages that `top_level.txt` has, or the one of its name. An `.egg` is a directory of
its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from layerscope.packages.base import (
    Claim,
    Damage,
    Document,
    Documents,
    PackageRecord,
    by_directory,
    lines,
    text,
)

__all__ = ["PythonReader"]

_FIELD = re.compile(rb"^(Name|Version)[ \t]*:(.*)", re.M | re.I)
_AROUND_VALUES = b" \t\r"
_DIST_INFO = b".dist-info"
_EGG_INFO = b".egg-info"
_EGG = b".egg/EGG-INFO"
_LISTS = frozenset({b"RECORD", b"installed-files.txt", b"top_level.txt"})
_MOST_MODULES = 1000


class PythonReader:
    """What pip, uv, setuptools and others installed."""

    def document(self, path: bytes) -> Document | None:
        """Each distribution has a directory, or for distutils one file."""
        directory, _, name = path.rpartition(b"/")
        if directory.endswith(_DIST_INFO) and name in (b"METADATA", b"RECORD"):
            return Document(directory, name == b"METADATA")
        if directory.endswith((_EGG_INFO, _EGG)) and name in (b"PKG-INFO", *_LISTS):
            return Document(directory.removesuffix(b"/EGG-INFO"), name == b"PKG-INFO")
        return Document(path, names_packages=True) if name.endswith(_EGG_INFO) else None

    def packages(self, documents: Documents, damage: Damage) -> Iterator[PackageRecord]:
        """The distribution that the metadata name, or where they do not, the directory."""
        for path, content in documents.items():
            if path.rpartition(b"/")[2] in _LISTS:
                continue
            metadata = content.partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
            found = reversed(_FIELD.findall(metadata))
            fields = {field.lower(): value.strip(_AROUND_VALUES) for field, value in found}
            home = _home(path)
            place, _, title = home.rpartition(b"/")
            name, _, version = title.rpartition(b".")[0].partition(b"-")
            if not fields.get(b"name") or not fields.get(b"version"):
                damage(path, "it names no distribution, or no version; its own name does instead")
            yield PackageRecord(
                ecosystem="pypi",
                name=text(fields.get(b"name") or name),
                version=text(fields.get(b"version") or version.partition(b"-py")[0]),
                architecture="",
                record=path,
                place=place,
            )

    def claim(self, package: PackageRecord, documents: Documents, damage: Damage) -> Claim:
        """The files that the list has, byte code beside them, and the directory of metadata."""
        del damage
        home = _home(package.record)
        record, installed = documents.get(home + b"/RECORD"), documents.get(home + b"/installed-files.txt")
        if record is not None:
            return _listing(package.place, _recorded(record), home)
        if installed is not None:
            return _listing(home, lines(installed), home)
        if home.endswith((_DIST_INFO, b".egg")):
            return Claim(directories=(home,))
        return self._guess(package, home, documents.get(home + b"/top_level.txt", b""))

    @staticmethod
    def _guess(package: PackageRecord, home: bytes, top_level: bytes) -> Claim:
        """The modules it says it has, or that of the distribution's name, as most have it."""
        name = re.sub(r"[-_.]+", "_", package.name).encode()
        said = {line.strip() for line in top_level.split(b"\n", _MOST_MODULES)[:_MOST_MODULES]} - {b""}
        names = {name for name in said or {name, name.lower()} if name and b"/" not in name and name != b".."}
        above = package.place + b"/" if package.place else b""
        own = [(package.place, [home.rpartition(b"/")[2], *(name + b".py" for name in names)])]
        directories = (home, *(above + name for name in sorted(names)))
        return Claim(own, directories=directories, compiled=True)


def _home(record: bytes) -> bytes:
    """The directory, or the one file, that a distribution's metadata are."""
    return record if record.endswith(_EGG_INFO) else record.rpartition(b"/")[0].removesuffix(b"/EGG-INFO")


def _recorded(record: bytes) -> Iterator[bytes]:
    """The paths of a RECORD: lines of path, hash and size, with commas between and quotes where they are
    needed."""
    for line in lines(record):
        path = line.rsplit(b",", 2)[0]
        yield path[1:-1].replace(b'""', b'"') if path.startswith(b'"') else path


def _listing(base: bytes, paths: Iterable[bytes], home: bytes) -> Claim:
    """The claim on paths that are relative to a directory, or absolute."""
    return Claim(by_directory(paths), base=base, directories=(home,), compiled=True)
