"""Archives beside what was unpacked from them.

## What it finds

Archives of at least 100 kB that lie, in the final root filesystem, in a directory that also holds a directory
of the same name, and in it at least half as many bytes as the archive has: `app-1.2/` or `app/` beside
`app-1.2-linux-amd64.tar.gz`, `shop/` beside `shop.war`. Archives that packages brought are passed over.

## Why it matters

The same contents are stored twice, once compressed.

## How to fix it

Delete the archive in the instruction that unpacks it, or do not store it: `RUN curl -fsSL URL | tar -xz`.
`ADD` unpacks a local tar and does not keep it, and unpacks neither a zip nor what it downloads. If a `COPY`
brought the archive, deleting it later frees nothing: mount it instead, `RUN
--mount=type=bind,source=app.zip,target=/tmp/app.zip unzip /tmp/app.zip`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.rootfs.tree import Directory
from layerscope.rules.archives import ARCHIVES, archive_fix
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence

__all__ = ["ArchiveBesideContents"]

_LEAST_BYTES = 100_000
_MOST_LOOKED_AT = 10_000
"""Files in a directory: an image may have many archives beside one large tree."""
_LONGEST_NAME = 255
"""No file system of Linux takes a longer one; a tar may hold one of megabytes."""
_MOST_STEMS = 8
"""`app-1.2-linux-x86_64-musl-static` has six."""
_KINDS = ("tar", "other-tar", "zip")
_ENDING = (
    rb"\.(?:" + "|".join(re.escape(ending) for kind in _KINDS for ending in ARCHIVES[kind]).encode() + rb")\Z"
)
_PLATFORM = (
    rb"[-_.](?:linux|x86_64|amd64|x64|i[3-6]86|aarch64|arm64|armv?\d\w*|musl|gnu|glibc|static|bin|src|dist|all"
    rb"|v?\d[\w.]*)\Z"
)


class ArchiveBesideContents(Rule):
    """Live archives with a directory of their name beside them."""

    id = "LS147"
    name = "archive-beside-contents"
    rank = 60
    patterns = {kind: tuple(f"**/*.{ending}" for ending in ARCHIVES[kind]) for kind in _KINDS}

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each kind and layer that stores some."""
        for kind in self.patterns:
            for layer, inodes in self.matched(evidence, kind).items():
                beside = [inode for inode in inodes if _is_beside(evidence, inode)]
                if beside:
                    yield Draft(
                        "archives are stored beside what looks like their contents",
                        archive_fix(evidence, layer, kind),
                        inodes=beside,
                    )


def _is_beside(evidence: Evidence, inode: int) -> bool:
    size = evidence.size(inode)
    if size < _LEAST_BYTES or evidence.package(inode) is not None:
        return False
    return all(_has_contents_beside(evidence, path, size // 2) for path in evidence.names(inode))


def _has_contents_beside(evidence: Evidence, path: bytes, enough: int) -> bool:
    directory, _, name = path.rpartition(b"/")
    prefix = directory + b"/" if directory else b""
    beside = (evidence.locator.directory(prefix + stem) for stem in _stems(name))
    return any(_holds(evidence, found, enough) for found in beside)


def _holds(evidence: Evidence, directory: Directory | None, enough: int) -> bool:
    """Whether there are so many bytes in a directory, as far as it is looked at."""
    total = looked_at = 0
    waiting = [directory] if directory is not None else []
    while waiting and total < enough and looked_at < _MOST_LOOKED_AT:
        for child in waiting.pop().children.values():
            looked_at += 1
            if isinstance(child, Directory):
                waiting.append(child)
            else:
                total += evidence.size(child)
    return total >= enough > 0


def _stems(name: bytes) -> Iterator[bytes]:
    """What the archive's contents may be called: without the ending, then without platform and version."""
    if len(name) > _LONGEST_NAME:
        return
    stem = re.sub(_ENDING, b"", name)
    for _ in range(_MOST_STEMS):
        yield stem
        shorter = re.sub(_PLATFORM, b"", stem)
        if shorter in (stem, b""):
            return
        stem = shorter
