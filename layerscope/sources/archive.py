"""An uncompressed archive as a store: members are read where they lie, nothing is extracted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from layerscope.blobs.archive import ArchiveMember, index_archive
from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.blobs.streams import file_blocks
from layerscope.errors import LimitExceeded
from layerscope.notices import Notice, NoticeLog, Severity
from layerscope.sources.members import MemberTable
from layerscope.sources.names import member_name, shown
from layerscope.sources.store import Stored, check_document_size

__all__ = ["ArchiveStore", "table_notices"]


class ArchiveStore:
    """The members of an uncompressed archive file."""

    is_archive = True

    def __init__(self, path: Path, label: str, limits: Limits) -> None:
        try:
            index = index_archive(path, limits)
        except LimitExceeded as error:
            raise error.at(label) from error
        self.label = label
        self.error = index.error
        self._path = path
        self._limits = limits
        self._table = MemberTable(index.members)
        self._notices = (*index.notices, *table_notices(self._table))

    def find(self, name: str) -> Stored | None:
        """Find a member and where its bytes lie; the range may reach past the end of a file cut short."""
        member = self._resolve(name)
        return None if member is None else Stored(member.size, self._range(member))

    def read(self, name: str) -> bytes | None:
        """Read a member."""
        member = self._resolve(name)
        if member is None:
            return None
        check_document_size(name, member.size, self._limits)
        return b"".join(file_blocks(self._range(member)))

    def names(self) -> Iterator[bytes]:
        """Names of all members but directories."""
        return self._table.names()

    def notices(self) -> tuple[Notice, ...]:
        """Duplicates, names that leave the archive, and what the reader of the archive noticed."""
        return self._notices

    def close(self) -> None:
        """Nothing is held open."""

    def _resolve(self, name: str) -> ArchiveMember | None:
        found = self._table.resolve(member_name(name))
        return found[1] if found else None

    def _range(self, member: ArchiveMember) -> FileRange:
        return FileRange(self._path, member.offset, member.size, member.name)


def table_notices(table: MemberTable) -> tuple[Notice, ...]:
    """What is odd about the members of an archive."""
    log = NoticeLog()
    if table.duplicates:
        log.add(
            "archive-duplicate-member",
            Severity.WARNING,
            f"{shown(table.first_duplicate)}: comes more than once in the archive; the last counts, as for "
            "Docker (podman takes the first)",
            count=table.duplicates,
        )
    if table.first_leaving:
        log.add(
            "archive-unsafe-name",
            Severity.WARNING,
            f"{shown(table.first_leaving)}: the member's name leads out of the archive",
        )
    return log.notices()
