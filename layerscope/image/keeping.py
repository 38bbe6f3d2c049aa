"""What is kept of the contents that pass while a layer is read: documents, and what secrets and debugging
sections were seen. Nothing else of a content outlives its entry.

Only regular files count, under the name that stored them: no markers, no AUFS metadata, no hard links. A
sparse file, and one whose header claims a size that it has not, is not looked at.
"""

from __future__ import annotations

from layerscope.blobs.limits import Limits
from layerscope.blobs.tar_content import ContentReader, Gather
from layerscope.image.changeset import Changeset
from layerscope.image.documents import DOCUMENTS, DocumentPattern
from layerscope.image.elf import ELF_MAGIC, debug_bytes
from layerscope.image.path_patterns import TAIL_CHARACTERS, NameGate
from layerscope.image.paths import normalize
from layerscope.image.secret_names import SECRETS, SecretPattern
from layerscope.notices import NoticeLog, Severity

__all__ = ["ContentKeeper", "gather_documents"]

_DOCUMENTS: NameGate[DocumentPattern] = NameGate(DOCUMENTS)
_SECRETS: NameGate[SecretPattern] = NameGate(SECRETS)
_DOCUMENT_OVERHEAD_BYTES = 128
"""What one kept document costs beside its content; an attack must not keep millions of empty ones."""


def gather_documents(limits: Limits) -> Gather:
    """What the tar reader asks about files that are too large for its window."""

    def gather(name: bytes, size: int) -> bool:
        parent, _, base = normalize(name)[0].rpartition(b"/")
        pattern = _DOCUMENTS.match(parent, base)
        if pattern is None or not pattern.needs_content:
            return False
        return size <= min(limits.kept_document_bytes, pattern.most_bytes)

    return gather


class ContentKeeper:
    """Looks at the contents of one layer's files, when the builder has appended their entries.

    To be called for files with a content whose names end in one of `tails` or begin with a dot, that lie in
    directories that it `watches`, or that have at least `program_bytes`.
    """

    tails = _DOCUMENTS.tails | _SECRETS.tails
    _directories = _DOCUMENTS.directories | _SECRETS.directories
    _directory_names = _DOCUMENTS.directory_names | _SECRETS.directory_names
    program_bytes = 16 << 10
    """Smaller programs have nothing worth stripping."""

    def __init__(self, contents: ContentReader, changeset: Changeset, limits: Limits, log: NoticeLog) -> None:
        self._contents = contents
        self._changeset = changeset
        self._limits = limits
        self._log = log
        self._kept_bytes = self._sought_bytes = 0

    def watches(self, directory: bytes) -> bool:
        """Whether all files of this directory are to be looked at."""
        return directory in self._directories or directory.rpartition(b"/")[2] in self._directory_names

    def look(self, index: int, parent: bytes, base: bytes, size: int, data: int) -> None:
        """Look at the file with the entry `index`, which the reader has yielded last."""
        if size >= self.program_bytes and self._contents.begins_with(ELF_MAGIC, data, size):
            self._measure(index, size, data)
            return
        if base[-TAIL_CHARACTERS:] not in self.tails and base[:1] != b"." and not self.watches(parent):
            return
        document = _DOCUMENTS.match(parent, base)
        if document is not None:
            self._keep(index, document, size, data)
            return
        secret = _SECRETS.match(parent, base)
        if secret is not None and size <= secret.most_bytes:
            self._seek(index, secret, size, data)

    def _seek(self, index: int, secret: SecretPattern, size: int, data: int) -> None:
        """Note the kinds of secrets in a file, if it, or all of the layer, is not too much."""
        limits = self._limits
        if size > limits.secret_file_bytes:
            self._not_sought(
                index,
                f"a file of more than {limits.secret_file_bytes:,} bytes may hold secrets and is not read",
            )
            return
        self._sought_bytes += size
        if self._sought_bytes > limits.secret_files_bytes:
            self._not_sought(
                index, f"more than {limits.secret_files_bytes:,} bytes may hold secrets; the rest is not read"
            )
            return
        content = self._contents.read(data, size, 0, size)
        if content is not None and (kinds := set(secret.look(content))):
            self._changeset.secrets[index] = tuple(sorted(kinds))

    def _not_sought(self, index: int, why: str) -> None:
        self._log.add("secrets-not-sought", Severity.INFO, why, path=self._changeset.path(index))

    def _measure(self, index: int, size: int, data: int) -> None:
        """Note the bytes of a program that are there for debuggers alone."""
        read = self._contents.read
        found = debug_bytes(lambda offset, length: read(data, size, offset, length), size)
        if found:
            self._changeset.debug_bytes[index] = found

    def _keep(self, index: int, pattern: DocumentPattern, size: int, data: int) -> None:
        """Keep a document, if it is not too large."""
        limits, content = self._limits, b""
        if pattern.needs_content:
            if size > min(limits.kept_document_bytes, pattern.most_bytes):
                self._too_large(index, f"it has {size:,} bytes")
                return
            read = self._contents.read(data, size, 0, size)
            if read is None:
                return
            content = read
        kept = pattern.reduce(content)
        if kept is None:
            return
        cost = len(kept) + _DOCUMENT_OVERHEAD_BYTES
        if self._kept_bytes + cost > limits.kept_documents_bytes:
            self._too_large(index, f"the layer's have more than {limits.kept_documents_bytes:,} bytes")
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
