"""Every stored file of an image as a row: the live ones, and those that no path reaches any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layerscope.analysis.analyze import Analysis
from layerscope.rootfs.change import WasteCause

__all__ = ["FileRow", "FileRows", "file_rows"]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file. `cause` and `hidden_in` are None for a live one; `package` is an index into the table's, -1
    for none. Of an inode with several names the first has its bytes, in the order of paths."""

    path: bytes
    size: int
    layer: int
    package: int
    cause: WasteCause | None = None
    hidden_in: int | None = None


@dataclass(frozen=True, slots=True)
class FileRows:
    """At most so many rows, sorted by path, and what was left out: the smallest, live ones without bytes
    first."""

    rows: tuple[FileRow, ...]
    left_out: int
    left_out_bytes: int


def file_rows(analysis: Analysis, most: int) -> FileRows:
    """All stored files, or the `most` largest of them."""
    rows = [*_live(analysis), *_wasted(analysis)]
    left_out: list[FileRow] = []
    if len(rows) > most:
        rows.sort(key=lambda row: (-row.size, row.path, row.layer))
        rows, left_out = rows[:most], rows[most:]
    rows.sort(key=lambda row: (row.path, row.layer, row.cause is not None, row.size))
    return FileRows(tuple(rows), len(left_out), sum(row.size for row in left_out))


def _live(analysis: Analysis) -> Iterator[FileRow]:
    inodes, owners = analysis.rootfs.inodes, analysis.packages.owners
    seen: set[int] = set()
    for path, inode in analysis.rootfs.inodes_by_path():
        changeset, index, layer = inodes.locate(inode)
        size = changeset.sizes[index]
        if inodes.names(inode) > 1:
            size = 0 if inode in seen else size
            seen.add(inode)
        yield FileRow(path, size, layer, owners.get(inode, -1))


def _wasted(analysis: Analysis) -> Iterator[FileRow]:
    positions = {id(package): index for index, package in enumerate(analysis.packages.packages)}
    for file in analysis.ledger.files():
        owner = analysis.packages.owner_of_path(file.path)
        package = -1 if owner is None else positions[id(owner)]
        yield FileRow(file.path, file.size, file.written_in, package, file.cause, file.hidden_in)
