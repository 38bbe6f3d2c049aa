"""From a draft to an Image: blobs looked up, diff IDs and history paired with the layers.

Pairing is by position from the base up, and only where the counts agree. Anything else would shift: an
instruction shown beside the wrong layer is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from layerscope.errors import (
    InvalidImage,
    LayerscopeError,
    Malformed,
    SourceNotFound,
    Truncated,
    Unsupported,
)
from layerscope.image.history import Instruction, read_instructions
from layerscope.image.image import Image
from layerscope.image.layer import Layer
from layerscope.notices import NoticeLog, Severity
from layerscope.oci.config import ImageConfig
from layerscope.oci.digest import DiffID, parse_digest
from layerscope.oci.media_type import is_encrypted, is_foreign, is_tar
from layerscope.oci.platform import platform_text
from layerscope.sources.documents import ConfigReading, Documents
from layerscope.sources.listing import BlobDraft, ImageDraft
from layerscope.sources.store import Store, Stored

__all__ = ["build_image", "pair_diff_ids", "pair_history"]


def build_image(draft: ImageDraft, documents: Documents, reference: str) -> Image:
    """Build the view of one image. Raises LimitExceeded for a configuration that is too large."""
    log = NoticeLog()
    log.extend(draft.notices)
    reading = (
        documents.config(draft.config) if draft.document is None else ConfigReading(draft.document, None, ())
    )
    log.extend(reading.notices)
    config = reading.config
    count = len(draft.layers)
    has_diff_ids = draft.document is None and not reading.problem
    diff_ids = pair_diff_ids(config, count, log) if has_diff_ids else (None,) * count
    history = read_instructions(config.history or ())
    instructions = pair_history(history, count, log)
    unpaired = "history does not match the layers" if history else "the image has no history"
    layers = tuple(
        replace(
            _layer(i, blob, _look_up(i, blob, documents.store, log)),
            diff_id=diff_ids[i],
            instruction=instructions[i],
            no_instruction="" if instructions[i] else reading.problem or unpaired,
        )
        for i, blob in enumerate(draft.layers)
    )
    return Image(
        reference=reference,
        format=draft.format,
        image_id=reading.image_id,
        digest=draft.digest,
        platform=platform_text(config.os, config.architecture, config.variant) or draft.platform,
        tags=draft.names,
        created=config.created,
        config=config,
        layers=layers,
        history=history,
        annotations=draft.annotations,
        notices=log.notices(),
        config_bytes=reading.length,
        manifest_bytes=draft.manifest_bytes,
        config_document=reading.document or draft.document_bytes,
        descriptor_annotations=draft.descriptor_annotations,
        index_annotations=draft.index_annotations,
    )


def pair_diff_ids(config: ImageConfig, count: int, log: NoticeLog) -> tuple[DiffID | None, ...]:
    """The diff ID of each of `count` layers; None on every layer where the counts differ."""
    unknown: tuple[DiffID | None, ...] = (None,) * count
    listed = config.rootfs.diff_ids if config.rootfs else None
    if listed is None:
        if count:
            log.add("diff-ids-missing", Severity.WARNING, "config.rootfs.diff_ids: is missing")
        return unknown
    if len(listed) != count:
        log.add(
            "diff-id-count",
            Severity.WARNING,
            f"config.rootfs.diff_ids: {len(listed)} diff IDs for {count} layers; engines refuse the image",
        )
        return unknown
    try:
        return tuple(
            DiffID(parse_digest(text, f"config.rootfs.diff_ids[{i}]")) for i, text in enumerate(listed)
        )
    except Malformed as error:
        log.add("diff-id-malformed", Severity.ERROR, str(error))
        return unknown


def pair_history(
    history: Sequence[Instruction], count: int, log: NoticeLog
) -> tuple[Instruction | None, ...]:
    """The instruction of each of `count` layers; None on every layer where the counts differ.

    Spec: image-spec v1.1.1, config.md#properties (history, empty_layer).
    """
    made_layers = tuple(instruction for instruction in history if not instruction.empty_layer)
    if len(made_layers) == count:
        return made_layers
    if history:
        log.add(
            "history-count",
            Severity.INFO,
            f"config.history: {len(made_layers)} entries made a layer, and the image has {count} layers; "
            "which instruction made which layer is unknown",
        )
    return (None,) * count


def _layer(index: int, draft: BlobDraft, found: tuple[Stored | None, LayerscopeError | None]) -> Layer:
    """One layer, with its blob, or with the reason why there is none; the configuration adds to it."""
    stored, absent = found
    return Layer(
        index=index,
        digest=draft.digest,
        diff_id=None,
        media_type=draft.media_type,
        size=draft.size if draft.size is not None or stored is None else stored.size,
        blob=stored.blob if stored else None,
        reading=stored.reading if stored else None,
        absent=absent,
        name=draft.name,
        annotations=draft.annotations,
    )


def _look_up(
    index: int, draft: BlobDraft, store: Store, log: NoticeLog
) -> tuple[Stored | None, LayerscopeError | None]:
    """Find a layer's blob; else say why it is absent, and note it."""

    def absent(code: str, what: str, why: LayerscopeError) -> tuple[None, LayerscopeError]:
        severity = Severity.ERROR if isinstance(why, InvalidImage) else Severity.WARNING
        log.add(code, severity, f"{why}: {what}", layer=index)
        return None, why

    if is_encrypted(draft.media_type):
        what = "its contents are not known to layerscope, only its size"
        return absent("layer-encrypted", what, Unsupported("encrypted layer"))
    if not is_tar(draft.media_type):
        why = Unsupported(f"media type {draft.media_type} is no tar")
        return absent("layer-not-tar", "it was not read", why)
    try:
        found = store.find(draft.name)
    except InvalidImage as error:
        return absent("layer-link-cycle", str(error), Malformed("links lead in a circle"))
    if found is not None and (found.blob is not None or found.reading is not None):
        return found, None
    if is_foreign(draft.media_type) or draft.has_urls:
        what = f"{draft.name} is distributed elsewhere and not in the source"
        return absent("layer-foreign", what, Unsupported("foreign layer"))
    if found is not None:
        what = "it is neither a tar nor compressed, and was not kept"
        return absent("layer-not-tar", what, Malformed(f"{draft.name} is no layer"))
    where = "archive" if store.is_archive else "layout"
    kind = Truncated if store.error else SourceNotFound
    return absent("layer-missing", "the layer was not read", kind(f"{draft.name} is not in the {where}"))
