"""Reading documents of a store: with their digests verified, and never more of them than the limits allow."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.blobs.limits import Limits
from layerscope.errors import InvalidImage
from layerscope.notices import Notice, NoticeLog, Severity
from layerscope.oci.config import ImageConfig
from layerscope.oci.decode import decode_fields
from layerscope.oci.digest import ImageID, digest_mismatch, is_checkable, sha256_of
from layerscope.sources.listing import BlobDraft
from layerscope.sources.store import Store

__all__ = ["ConfigReading", "Documents"]


@dataclass(frozen=True, slots=True)
class ConfigReading:
    """A configuration, or an empty one with notices that say why; `image_id` is computed from its bytes."""

    config: ImageConfig
    image_id: ImageID | None
    notices: tuple[Notice, ...]
    problem: str = ""
    """Why it is an empty one: `the configuration is missing`."""


class Documents:
    """The documents of one store."""

    def __init__(self, store: Store, limits: Limits, *, verify: bool) -> None:
        self.store = store
        self.max_index_depth = limits.index_depth
        self._verify = verify

    def read(self, blob: BlobDraft, log: NoticeLog) -> bytes | None:
        """Read a document that a descriptor promises; None if it is not there.

        A wrong digest or size is an error of the image, but what the document says may still be right: it
        goes to `log` and reading goes on. So does a digest that cannot be checked. Raises Truncated and
        LimitExceeded.
        """
        data = self.store.read(blob.name)
        if data is None:
            data = blob.embedded
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
        log = NoticeLog()
        if blob is None:
            log.add("config-missing", Severity.WARNING, "the manifest names no configuration")
            return ConfigReading(ImageConfig(), None, log.notices(), "the manifest names no configuration")
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
        return ConfigReading(config, ImageID(sha256_of(data)), log.notices())
