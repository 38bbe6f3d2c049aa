"""The outer archive: which members a saved image has, and where their bytes lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from layerscope.blobs import tar_entry as tar
from layerscope.blobs.limits import Limits
from layerscope.blobs.location import FileRange
from layerscope.blobs.magic import MAGIC_BYTES, recognized
from layerscope.blobs.streams import Block, file_blocks, with_first_bytes
from layerscope.blobs.tar import TarReader
from layerscope.blobs.tar_entry import TarEntry
from layerscope.errors import InvalidImage, LimitExceeded, Malformed
from layerscope.notices import Notice, NoticeLog

__all__ = ["ArchiveIndex", "ArchiveMember", "index_archive", "stream_members"]

_KINDS = {
    tar.FILE: "file",
    tar.DIRECTORY: "directory",
    tar.SYMLINK: "symlink",
    tar.HARDLINK: "hardlink",
}


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """One member. `name` is as stored; `kind` is `file`, `directory`, `symlink`, `hardlink` or `other`.

    `offset` is where its content starts in the uncompressed archive. Member names are keys to look up, and
    never paths to open.
    """

    name: bytes
    kind: str
    link_target: bytes | None
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class ArchiveIndex:
    """All members of an archive; with `error`, those that came before the archive broke off."""

    members: tuple[ArchiveMember, ...]
    error: InvalidImage | None
    notices: tuple[Notice, ...]


def index_archive(path: Path, limits: Limits) -> ArchiveIndex:
    """List the members of an uncompressed archive; contents are passed over, not read."""
    log = NoticeLog()
    where = FileRange(path, 0, path.stat().st_size)
    prefix, blocks = with_first_bytes(file_blocks(where), MAGIC_BYTES)
    reader = TarReader(blocks, hasher=None, limits=limits, log=log)
    members: list[ArchiveMember] = []
    error: InvalidImage | None = None
    try:
        for entry in reader:
            members.append(_member(entry))
            _check_count(len(members), limits)
        _check_kind(prefix, len(members))
    except InvalidImage as caught:
        error = caught
    return ArchiveIndex(tuple(members), error, log.notices())


def stream_members(
    blocks: Iterable[Block], limits: Limits
) -> Iterator[tuple[ArchiveMember, Iterator[Block]]]:
    """Read an archive in one pass: each member with its content, to be consumed before the next member.

    Raises Truncated or Malformed where the archive breaks, after the members before it.
    """
    prefix, iterator = with_first_bytes(blocks, MAGIC_BYTES)
    reader = TarReader(iterator, hasher=None, limits=limits, log=NoticeLog(), to_the_end=False)
    count = 0
    for count, entry in enumerate(reader, 1):
        _check_count(count, limits)
        yield _member(entry), reader.data() if entry[1] == tar.FILE else iter(())
    _check_kind(prefix, count)
    if count:  # who writes into the pipe may end in peace, and a checksum at the end is looked at
        for _ in iterator:  # without members there is nothing to wait for: zeros may come for ever
            pass


def _member(entry: TarEntry) -> ArchiveMember:
    name, kind, _, size, _, _, target, _, _, offset = entry
    link = target if kind in (tar.SYMLINK, tar.HARDLINK) else None
    return ArchiveMember(name, _KINDS.get(kind, "other"), link, size, offset)


def _check_kind(prefix: bytes, count: int) -> None:
    """Raise Malformed for what begins with zeros, as a tar without members does, and is something else."""
    kind = "" if count else recognized(prefix)
    if kind:
        raise Malformed(f"not a tar archive: it is {kind}")


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.archive_members:
        raise LimitExceeded(f"more than {limits.archive_members:,} members (limit archive_members)")
