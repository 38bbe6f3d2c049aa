"""The machine format: what every output shows, as data. Built from an `Analysis` alone; no files, no clock.

Keys may be added within one `schema_version`; none changes its meaning or goes away. Sizes are exact bytes,
ratios run from 0 to 1, layers count from 0, the base.
A path that is not UTF-8 has its exact bytes in a second key (`report.exact`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.analysis.ledger import ByteLedger, WastedFile
from layerscope.notices import Notice
from layerscope.report.attribution import (
    DockerfileMatchReport,
    DockerfileReport,
    FindingReport,
    PackagesReport,
    dockerfile_match_report,
    dockerfile_report,
    finding_reports,
    packages_report,
)
from layerscope.report.exact import (
    Bytes,
    Count,
    ExactPath,
    LayerIndex,
    Ratio,
    exact_bytes,
    lossy_text,
    text_or_none,
)
from layerscope.report.masking import masked
from layerscope.report.printable import without_surrogates
from layerscope.rules.finding import Finding

__all__ = [
    "SCHEMA_VERSION",
    "BaseReport",
    "ImageReport",
    "LayerReport",
    "NoticeReport",
    "Report",
    "Totals",
    "Verification",
    "WasteReport",
    "WastedFileReport",
    "by_cause",
    "image_report",
    "is_verified",
    "layer_reports",
    "notice_report",
    "notice_reports",
    "report",
    "totals",
    "verification",
    "wasted_file_reports",
]

SCHEMA_VERSION = 1
"""Of the machine format. It grows when a key changes its meaning or goes away."""


class BaseReport(Struct, frozen=True, kw_only=True):
    """The base image: the lowest `layers` layers are its, 0 if it has none or where it ends is unknown.

    `origin` is how that is known: `given`, `dockerfile`, `annotation` (which names it; the history shows its
    end), `history` (a guess) or `none`. `name` and `digest` (the manifest's) are null if nothing says them.
    """

    layers: Count
    origin: str
    name: str | None
    digest: str | None


class ImageReport(Struct, frozen=True, kw_only=True):
    """Which image it is. `digest` is the manifest's, null where the format has no manifest of its own.

    `dockerfile` is null where none was given.
    """

    reference: str
    image_id: str | None
    digest: str | None
    platform: str
    tags: tuple[str, ...]
    created: str | None
    base: BaseReport
    dockerfile: DockerfileMatchReport | None


class Totals(Struct, frozen=True, kw_only=True):
    """Sums over all layers. The law: stored_bytes = live_bytes + wasted_bytes.

    `compressed_bytes` are the blobs as they are stored here, `tar_bytes` the uncompressed streams,
    `stored_bytes` the contents of files, each inode once for each layer; `efficiency_ratio` is live / stored,
    1 for an image without contents. `base_stored_bytes` are in the base image's layers, `own_stored_bytes`
    above them; `base_wasted_bytes` are waste in the base image already, `own_wasted_bytes` were made waste by
    one's own layers, whoever stored them. Without a known base all is one's own.
    """

    layers: Count
    entries: Count
    compressed_bytes: Bytes
    tar_bytes: Bytes
    stored_bytes: Bytes
    live_bytes: Bytes
    wasted_bytes: Bytes
    efficiency_ratio: Ratio
    own_stored_bytes: Bytes
    own_wasted_bytes: Bytes
    base_stored_bytes: Bytes
    base_wasted_bytes: Bytes


class LayerReport(Struct, frozen=True, kw_only=True):
    """One layer; 0 is the base.

    `digest` is the blob's, `diff_id` that of its uncompressed stream: as the image promises them, else as
    computed, else null. `verified` says that the bytes were read to their end and are those that the image
    promises; where the cache knows the layer, the stored bytes were hashed now, and the diff ID was computed
    from the same bytes when the layer was read. `entries` are the tar's, `whiteouts` (opaque ones included)
    apart. `added`, `modified`, `removed` and `unchanged` (written again as they stood) count paths;
    `added_bytes` and `modified_bytes` are contents of new files, `removed_bytes` of inodes that lost their
    last name. `wasted_bytes` were written by this layer, `hidden_bytes` were made waste by it. `absent` says
    why a layer could not be read at all, `error` why not to its end. `in_base` says that it is the base
    image's, `dockerfile` where its instruction stands, null where that is unknown. `created_by` is what the
    history says, with `***` for what is a secret in it.
    """

    index: LayerIndex
    diff_id: str | None
    digest: str | None
    chain_id: str | None
    media_type: str
    compression: str
    verified: bool
    compressed_bytes: Bytes
    tar_bytes: Bytes
    content_bytes: Bytes
    entries: Count
    whiteouts: Count
    added: Count
    modified: Count
    removed: Count
    unchanged: Count
    added_bytes: Bytes
    modified_bytes: Bytes
    removed_bytes: Bytes
    wasted_bytes: Bytes
    hidden_bytes: Bytes
    instruction: str | None
    created_by: str | None
    created: str | None
    absent: str | None
    error: str | None
    in_base: bool
    dockerfile: DockerfileReport | None


class WastedFileReport(Struct, frozen=True, kw_only=True):
    """One file's content that is stored and cannot be reached, with the layer that wrote and that hid it."""

    path: str
    path_bytes: ExactPath | UnsetType = UNSET
    bytes: Bytes
    cause: str
    written_in: LayerIndex
    hidden_in: LayerIndex


class WasteReport(Struct, frozen=True, kw_only=True):
    """The wasted bytes: `by_cause` names every cause; `files` have at least a byte, most bytes first."""

    by_cause: dict[str, Bytes]
    files: tuple[WastedFileReport, ...]


class NoticeReport(Struct, frozen=True, kw_only=True):
    """What could not be done in full, or what other tools see differently.

    `severity` is `info`, `warning` or `error`; with an `error` the figures cover what could be read. `layer`
    is null for the image as a whole, `path` the first one concerned, `count` how often it was seen.
    """

    code: str
    severity: str
    message: str
    layer: LayerIndex | None
    path: str | None
    path_bytes: bytes | UnsetType = UNSET
    count: Count


class Report(Struct, frozen=True, kw_only=True):
    """Everything that `layerscope inspect --format json` prints.

    `complete` says that every layer was read to its end and that nothing is damaged. Where it is false, the
    figures cover what could be read; `layers[].absent`, `layers[].error` and `notices` say what is missing.
    `findings` are what rules found, errors first, then most bytes; `examined` tells whether they were asked.
    `packages` is null where packages were not looked for.
    """

    schema_version: int
    complete: bool
    image: ImageReport
    totals: Totals
    layers: tuple[LayerReport, ...]
    waste: WasteReport
    examined: bool
    findings: tuple[FindingReport, ...]
    packages: PackagesReport | None
    notices: tuple[NoticeReport, ...]


def report(analysis: Analysis, findings: Sequence[Finding] | None) -> Report:
    """All of it at once; `findings` is None where no rule was asked.

    `report.json` writes the same piece by piece, in bounded memory.
    """
    ledger = analysis.ledger
    return Report(
        schema_version=SCHEMA_VERSION,
        complete=analysis.complete,
        image=image_report(analysis),
        totals=totals(analysis),
        layers=tuple(layer_reports(analysis)),
        waste=WasteReport(by_cause=by_cause(ledger), files=tuple(wasted_file_reports(ledger))),
        examined=findings is not None,
        findings=tuple(finding_reports(findings or ())),
        packages=packages_report(analysis),
        notices=tuple(notice_reports(analysis)),
    )


def image_report(analysis: Analysis) -> ImageReport:
    """Which image it is."""
    image, base = analysis.image, analysis.base
    return ImageReport(
        reference=without_surrogates(image.reference),
        image_id=image.image_id,
        digest=image.digest,
        platform=image.platform,
        tags=image.tags,
        created=image.created,
        base=BaseReport(
            layers=base.layers,
            origin=str(base.origin),
            name=without_surrogates(base.name) or None,
            digest=without_surrogates(base.digest) or None,
        ),
        dockerfile=dockerfile_match_report(image.dockerfile),
    )


def totals(analysis: Analysis) -> Totals:
    """Sums over all layers."""
    readings = [layer.reading for layer in analysis.layers]
    ledger, below = analysis.ledger, analysis.base.layers
    return Totals(
        layers=len(readings),
        entries=sum(len(reading.changeset) for reading in readings),
        compressed_bytes=sum(reading.compressed_bytes for reading in readings),
        tar_bytes=sum(reading.changeset.tar_bytes for reading in readings),
        stored_bytes=ledger.stored_bytes,
        live_bytes=ledger.live_bytes,
        wasted_bytes=ledger.wasted_bytes,
        efficiency_ratio=ledger.efficiency_ratio,
        own_stored_bytes=sum(ledger.stored_by_layer[below:]),
        own_wasted_bytes=sum(ledger.hidden_by_layer[below:]),
        base_stored_bytes=sum(ledger.stored_by_layer[:below]),
        base_wasted_bytes=sum(ledger.hidden_by_layer[:below]),
    )


def layer_reports(analysis: Analysis) -> Iterator[LayerReport]:
    """All layers, base first."""
    for analyzed in analysis.layers:
        yield _layer_report(analyzed, in_base=analyzed.layer.index < analysis.base.layers)


def _layer_report(analyzed: LayerAnalysis, *, in_base: bool) -> LayerReport:
    layer, reading, changes = analyzed.layer, analyzed.reading, analyzed.changes
    instruction = layer.instruction
    return LayerReport(
        index=layer.index,
        diff_id=analyzed.diff_id,
        digest=layer.digest or reading.digest,
        chain_id=analyzed.chain_id,
        media_type=layer.media_type,
        compression=str(reading.compression),
        verified=is_verified(analyzed),
        compressed_bytes=reading.compressed_bytes,
        tar_bytes=reading.changeset.tar_bytes,
        content_bytes=reading.changeset.content_bytes,
        entries=len(reading.changeset),
        whiteouts=reading.changeset.marker_count,
        added=changes.added,
        modified=changes.modified,
        removed=changes.removed,
        unchanged=changes.unchanged,
        added_bytes=changes.added_bytes,
        modified_bytes=changes.modified_bytes,
        removed_bytes=changes.removed_bytes,
        wasted_bytes=analyzed.wasted_bytes,
        hidden_bytes=analyzed.hidden_bytes,
        instruction=masked(instruction.text) if instruction else None,
        created_by=masked(instruction.created_by) if instruction else None,
        created=instruction.created if instruction else None,
        absent=text_or_none(layer.absent),
        error=text_or_none(reading.error),
        in_base=in_base,
        dockerfile=dockerfile_report(instruction.lines if instruction else None),
    )


class Verification(StrEnum):
    """What came of comparing a layer with its promised digest, diff ID and size."""

    VERIFIED = "verified"  #: it is what the image promises
    MISMATCH = "mismatch"  #: it is something else
    PARTIAL = "partial"  #: something is promised in an algorithm that cannot be checked; the rest is right
    NONE = "none"  #: not read to its end, nothing promised, or not to be verified


def verification(analyzed: LayerAnalysis) -> Verification:
    """Compare a layer with all that the image promises of it.

    A blob's digest or a diff ID is enough where the format has only one of them: it names all bytes.
    """
    layer, reading = analyzed.layer, analyzed.reading
    if reading.error is not None or layer.absent is not None:
        return Verification.NONE
    pairs = [(layer.digest, reading.digest), (layer.diff_id, reading.diff_id)]
    compared = [_agree(promise, found) for promise, found in pairs if promise and found]
    if False in compared or layer.size not in (None, reading.compressed_bytes):
        return Verification.MISMATCH
    if not any(compared):
        return Verification.NONE
    return Verification.PARTIAL if None in compared else Verification.VERIFIED


def _agree(promised: str, found: str) -> bool | None:
    """Whether two digests are the same; None if they are of different algorithms."""
    if promised.partition(":")[0] != found.partition(":")[0]:
        return None
    return promised == found


def is_verified(analyzed: LayerAnalysis) -> bool:
    """Tell whether a layer was read to its end, and is all that the image promises."""
    return verification(analyzed) is Verification.VERIFIED


def wasted_file_reports(ledger: ByteLedger) -> Iterator[WastedFileReport]:
    """Wasted files, in the ledger's order: most bytes first."""
    return map(_wasted_file_report, ledger.files())


def _wasted_file_report(wasted: WastedFile) -> WastedFileReport:
    return WastedFileReport(
        path=lossy_text(wasted.path),
        path_bytes=exact_bytes(wasted.path),
        bytes=wasted.size,
        cause=str(wasted.cause),
        written_in=wasted.written_in,
        hidden_in=wasted.hidden_in,
    )


def by_cause(ledger: ByteLedger) -> dict[str, int]:
    """Bytes for each cause, every cause present, in the order of every table."""
    return {str(cause): size for cause, size in ledger.by_cause.items()}


def notice_reports(analysis: Analysis) -> Iterator[NoticeReport]:
    """All notices, in the analysis' order."""
    return map(notice_report, analysis.notices)


def notice_report(notice: Notice) -> NoticeReport:
    """One notice."""
    return NoticeReport(
        code=notice.code,
        severity=str(notice.severity),
        message=masked(without_surrogates(notice.message)),
        layer=notice.layer,
        path=None if notice.path is None else lossy_text(notice.path),
        path_bytes=UNSET if notice.path is None else exact_bytes(notice.path),
        count=notice.count,
    )
