"""Archives and package files that one layer stores and a later one deletes.

## What it finds

Archives (`*.tar.gz`, `*.zip` …) and package files (`*.deb`, `*.rpm`, `*.apk`, `*.whl` …) of at least 16 kB
that one layer downloads or copies and a later one deletes. Archives among libraries, test suites and the
caches of package managers are left to other rules.

## Why it matters

The archive is unpacked and deleted, and is still in the image: it is stored, and pulled, beside everything
that was in it.

## How to fix it

Download, unpack and delete in one instruction, or do not write the archive at all: `RUN curl -fsSL URL | tar
-xz -C /opt`. `ADD` unpacks a local tar by itself and does not keep it; what it downloads it stores as it is.
What has to be at hand while an instruction runs can be mounted: `RUN
--mount=type=bind,source=app.zip,target=/tmp/app.zip unzip /tmp/app.zip -d /opt`.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.archives import ARCHIVES, archive_fix
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.origins import in_vendored_code

__all__ = ["DownloadUnpackDelete"]

_LEAST_BYTES = 16_000
_ELSEWHERE = frozenset(
    {
        *(b"test", b"tests", b"testdata", b"test-data", b"fixtures", b"doc", b"docs", b"examples"),
        *(b"cache", b".cache", b".git", b".npm", b".m2", b".gradle", b"pkgs"),
    }
)
"""Components of paths where a deleted archive is not a download of the instruction."""


class DownloadUnpackDelete(Rule):
    """Deleted archives, by the layers that wrote and deleted them."""

    id = "LS106"
    name = "download-unpack-delete"
    rank = 70
    patterns = {kind: tuple(f"**/*.{ending}" for ending in endings) for kind, endings in ARCHIVES.items()}

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers and way to mend it."""
        for topic in self.patterns:
            by_pair: dict[tuple[int, int], list[int]] = {}
            for written_in, inodes in self.matched(evidence, topic, live=False).items():
                for inode in inodes:
                    cause, hidden_in = evidence.hidden[inode]
                    removed = cause in (WasteCause.REMOVED, WasteCause.OPAQUE)
                    if removed and _is_a_download(evidence, inode):
                        by_pair.setdefault((written_in, hidden_in), []).append(inode)
            for (written_in, hidden_in), inodes in by_pair.items():
                yield Draft(
                    f"archives that layer {written_in} stores are deleted by layer {hidden_in}",
                    archive_fix(evidence, written_in, topic),
                    inodes=inodes,
                )


def _is_a_download(evidence: Evidence, inode: int) -> bool:
    if evidence.size(inode) < _LEAST_BYTES:
        return False
    path = evidence.path(inode).lower()
    return not in_vendored_code(path) and _ELSEWHERE.isdisjoint(path.split(b"/")[:-1])
