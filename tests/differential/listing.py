"""Two ways to the same listing of a root filesystem: from a directory on disk and from layerscope."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import layerscope
from layerscope.analysis.analyze import Analysis
from layerscope.rootfs.rootfs import RootfsEntry

__all__ = ["Row", "differences", "of_analysis", "of_directory", "of_image"]

_TYPES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char_device",
    stat.S_IFBLK: "block_device",
    stat.S_IFIFO: "fifo",
}


@dataclass(frozen=True)
class Row:
    """Everything that a path of a root filesystem is compared by."""

    type: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int | None
    """None where no layer says it: of a directory without an entry."""
    size: int
    sha256: str
    target: bytes | None
    device: tuple[int, int] | None
    xattrs: tuple[tuple[bytes, bytes], ...]
    names: tuple[bytes, ...]
    """All paths of the inode."""


def of_directory(root: Path) -> dict[bytes, Row]:
    """List an unpacked root filesystem."""
    paths = {os.fsencode(path.relative_to(root)): path for path in root.rglob("*")}
    inodes: dict[int, list[bytes]] = {}
    for name, path in paths.items():
        inodes.setdefault(path.lstat().st_ino, []).append(name)
    return {name: _on_disk(path, inodes) for name, path in paths.items()}


def _on_disk(path: Path, inodes: dict[int, list[bytes]]) -> Row:
    status = path.lstat()
    kind = _TYPES[stat.S_IFMT(status.st_mode)]
    is_file, is_device = kind == "file", kind.endswith("_device")
    return Row(
        type=kind,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime_ns=status.st_mtime_ns,
        size=status.st_size if is_file else 0,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest() if is_file else "",
        target=os.fsencode(path.readlink()) if kind == "symlink" else None,
        device=(os.major(status.st_rdev), os.minor(status.st_rdev)) if is_device else None,
        xattrs=_xattrs(path),
        names=tuple(sorted(inodes[status.st_ino])),
    )


def _xattrs(path: Path) -> tuple[tuple[bytes, bytes], ...]:
    names = sorted(map(os.fsencode, os.listxattr(path, follow_symlinks=False)))
    return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)


def of_image(reference: str, *, image: str | None = None, platform: str | None = None) -> dict[bytes, Row]:
    """List the root filesystem that layerscope replays."""
    found = layerscope.inspect(reference, image=image, platform=platform, content_hash="sha256")
    return of_analysis(found)


def of_analysis(analysis: Analysis) -> dict[bytes, Row]:
    """List the root filesystem of an analysis that hashed contents with sha256."""
    entries = list(analysis.rootfs.entries())
    inodes: dict[int, list[bytes]] = {}
    for entry in entries:
        inodes.setdefault(entry.inode, []).append(entry.path)
    return {entry.path: _replayed(entry, inodes) for entry in entries}


def _replayed(entry: RootfsEntry, inodes: dict[int, list[bytes]]) -> Row:
    is_file = entry.kind.label == "file"
    return Row(
        type=entry.kind.label,
        mode=entry.mode,
        uid=entry.uid,
        gid=entry.gid,
        mtime_ns=None if entry.implicit else entry.mtime_ns,
        size=entry.size,
        sha256=_content(entry) if is_file else "",
        target=entry.link_target,
        device=entry.device,
        xattrs=entry.xattrs,
        names=tuple(sorted(inodes[entry.inode])),
    )


def _content(entry: RootfsEntry) -> str:
    """The file's digest; nothing is hashed for a file without content."""
    return entry.content_digest.hex() if entry.size else hashlib.sha256(b"").hexdigest()


def differences(ours: dict[bytes, Row], theirs: dict[bytes, Row]) -> list[str]:
    """What is not the same, as lines to read; times count where a layer says them."""
    lines = [f"only in layerscope: {path!r}" for path in sorted(ours.keys() - theirs.keys())]
    lines += [f"missing in layerscope: {path!r}" for path in sorted(theirs.keys() - ours.keys())]
    for path in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[path], theirs[path]
        lines += [
            f"{path!r} {name}: {getattr(mine, name)!r}, not {getattr(other, name)!r}"
            for name in Row.__dataclass_fields__
            if getattr(mine, name) != getattr(other, name)
            and not (name == "mtime_ns" and None in {mine.mtime_ns, other.mtime_ns})
            and not (name == "mode" and mine.type == "symlink")  # Linux has no modes of symlinks
        ]
    return lines
