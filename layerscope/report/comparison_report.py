"""The machine format of `layerscope diff`: the comparison of two images as data."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, Struct, UnsetType

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.analysis.comparison_types import Comparison, LayerPair, PathChanges, PullCost
from layerscope.analysis.layer_difference import AspectCount, LayerDifference
from layerscope.report.comparison_words import CAUSE_REMEDY, masked_value
from layerscope.report.exact import Bytes, Count, ExactPath, LayerIndex, exact_bytes, lossy_text
from layerscope.report.growth_report import GrowthReport, growth_report
from layerscope.report.json import encode_line
from layerscope.report.masking import masked
from layerscope.report.model import (
    SCHEMA_VERSION,
    ImageReport,
    NoticeReport,
    Totals,
    image_report,
    notice_reports,
    totals,
)
from layerscope.report.printable import without_surrogates

__all__ = [
    "AspectReport",
    "ComparedImageReport",
    "ComparedLayerReport",
    "ComparisonReport",
    "ConfigurationChangeReport",
    "DifferenceReport",
    "IrreproducibilityReport",
    "LayerPairReport",
    "PathChangeReport",
    "PathChangesReport",
    "PullReport",
    "comparison_json",
    "comparison_report",
    "difference_report",
]


class ComparedImageReport(Struct, frozen=True, kw_only=True):
    """One of the two images: which it is, its sums, and what was odd about it."""

    image: ImageReport
    totals: Totals
    complete: bool
    notices: tuple[NoticeReport, ...]


class AspectReport(Struct, frozen=True, kw_only=True):
    """`paths` that differ in exactly these `aspects`: `added`, `removed`, `content` (another type, content,
    link target or device), `marker` (a whiteout), `hard_link`, `mode`, `owner`, `mtime`, `xattrs`.

    `content_bytes` are what the layers store there; `examples` a few of the paths, most bytes first. A path
    that is not UTF-8 has U+FFFD in it.
    """

    aspects: tuple[str, ...]
    paths: Count
    content_bytes: Bytes
    examples: tuple[str, ...]


class DifferenceReport(Struct, frozen=True, kw_only=True):
    """Two layers path by path: `equal_paths` are the same in every respect, `same_content_paths` have at
    least the same content, all others are counted in `differing`. `reordered`: in another order."""

    equal_paths: Count
    same_content_paths: Count
    same_content_bytes: Bytes
    reordered: bool
    differing: tuple[AspectReport, ...]


class ComparedLayerReport(Struct, frozen=True, kw_only=True):
    """One layer of one of the two images; sizes as in `layers` of `inspect`."""

    index: LayerIndex
    diff_id: str | None
    digest: str | None
    compressed_bytes: Bytes
    content_bytes: Bytes
    instruction: str | None


class LayerPairReport(Struct, frozen=True, kw_only=True):
    """A layer of the old image and the one that stands for it in the new one; null where there is none.

    `fate` is `kept`, `rebuilt`, `added` or `removed`. `cause` says why a rebuilt layer is another one:
    `content`, `metadata`, `order`, `format` (only the tar is written in another way), `compression` (only the
    blob differs), `parents` (only layers below it differ), `unknown`. `difference` is null where the layers
    have the same bytes, or one has not been read.
    """

    old: ComparedLayerReport | None
    new: ComparedLayerReport | None
    fate: str
    cause: str | None
    parents_changed: bool
    same_instruction: bool
    difference: DifferenceReport | None


class PullReport(Struct, frozen=True, kw_only=True):
    """Pulling the new image where the old one is: blobs as they are stored here, and what an engine stores
    anew. With `compressed` false some of the pulled blobs are uncompressed here, and a registry's smaller."""

    pulled_layers: Count
    pulled_bytes: Bytes
    reused_layers: Count
    reused_bytes: Bytes
    compressed: bool
    stored_layers: Count
    stored_bytes: Bytes


class PathChangeReport(Struct, frozen=True, kw_only=True):
    """A path of the root filesystem whose content bytes differ; null where it is not there."""

    path: str
    path_bytes: ExactPath | UnsetType = UNSET
    before_bytes: Bytes | None
    after_bytes: Bytes | None


class PathChangesReport(Struct, frozen=True, kw_only=True):
    """Paths of the final root filesystem, each counted in one of the first five.

    `added_bytes` - `removed_bytes` + `grew_bytes` - `shrank_bytes` is what the live bytes grew by. `largest`
    are at most 1000.
    """

    added: Count
    removed: Count
    content: Count
    metadata: Count
    unchanged: Count
    added_bytes: Bytes
    removed_bytes: Bytes
    grew_bytes: Bytes
    shrank_bytes: Bytes
    largest: tuple[PathChangeReport, ...]


class ConfigurationChangeReport(Struct, frozen=True, kw_only=True):
    """A key of the configuration that differs; null where it is not set. `***` stands for a secret."""

    key: str
    old: str | None
    new: str | None


class IrreproducibilityReport(Struct, frozen=True, kw_only=True):
    """Why an instruction that did not change gave another layer: `mtimes`, `bytecode`, `logs`, `caches`,
    `package_state`, `identities`, `accounts`, `archives`, `owners`, `modes`, `xattrs`, `hard_links`, `order`,
    `format`, `compression`, `created` or `content`. `layers` are those of the new image; `paths` is 0 where
    it is about layers as a whole. `remedy` says what to change."""

    cause: str
    layers: tuple[LayerIndex, ...]
    paths: Count
    examples: tuple[str, ...]
    remedy: str


class ComparisonReport(Struct, frozen=True, kw_only=True):
    """Everything that `layerscope diff --format json` prints.

    `differs` is what `--exit-code` asks: a layer or a key of the configuration is not the same. `layers` are
    in the order of the new image, from the base up, removed ones where they stood.
    """

    schema_version: int
    complete: bool
    differs: bool
    old: ComparedImageReport
    new: ComparedImageReport
    layers: tuple[LayerPairReport, ...]
    pull: PullReport
    paths: PathChangesReport
    growth: GrowthReport
    configuration: tuple[ConfigurationChangeReport, ...]
    irreproducible: tuple[IrreproducibilityReport, ...]


def comparison_report(comparison: Comparison) -> ComparisonReport:
    """All of it."""
    return ComparisonReport(
        schema_version=SCHEMA_VERSION,
        complete=comparison.complete,
        differs=comparison.differs,
        old=_image(comparison.old),
        new=_image(comparison.new),
        layers=tuple(_pairs(comparison)),
        pull=_pull(comparison.pull),
        paths=_paths(comparison.paths),
        growth=growth_report(comparison.growth),
        configuration=tuple(
            ConfigurationChangeReport(
                key=without_surrogates(change.key),
                old=None if change.old is None else masked_value(change.key, change.old),
                new=None if change.new is None else masked_value(change.key, change.new),
            )
            for change in comparison.configuration
        ),
        irreproducible=tuple(
            IrreproducibilityReport(
                cause=str(cause.cause),
                layers=cause.layers,
                paths=cause.paths,
                examples=tuple(map(lossy_text, cause.examples)),
                remedy=CAUSE_REMEDY[cause.cause],
            )
            for cause in comparison.causes
        ),
    )


def comparison_json(comparison: Comparison) -> Iterator[bytes]:
    """The document: one key a line, each layer and each path on a line of its own."""
    made = comparison_report(comparison)
    lines = []
    for name in made.__struct_fields__:
        value = getattr(made, name)
        encoded = encode_line(value)
        if isinstance(value, tuple) and value:
            encoded = b"[\n" + b",\n".join(map(encode_line, value)) + b"\n]"
        lines.append(b'"%s":%s' % (name.encode(), encoded))
    yield b"{" + b",\n".join(lines) + b"}\n"


def difference_report(found: LayerDifference) -> DifferenceReport:
    """Two layers, path by path."""
    return DifferenceReport(
        equal_paths=found.equal_paths,
        same_content_paths=found.same_content_paths,
        same_content_bytes=found.same_content_bytes,
        reordered=found.reordered,
        differing=tuple(map(_aspect, found.counts)),
    )


def _aspect(found: AspectCount) -> AspectReport:
    return AspectReport(
        aspects=tuple(map(str, found.aspects)),
        paths=found.paths,
        content_bytes=found.content_bytes,
        examples=tuple(lossy_text(each.path) for each in found.examples),
    )


def _image(analysis: Analysis) -> ComparedImageReport:
    return ComparedImageReport(
        image=image_report(analysis),
        totals=totals(analysis),
        complete=analysis.complete,
        notices=tuple(notice_reports(analysis)),
    )


def _pairs(comparison: Comparison) -> Iterator[LayerPairReport]:
    for pair in comparison.layers:
        yield _pair(comparison, pair)


def _pair(comparison: Comparison, pair: LayerPair) -> LayerPairReport:
    return LayerPairReport(
        old=None if pair.old is None else _layer(comparison.old.layers[pair.old]),
        new=None if pair.new is None else _layer(comparison.new.layers[pair.new]),
        fate=str(pair.fate),
        cause=None if pair.cause is None else str(pair.cause),
        parents_changed=pair.parents_changed,
        same_instruction=pair.same_instruction,
        difference=None if pair.difference is None else difference_report(pair.difference),
    )


def _layer(analyzed: LayerAnalysis) -> ComparedLayerReport:
    layer, reading = analyzed.layer, analyzed.reading
    return ComparedLayerReport(
        index=layer.index,
        diff_id=analyzed.diff_id,
        digest=layer.digest or reading.digest,
        compressed_bytes=reading.compressed_bytes,
        content_bytes=reading.changeset.content_bytes,
        instruction=masked(layer.instruction.text) if layer.instruction else None,
    )


def _pull(pull: PullCost) -> PullReport:
    return PullReport(**{name: getattr(pull, name) for name in PullReport.__struct_fields__})


def _paths(paths: PathChanges) -> PathChangesReport:
    counted = {
        name: getattr(paths, name) for name in PathChangesReport.__struct_fields__ if name != "largest"
    }
    largest = tuple(
        PathChangeReport(
            path=lossy_text(change.path),
            path_bytes=exact_bytes(change.path),
            before_bytes=change.before_bytes,
            after_bytes=change.after_bytes,
        )
        for change in paths.largest
    )
    return PathChangesReport(**counted, largest=largest)
