"""Entries of a layer's tar, as layerscope understands them."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from layerscope.blobs import tar_entry as tar

__all__ = ["IMPLICIT_MODE", "Entry", "EntryKind", "root_entry"]

IMPLICIT_MODE = 0o755
"""Mode of a directory that only its children imply; its owner is 0:0 (all engines agree)."""


class EntryKind(IntEnum):
    """What an entry of a changeset is. Whiteouts are kept apart, see `Changeset.whiteouts`."""

    FILE = tar.FILE
    DIRECTORY = tar.DIRECTORY
    SYMLINK = tar.SYMLINK
    HARDLINK = tar.HARDLINK
    CHAR_DEVICE = tar.CHAR_DEVICE
    BLOCK_DEVICE = tar.BLOCK_DEVICE
    FIFO = tar.FIFO

    @property
    def label(self) -> str:
        """The name used in every output: `file`, `directory`, `char_device` …"""
        return self.name.lower()


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry, as a view made on demand from a changeset's columns.

    `path` is relative, normalized, in bytes. `size` is the logical size of the content in bytes (0 for all
    but files). `link_target` is a symlink's text as it is, or a hard link's normalized target path.
    `content_digest` is the raw digest of the content (algorithm: `Changeset.content_hash`), empty when there
    is none. `xattrs` are (name, value) pairs in name order.
    """

    path: bytes
    kind: EntryKind
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    link_target: bytes | None
    device: tuple[int, int] | None
    xattrs: tuple[tuple[bytes, bytes], ...]
    content_digest: bytes


def root_entry(
    attributes: tuple[int, int, int], mtime_ns: int, xattrs: tuple[tuple[bytes, bytes], ...]
) -> Entry:
    """The entry of the root itself, from its (mode, uid, gid)."""
    mode, uid, gid = attributes
    return Entry(
        path=b"",
        kind=EntryKind.DIRECTORY,
        mode=mode,
        uid=uid,
        gid=gid,
        size=0,
        mtime_ns=mtime_ns,
        link_target=None,
        device=None,
        xattrs=xattrs,
        content_digest=b"",
    )
