"""Records of package managers, as small as they may be, and what is found of them."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable, Sequence

from layerscope.analysis.analyze import Analysis
from layerscope.packages.table import PackageTable
from tests.builders import Member, analyzed, file, layer

__all__ = [
    "added",
    "apk_package",
    "dist_info",
    "dpkg_package",
    "node_package",
    "owned_paths",
    "rpm_header",
    "rpm_sqlite",
    "table",
]


def table(*layers: Sequence[Member]) -> PackageTable:
    """The packages of an image of these layers; the law holds of each."""
    analysis = analyzed(*(layer(*members) for members in layers))
    verify_the_law(analysis)
    return analysis.packages


def verify_the_law(analysis: Analysis) -> None:
    """Packages and what none owns add up to what is live, in bytes and in files."""
    found = analysis.packages
    assert sum(p.content_bytes for p in found.packages) + found.unowned_bytes == analysis.ledger.live_bytes
    live = {entry.inode for entry in analysis.rootfs.entries() if entry.size}
    assert sum(p.files for p in found.packages) + found.unowned_files == len(live)


def added(found: PackageTable) -> dict[str, tuple[str, int]]:
    """Name to version and the layer that added it."""
    return {package.name: (package.version, package.added_in) for package in found.packages}


def owned_paths(found: PackageTable) -> dict[str, list[str]]:
    """Name to the paths of the inodes that a package owns, as they were stored; sorted."""
    paths: dict[str, list[str]] = {package.name: [] for package in found.packages}
    for inode, index in found.owners.items():
        changeset, entry, _ = found.inodes.locate(inode)
        paths[found.packages[index].name].append(changeset.path(entry).decode())
    return {name: sorted(some) for name, some in paths.items()}


def dpkg_package(name: str, version: str = "1", status: str = "install ok installed", **more: str) -> str:
    """A paragraph of dpkg's status."""
    fields = {"Package": name, "Status": status, "Version": version, "Architecture": "amd64", **more}
    return "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items()) + "\n"


def apk_package(name: str, version: str, files: dict[str, list[str]], size: int = 0) -> str:
    """A paragraph of apk's database."""
    listed = "".join(
        f"F:{directory}\n" + "".join(f"R:{name}\na:0:0:755\n" for name in names)
        for directory, names in files.items()
    )
    return f"C:Q1x=\nP:{name}\nV:{version}\nA:x86_64\nS:1\nI:{size}\nT:text\n{listed}\n"


def dist_info(site: str, name: str, version: str, record: Iterable[str]) -> list[Member]:
    """The metadata of a Python distribution; `record` are the paths of its RECORD."""
    home = f"{site}/{name}-{version}.dist-info"
    lines = "".join(f"{path},sha256=x,1\n" for path in record)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: not-this\n"
    return [file(f"{home}/METADATA", metadata.encode()), file(f"{home}/RECORD", lines.encode())]


def node_package(directory: str, name: str, version: str = "1.0.0") -> Member:
    """A package.json."""
    return file(f"{directory}/package.json", json.dumps({"name": name, "version": version}).encode())


def rpm_header(name: str, version: str, files: Iterable[tuple[str, str]] = (), size: int = 0) -> bytes:
    """A header as RPM's databases keep it; `files` are (directory, name), directories with a slash at the
    end."""
    files = list(files)
    directories = sorted({directory for directory, _ in files})
    values: list[tuple[int, int, list[bytes] | list[int]]] = [
        (1000, 6, [name.encode()]),
        (1001, 6, [version.encode()]),
        (1002, 6, [b"1.el9"]),
        (1009, 4, [size]),
        (1022, 6, [b"x86_64"]),
    ]
    if files:
        values += [
            (1116, 4, [directories.index(directory) for directory, _ in files]),
            (1117, 8, [base.encode() for _, base in files]),
            (1118, 8, [directory.encode() for directory in directories]),
        ]
    index, data = b"", b""
    for tag, kind, content in values:
        if kind == 4:
            data += bytes(-len(data) % 4)
        index += struct.pack(">IIII", tag, kind, len(data), len(content))
        for value in content:
            data += struct.pack(">I", value) if isinstance(value, int) else value + b"\0"
    return struct.pack(">II", len(values), len(data)) + index + data


def rpm_sqlite(*headers: bytes) -> bytes:
    """A database of these headers."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(header,) for header in headers])
    connection.commit()
    content = connection.serialize()
    connection.close()
    return bytes(content)
