"""Two images against each other: which layers were kept, which were rebuilt and why, what a pull costs.

Pure: both analyses are there already. Only layers that are not the same are looked into.
"""

from __future__ import annotations

from functools import cache

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.analysis.comparison_types import (
    Comparison,
    IrreproducibleCause,
    LayerFate,
    LayerPair,
    PullCost,
    RebuildCause,
)
from layerscope.analysis.configuration import TIMES, configuration_changes
from layerscope.analysis.growth_explained import explain_growth
from layerscope.analysis.irreproducible import CauseCounter
from layerscope.analysis.layer_alignment import Alignable, align, without_hashes
from layerscope.analysis.layer_difference import LayerDifference, difference, differing_paths
from layerscope.analysis.layer_summary import LayerSummary, summarize
from layerscope.analysis.path_changes import path_changes
from layerscope.analysis.snapshot import SnapshotBounds, take_snapshot
from layerscope.blobs.compression import Compression

__all__ = ["compare", "rebuild_cause"]

_BOUNDS = SnapshotBounds(packages=20_000, directories=20_000, files=20_000)
_ROWS = 1000
"""Of each table of growth: more than anybody reads, few enough for any image."""

_WHOLE_LAYER = {
    RebuildCause.ORDER: IrreproducibleCause.ORDER,
    RebuildCause.FORMAT: IrreproducibleCause.FORMAT,
    RebuildCause.COMPRESSION: IrreproducibleCause.COMPRESSION,
}


def compare(old: Analysis, new: Analysis) -> Comparison:
    """Compare two images that were read with their contents hashed."""
    return _Comparing(old, new).comparison()


class _Comparing:
    """One comparison; the summary of a layer is made when it is asked for, and once."""

    def __init__(self, old: Analysis, new: Analysis) -> None:
        self._old = old
        self._new = new
        self._summary = cache(lambda of_new, index: _summary(new if of_new else old, index))
        self._causes = CauseCounter()

    def comparison(self) -> Comparison:
        old, new = self._old, self._new
        pairs: list[LayerPair] = []
        parents_changed = False
        for before, after in align(self._alignables(of_new=False), self._alignables(of_new=True)):
            pair = self._pair(before, after, parents_changed=parents_changed)
            pairs.append(pair)
            parents_changed |= before is None or after is None or self._diff_ids_differ(before, after)
        configuration = configuration_changes(old.image, new.image)
        if configuration and {change.key for change in configuration} <= TIMES:
            self._causes.add_layer(None, IrreproducibleCause.CREATED)
        return Comparison(
            old=old,
            new=new,
            layers=tuple(pairs),
            pull=_pull_cost(old, new),
            paths=path_changes(old.rootfs, new.rootfs),
            growth=explain_growth(*(take_snapshot(each, bounds=_BOUNDS) for each in (old, new)), top=_ROWS),
            configuration=configuration,
            causes=self._causes.causes(),
        )

    def _alignables(self, *, of_new: bool) -> list[Alignable]:
        analysis = self._new if of_new else self._old
        return [
            Alignable(
                analyzed.diff_id or "",
                _instruction(analyzed),
                lambda index=index: self._summary(of_new, index),  # type: ignore[misc]
            )
            for index, analyzed in enumerate(analysis.layers)
        ]

    def _diff_ids_differ(self, before: int, after: int) -> bool:
        diff_id = self._old.layers[before].diff_id
        return diff_id is None or diff_id != self._new.layers[after].diff_id

    def _pair(self, before: int | None, after: int | None, *, parents_changed: bool) -> LayerPair:
        if before is None or after is None:
            fate = LayerFate.ADDED if before is None else LayerFate.REMOVED
            return LayerPair(before, after, fate, parents_changed=parents_changed)
        old, new = self._old.layers[before], self._new.layers[after]
        cause: RebuildCause | None
        found: LayerDifference | None = None
        if not self._diff_ids_differ(before, after):
            cause = _same_diff_id_cause(old, new, parents_changed=parents_changed)
        elif _unread(old) or _unread(new):
            cause = RebuildCause.UNKNOWN
        else:
            found = difference(self._summary(False, before), self._summary(True, after))
            cause = rebuild_cause(found)
        same_instruction = bool(_instruction(old)) and _instruction(old) == _instruction(new)
        if same_instruction and cause is not None:
            self._add_causes(before, after, cause)
        return LayerPair(
            old=before,
            new=after,
            fate=LayerFate.KEPT if cause is None else LayerFate.REBUILT,
            cause=cause,
            parents_changed=parents_changed,
            same_instruction=same_instruction,
            difference=found,
        )

    def _add_causes(self, before: int, after: int, cause: RebuildCause) -> None:
        if cause in _WHOLE_LAYER:
            self._causes.add_layer(after, _WHOLE_LAYER[cause])
        elif cause in (RebuildCause.CONTENT, RebuildCause.METADATA):
            pair = self._summary(False, before), self._summary(True, after)
            self._causes.add_paths(after, differing_paths(*pair))


def rebuild_cause(found: LayerDifference) -> RebuildCause:
    """Why two layers with these differences have different diff IDs."""
    if not found.same_content:
        return RebuildCause.CONTENT
    if found.counts:
        return RebuildCause.METADATA
    return RebuildCause.ORDER if found.reordered else RebuildCause.FORMAT


def _same_diff_id_cause(
    old: LayerAnalysis, new: LayerAnalysis, *, parents_changed: bool
) -> RebuildCause | None:
    """Two blobs of one diff ID are the same where one of them is no blob of a registry."""
    compressed = Compression.NONE not in (old.reading.compression, new.reading.compression)
    digests = _digest(old), _digest(new)
    if compressed and None not in digests and digests[0] != digests[1]:
        return RebuildCause.COMPRESSION
    return RebuildCause.PARENTS if parents_changed else None


def _pull_cost(old: Analysis, new: Analysis) -> PullCost:
    known_digests = {_digest(layer) for layer in old.layers} - {None}
    known_diff_ids = {layer.diff_id for layer in old.layers if _any_blob(layer)} - {None}
    all_diff_ids = {layer.diff_id for layer in old.layers} - {None}
    chains = {layer.chain_id for layer in old.layers} - {None}
    pulled: dict[str, LayerAnalysis] = {}
    reused: dict[str, LayerAnalysis] = {}
    for layer in new.layers:
        known = all_diff_ids if _any_blob(layer) else known_diff_ids
        there = _digest(layer) in known_digests or layer.diff_id in known
        (reused if there else pulled).setdefault(_digest(layer) or f"{layer.layer.index}", layer)
    anew = [layer for layer in new.layers if layer.chain_id is None or layer.chain_id not in chains]
    return PullCost(
        pulled_layers=len(pulled),
        pulled_bytes=sum(_blob_bytes(layer) for layer in pulled.values()),
        reused_layers=len(reused),
        reused_bytes=sum(_blob_bytes(layer) for layer in reused.values()),
        compressed=all(layer.reading.compression is not Compression.NONE for layer in pulled.values()),
        stored_layers=len(anew),
        stored_bytes=sum(layer.reading.changeset.content_bytes for layer in anew),
    )


def _any_blob(layer: LayerAnalysis) -> bool:
    """Whether the bytes here are no registry's blob: any blob of the same diff ID may stand for them."""
    return layer.layer.absent is None and layer.reading.compression is Compression.NONE


def _blob_bytes(layer: LayerAnalysis) -> int:
    """As stored here, or as promised where the blob is not here."""
    return layer.reading.compressed_bytes or layer.layer.size or 0


def _digest(layer: LayerAnalysis) -> str | None:
    return layer.layer.digest or layer.reading.digest


def _unread(layer: LayerAnalysis) -> bool:
    return layer.layer.absent is not None or layer.reading.error is not None


def _instruction(layer: LayerAnalysis) -> str:
    return without_hashes(layer.layer.instruction.text) if layer.layer.instruction else ""


def _summary(analysis: Analysis, index: int) -> LayerSummary:
    return summarize(analysis.layers[index].reading.changeset)
