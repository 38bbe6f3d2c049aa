"""Reading documents of a store: with their digests verified, and never more of them than the limits allow."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from layerscope.blobs.limits import Limits
from layerscope.errors import InvalidImage, LimitExceeded
from layerscope.notices import Notice, NoticeLog, Severity
from layerscope.oci.config import ImageConfig
from layerscope.oci.decode import decode_fields
from layerscope.oci.digest import ImageID, digest_mismatch, is_checkable, sha256_of
from layerscope.sources.listing import BlobDraft
from layerscope.sources.store import Store

__all__ = ["ConfigReading", "Documents"]

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class ConfigReading:
    """A configuration, or an empty one with notices that say why; `image_id` is computed from its bytes."""

    config: ImageConfig
    image_id: ImageID | None
    notices: tuple[Notice, ...]
    problem: str = ""
    """Why it is an empty one: `the configuration is missing`."""
    length: int | None = None
    """Bytes of the document; None where it was not read."""
    document: bytes = b""
    """Its bytes; none where it is an empty one."""


class Documents:
    """The documents of one store, and the count of what they list.

    Many images may name one document, so what was last decoded is kept; and all that is read is counted.
    """

    def __init__(self, store: Store, limits: Limits, *, verify: bool) -> None:
        self.store = store
        self.limits = limits
        self._verify = verify
        self._read_bytes = self._images = self._layers = 0
        self._kept: dict[Hashable, Any] = {}
        self._kept_bytes = 0

    def begin(self) -> None:
        """Count what is read from zero: the source is listed, and now an image is opened."""
        self._read_bytes = 0

    def count_images(self, count: int, where: str) -> None:
        """Count what is listed. Raises LimitExceeded past `listed_images`."""
        self._images += count
        if self._images > self.limits.listed_images:
            bound = self.limits.listed_images
            raise LimitExceeded(f"{where}: more than {bound:,} images (limit listed_images)")

    def count_layers(self, count: int, where: str) -> None:
        """Count the layers of one image. Raises LimitExceeded past `layers` or `listed_layers`."""
        if count > self.limits.layers:
            raise LimitExceeded(f"{where}: more than {self.limits.layers:,} layers (limit layers)")
        self._layers += count
        if self._layers > self.limits.listed_layers:
            bound = self.limits.listed_layers
            raise LimitExceeded(f"{where}: more than {bound:,} layers in all images (limit listed_layers)")

    def read(self, blob: BlobDraft, log: NoticeLog) -> bytes | None:
        """Read a document that a descriptor promises; None if it is not there.

        A wrong digest or size is an error of the image, but what the document says may still be right: it
        goes to `log` and reading goes on. So does a digest that cannot be checked. Raises Truncated and
        LimitExceeded.
        """
        data = self.store.read(blob.name)
        if data is None:
            data = blob.embedded
        self._count_bytes(data or b"")
        if data is not None and self._verify and blob.digest:
            if not is_checkable(blob.digest):
                what = f"{blob.key}: {blob.digest}: this algorithm cannot be checked"
                log.add("digest-not-verified", Severity.WARNING, what)
            wrong = digest_mismatch(data, blob.digest, blob.size)
            if wrong:
                log.add("document-digest-mismatch", Severity.ERROR, f"{blob.key}: {blob.name}: {wrong}")
        return data

    def config(self, blob: BlobDraft | None) -> ConfigReading:
        """Read a configuration. Whatever is wrong with it, the layers can still be shown."""
        if blob is None:
            log = NoticeLog()
            log.add("config-missing", Severity.WARNING, "the manifest names no configuration")
            return ConfigReading(ImageConfig(), None, log.notices(), "the manifest names no configuration")
        key = ("config", blob.name, blob.digest, blob.size, blob.embedded)
        if key not in self._kept:
            before = self._read_bytes
            reading = self._read_config(blob)
            self._keep(key, reading, self._read_bytes - before)
        kept: ConfigReading = self._kept[key]
        return kept

    def fields(self, name: str, kind: type[S]) -> tuple[S, tuple[str, ...]] | None:
        """Decode a document whose fields are all optional, as `decode_fields` does; None if it is not there.

        Raises Malformed, Truncated and LimitExceeded.
        """
        key = (kind, name)
        if key not in self._kept:
            data = self.store.read(name)
            if data is None:
                return None
            self._count_bytes(data)
            self._keep(key, decode_fields(data, kind, name), len(data))
        found: tuple[S, tuple[str, ...]] = self._kept[key]
        return found

    def _count_bytes(self, data: bytes) -> None:
        self._read_bytes += len(data)
        if self._read_bytes > self.limits.documents_bytes:
            bound = self.limits.documents_bytes
            raise LimitExceeded(f"more than {bound:,} bytes of documents (limit documents_bytes)")

    def _keep(self, key: Hashable, value: object, size: int) -> None:
        """Remember a decoded document, and forget all others where they would be too many."""
        if self._kept_bytes + size > self.limits.document_bytes:
            self._kept.clear()
            self._kept_bytes = 0
        self._kept[key] = value
        self._kept_bytes += size

    def _read_config(self, blob: BlobDraft) -> ConfigReading:
        log = NoticeLog()
        promised = ImageID(blob.digest) if blob.digest else None
        try:
            data = self.read(blob, log)
            if data is None:
                what = f"{blob.name}: the configuration is not in the source: no history, no diff IDs"
                log.add("config-missing", Severity.ERROR, what)
                return ConfigReading(ImageConfig(), promised, log.notices(), "the configuration is missing")
            config, problems = decode_fields(data, ImageConfig, "config")
        except InvalidImage as error:
            log.add("config-malformed", Severity.ERROR, f"{blob.name}: {error}")
            return ConfigReading(ImageConfig(), promised, log.notices(), "the configuration is damaged")
        for problem in problems:
            log.add("config-field", Severity.WARNING, problem)
        return ConfigReading(config, ImageID(sha256_of(data)), log.notices(), length=len(data), document=data)
