"""Which files of a layer are kept, because they say which package owns what.

Reasons and alternatives: docs/decisions/0013-kept-contents.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

__all__ = ["DOCUMENTS", "DocumentPattern", "Reduce"]

Reduce = Callable[[bytes], bytes | None]
"""What is kept of a content; None if there is nothing in it worth keeping."""

_MIB = 1 << 20
_HEADER_BYTES = 64 << 10
"""Name and version stand first; some old descriptions of megabytes stand in the header, too."""
_HEADER_FIELDS = (b"metadata-version:", b"name:", b"version:")


def _whole(content: bytes) -> bytes | None:
    return content


def _nothing(_content: bytes) -> bytes | None:
    """The name of the file says it all."""
    return b""


def _header(content: bytes) -> bytes | None:
    """Name and version of a Python distribution: the rest is a description of up to megabytes."""
    head = content[:_HEADER_BYTES].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
    lines = [line for line in head.splitlines() if line.lower().startswith(_HEADER_FIELDS)]
    return b"".join(line + b"\n" for line in lines) if lines else None


class _NodePackage(msgspec.Struct, omit_defaults=True):
    name: str | None = None
    version: str | None = None


class _CondaPackage(msgspec.Struct, omit_defaults=True):
    name: str
    version: str
    build: str | None = None
    subdir: str | None = None
    size: int | None = None
    files: list[str] = []


class _ComposerPackage(msgspec.Struct, rename="kebab", omit_defaults=True):
    name: str
    version: str | None = None
    install_path: str | None = None


class _Composer(msgspec.Struct):
    packages: list[_ComposerPackage]


_UNDECODABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
_encode = msgspec.json.Encoder().encode
_decode_node = msgspec.json.Decoder(_NodePackage).decode
_decode_conda = msgspec.json.Decoder(_CondaPackage).decode
_decode_composer = msgspec.json.Decoder(_Composer | list[_ComposerPackage]).decode


def _node(content: bytes) -> bytes | None:
    """Name and version; a package.json without either is a marker for the module loader, and no package."""
    try:
        found = _decode_node(content)
        return _encode(found) if found.name and found.version else None
    except _UNDECODABLE:
        return None


def _conda(content: bytes) -> bytes | None:
    try:
        return _encode(_decode_conda(content))
    except _UNDECODABLE:
        return None


def _composer(content: bytes) -> bytes | None:
    """Composer 2 has an object with `packages`, Composer 1 a list; kept is the object."""
    try:
        found = _decode_composer(content)
        return _encode(found if isinstance(found, _Composer) else _Composer(found))
    except _UNDECODABLE:
        return None


@dataclass(frozen=True, slots=True)
class DocumentPattern:
    """Files that are kept, and what of them."""

    pattern: str
    """See `path_patterns`."""
    ecosystem: str
    """The package URL's type of what it names: `deb`, `apk`, `rpm`, `pypi`, `npm`, …"""
    keeps: str
    """What is kept, in words; empty for the content as it is."""
    reduce: Reduce = _whole
    most_bytes: int = 1 << 62
    """Larger files are not read, with a notice: taking them apart needs many times their size."""

    @property
    def needs_content(self) -> bool:
        """Whether the content has to be read."""
        return self.reduce is not _nothing


_RPM_DIRECTORIES = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_RPM_FILES = ("Packages", "Packages.db", "rpmdb.sqlite", "rpmdb.sqlite-wal")
_NAME_AND_VERSION = "the `Metadata-Version`, `Name` and `Version` lines"

DOCUMENTS: tuple[DocumentPattern, ...] = (
    DocumentPattern("var/lib/dpkg/status", "deb", ""),
    DocumentPattern("var/lib/dpkg/status.d/*", "deb", ""),
    DocumentPattern("var/lib/dpkg/info/*.list", "deb", ""),
    DocumentPattern("var/lib/dpkg/diversions", "deb", ""),
    DocumentPattern("lib/apk/db/installed", "apk", ""),
    DocumentPattern("usr/lib/apk/db/installed", "apk", ""),
    *(DocumentPattern(f"{d}/{f}", "rpm", "") for d in _RPM_DIRECTORIES for f in _RPM_FILES),
    DocumentPattern("var/lib/rpmmanifest/container-manifest-2", "rpm", ""),
    DocumentPattern("var/lib/pacman/local/*/desc", "alpm", ""),
    DocumentPattern("var/lib/pacman/local/*/files", "alpm", ""),
    DocumentPattern("usr/lib/opkg/status", "opkg", ""),
    DocumentPattern("usr/lib/opkg/info/*.list", "opkg", ""),
    DocumentPattern("**/*.dist-info/METADATA", "pypi", _NAME_AND_VERSION, _header, 4 * _MIB),
    DocumentPattern("**/*.dist-info/RECORD", "pypi", ""),
    DocumentPattern("**/*.egg-info/PKG-INFO", "pypi", _NAME_AND_VERSION, _header, 4 * _MIB),
    DocumentPattern("**/*.egg-info/installed-files.txt", "pypi", ""),
    DocumentPattern("**/*.egg-info/top_level.txt", "pypi", ""),
    DocumentPattern("**/*.egg-info", "pypi", _NAME_AND_VERSION, _header, 4 * _MIB),
    DocumentPattern("**/*.egg/EGG-INFO/PKG-INFO", "pypi", _NAME_AND_VERSION, _header, 4 * _MIB),
    DocumentPattern("**/node_modules/*/package.json", "npm", '`{"name":…,"version":…}`', _node, _MIB),
    DocumentPattern("**/node_modules/@*/*/package.json", "npm", '`{"name":…,"version":…}`', _node, _MIB),
    DocumentPattern("**/specifications/*.gemspec", "gem", "nothing: the name says it", _nothing),
    DocumentPattern("**/specifications/default/*.gemspec", "gem", "nothing: the name says it", _nothing),
    DocumentPattern(
        "**/vendor/composer/installed.json",
        "composer",
        '`{"packages":[{"name":…,"version":…,"install-path":…}]}`',
        _composer,
        8 * _MIB,
    ),
    DocumentPattern(
        "**/conda-meta/*.json",
        "conda",
        '`{"name":…,"version":…,"build":…,"subdir":…,"size":…,"files":[…]}`',
        _conda,
        8 * _MIB,
    ),
)
"""Every file that is kept. No path matches two of them."""
