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
    """Rows, sorted by path, and what was left out of them: the smallest."""

    rows: tuple[FileRow, ...]
    left_out: int = 0
    left_out_bytes: int = 0

    def largest(self, most: int) -> FileRows:
        """At most so many of the rows."""
        if len(self.rows) <= most:
            return self
        by_size = sorted(self.rows, key=lambda row: (-row.size, row.path, row.layer))
        return FileRows(
            tuple(sorted(by_size[:most], key=_place)),
            self.left_out + len(by_size) - most,
            self.left_out_bytes + sum(row.size for row in by_size[most:]),
        )


def file_rows(analysis: Analysis) -> FileRows:
    """All stored files."""
    return FileRows(tuple(sorted([*_live(analysis), *_wasted(analysis)], key=_place)))


def _place(row: FileRow) -> tuple[bytes, int, bool, int]:
    return (row.path, row.layer, row.cause is not None, row.size)


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
