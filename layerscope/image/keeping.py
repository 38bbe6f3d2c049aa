"""What is kept of the contents that pass while a layer is read: documents, and what secrets and debugging
sections were seen. Nothing else of a content outlives its entry.

Only regular files count, under the name that stored them: no markers, no AUFS metadata, no hard links. A
sparse file, and one whose header claims a size that it has not, is not looked at.
"""

from __future__ import annotations

from layerscope.blobs.limits import Limits
from layerscope.blobs.tar import TarReader
from layerscope.blobs.tar_content import Gather
from layerscope.image.changeset import Changeset
from layerscope.image.documents import DOCUMENTS, DocumentPattern, NameGate
from layerscope.image.paths import normalize
from layerscope.notices import NoticeLog, Severity

__all__ = ["ContentKeeper", "gather_documents"]

_GATE = NameGate(DOCUMENTS)
_DOCUMENT_OVERHEAD_BYTES = 128
"""What one kept document costs beside its content; an attack must not keep millions of empty ones."""


def gather_documents(limits: Limits) -> Gather:
    """What the tar reader asks about files that are too large for its window."""

    def gather(name: bytes, size: int) -> bool:
        parent, _, base = normalize(name)[0].rpartition(b"/")
        pattern = _GATE.match(parent, base)
        return pattern is not None and pattern.needs_content and size <= limits.kept_document_bytes

    return gather


class ContentKeeper:
    """Looks at the contents of one layer's files, when the builder has appended their entries."""

    tails = _GATE.tails
    """`look` is to be called for files whose names end in one of these four bytes, …"""
    directories = _GATE.directories
    """… for all files in these directories, …"""

    def __init__(self, reader: TarReader, changeset: Changeset, limits: Limits, log: NoticeLog) -> None:
        self._reader = reader
        self._changeset = changeset
        self._limits = limits
        self._log = log
        self._kept_bytes = 0

    def look(self, index: int, parent: bytes, base: bytes, size: int, data: int) -> None:
        """Look at the file with the entry `index`, which the reader has yielded last."""
        pattern = _GATE.match(parent, base)
        if pattern is not None:
            self._keep(index, pattern, size, data)

    def _keep(self, index: int, pattern: DocumentPattern, size: int, data: int) -> None:
        """Keep a document, if it is not too large."""
        limits, content = self._limits, b""
        if pattern.needs_content:
            if size > limits.kept_document_bytes:
                self._too_large(index, f"{size:,} bytes (limit kept_document_bytes)")
                return
            read = self._reader.read(data, size, 0, size)
            if read is None:
                return
            content = read
        kept = pattern.reduce(content)
        if kept is None:
            return
        cost = len(kept) + _DOCUMENT_OVERHEAD_BYTES
        if self._kept_bytes + cost > limits.kept_documents_bytes:
            self._too_large(index, f"the layer's are more than {limits.kept_documents_bytes:,} bytes")
            return
        self._kept_bytes += cost
        self._changeset.documents[index] = kept

    def _too_large(self, index: int, why: str) -> None:
        self._log.add(
            "package-database-too-large",
            Severity.WARNING,
            f"a package database is not read: {why}",
            path=self._changeset.path(index),
        )
