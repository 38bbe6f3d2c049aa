"""The plan: what is kept, what each layer loses, what merging would save. Made before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerscope.analysis.analyze import Analysis
from layerscope.blobs.compress import Codec
from layerscope.blobs.limits import DEFAULT_LIMITS, Limits
from layerscope.errors import UsageError
from layerscope.image.changeset import Changeset
from layerscope.image.entry import EntryKind
from layerscope.oci.digest import DiffID
from layerscope.optimizer.drop import Drops, dropped
from layerscope.optimizer.picks import LayerPicks
from layerscope.optimizer.replay import replay
from layerscope.optimizer.select import select
from layerscope.rootfs.rootfs import Rootfs

__all__ = ["LayerPlan", "Merge", "Options", "Plan", "make_plan"]

_BLOCK = 512
_END_MARK_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may choose."""

    squash: tuple[int, int] | None = None
    """First and last layer to merge into one, as the source counts them."""
    recompress: Codec | None = None
    """How written layers are compressed; as they were if not given."""
    shared: tuple[tuple[str, tuple[DiffID, ...]], ...] = ()
    """Other images by name, with their diff IDs: the lowest layers that they have too are kept."""
    dropped: tuple[str, ...] = ()
    """Rules whose files are taken out of the root filesystem."""
    reproducible: int | None = None
    """Seconds since 1970: later times become that, and layers are written in normal form. None: neither."""

    @property
    def latest_ns(self) -> int | None:
        """The same in nanoseconds."""
        return None if self.reproducible is None else self.reproducible * 1_000_000_000


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """One written layer. Records are entries and markers; sizes are bytes, `tar_bytes` to a few blocks."""

    picks: LayerPicks
    verbatim: bool
    """Nothing changes, so the blob stays as it is."""
    records_before: int
    records_after: int
    content_bytes_before: int
    content_bytes_after: int
    tar_bytes_before: int
    tar_bytes_after: int
    compressed_bytes_before: int

    @property
    def sources(self) -> tuple[int, ...]:
        """The layers of the source that it takes the place of."""
        return self.picks.sources

    @property
    def compressed_bytes_after(self) -> int:
        """About how large the blob will be: compressed as well as before."""
        if self.verbatim:
            return self.compressed_bytes_before
        return self.compressed_bytes_before * self.tar_bytes_after // max(self.tar_bytes_before, 1)


@dataclass(frozen=True, slots=True)
class Merge:
    """What if: layers `first` to `last` of the source as one, or the base written anew as well.

    `saved_bytes` are bytes of tar that would not be stored, `unshared_bytes` those that other images, or the
    next version of this one, could share no more.
    """

    first: int
    last: int
    saved_bytes: int
    unshared_bytes: int
    of_base: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written."""

    analysis: Analysis
    options: Options
    kept: int
    """The lowest layers that stay as they are."""
    kept_for: str
    """Why: `base` or the name of an image that shares them; empty if none are."""
    layers: tuple[LayerPlan, ...]
    """Those that are written anew, base first, empty ones left out."""
    left_out: tuple[int, ...]
    """Layers of the source of which nothing is left."""
    merges: tuple[Merge, ...]
    drops: Drops | None = None
    """What `--drop` takes away; None where nothing was to be dropped."""
    unshared: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Images of `options.shared`, with layers above the kept ones that they have too, and that are not
    written as they are."""
    clamped: int = 0
    """Paths of written layers whose time is later than `options.reproducible`, and becomes that."""

    @property
    def extra(self) -> Changeset | None:
        """Whiteouts of what is dropped, applied on top of the image; None if nothing is."""
        return self.drops.whiteouts if self.drops and self.drops.by_rule else None

    @property
    def wasted_in_kept(self) -> int:
        """Bytes in kept layers that nobody sees."""
        return sum(self.analysis.ledger.wasted_by_layer[: self.kept])

    @property
    def compressed_bytes(self) -> tuple[int, int]:
        """What all blobs take now, and about what they would, compressed as well as they are."""
        readings = [layer.reading for layer in self.analysis.layers]
        before = [reading.compressed_bytes for reading in readings]
        after = sum(before[: self.kept]) + sum(layer.compressed_bytes_after for layer in self.layers)
        return sum(before), after

    @property
    def tar_bytes(self) -> tuple[int, int]:
        """The same for the uncompressed layers."""
        before = [layer.reading.changeset.tar_bytes for layer in self.analysis.layers]
        return sum(before), sum(before[: self.kept]) + sum(layer.tar_bytes_after for layer in self.layers)

    @property
    def changes(self) -> bool:
        """Whether anything leaves: compression, order and times may change all the same."""
        return bool(self.left_out) or not all(layer.verbatim for layer in self.layers)


def make_plan(
    analysis: Analysis,
    options: Options,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Plan:
    """Decide what is kept and what is written. `analysis` has the contents hashed with sha256, and packages
    where something is to be dropped.

    Raises UsageError for a range that the image does not have.
    """
    changesets = [layer.reading.changeset for layer in analysis.layers]
    count = len(changesets)
    kept, kept_for = _kept(analysis, options)
    groups = _groups(count, kept, options.squash)
    kept = min(kept, groups[0][0]) if groups else kept
    if options.dropped and not groups:
        raise UsageError("--drop: all layers are kept; --base none lets them be written anew")
    drops = dropped(analysis, options.dropped, kept) if options.dropped else None
    extra = drops.whiteouts if drops and drops.by_rule else None
    whole_stack = [*changesets, extra] if extra is not None else changesets
    replayed = replay(whole_stack, kept, limits, latest_ns=options.latest_ns)
    selected = select(replayed, groups, extra=None if extra is None else count)
    whole = [_layer_plan(analysis, changesets, picks) for picks in selected]
    planned = [layer for layer in whole if not layer.picks.is_empty]
    if not planned and not kept and whole:
        planned = whole[-1:]  # an image without any layer is more than some engines take
    left_out = tuple(source for layer in whole if layer not in planned for source in layer.sources)
    merges = _what_if(analysis, planned, kept)
    kept_for = kept_for if kept else ""
    return Plan(
        analysis,
        options,
        kept,
        kept_for,
        tuple(planned),
        left_out,
        merges,
        drops,
        _unshared(analysis, options, kept, planned),
        _clamped(replayed.rootfs, kept, options.latest_ns),
    )


def _unshared(
    analysis: Analysis, options: Options, kept: int, layers: Sequence[LayerPlan]
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Which layers other images have too that they will have no more in common."""
    changes_form = options.recompress is not None or options.latest_ns is not None
    unchanged = {layer.sources[0] for layer in layers if layer.verbatim and not changes_form}
    own = [layer.diff_id for layer in analysis.layers]
    above = [index for index in range(kept, len(own)) if index not in unchanged]
    found = [(name, tuple(i for i in above if own[i] in diff_ids)) for name, diff_ids in options.shared]
    return tuple((name, indices) for name, indices in found if indices)


def _clamped(rootfs: Rootfs, kept: int, latest_ns: int | None) -> int:
    """How many paths get an earlier time."""
    if latest_ns is None:
        return 0
    return sum(
        entry.mtime_ns > latest_ns and entry.layer >= kept and not entry.implicit
        for entry in rootfs.entries()
    )


def _kept(analysis: Analysis, options: Options) -> tuple[int, str]:
    """How many of the lowest layers stay, and for whom."""
    kept, kept_for = analysis.base.layers, "base"
    own = [layer.diff_id for layer in analysis.layers]
    for name, diff_ids in options.shared:
        shared = 0
        while shared < min(len(own), len(diff_ids)) and own[shared] == diff_ids[shared]:
            shared += 1
        if shared > kept:
            kept, kept_for = shared, name
    return kept, kept_for


def _groups(count: int, kept: int, squash: tuple[int, int] | None) -> list[tuple[int, ...]]:
    """Layers to write, those that become one together. Where the range begins, nothing is kept any more."""
    if squash is None:
        return [(index,) for index in range(kept, count)]
    first, last = squash
    if not 0 <= first <= last < count:
        raise UsageError(f"--squash {first}..{last}: the image has layers 0 to {count - 1}")
    start = min(kept, first)
    merged = tuple(range(first, last + 1))
    single = [(index,) for index in range(start, count) if not first <= index <= last]
    return sorted([*single, merged])


def _layer_plan(analysis: Analysis, changesets: Sequence[Changeset], picks: LayerPicks) -> LayerPlan:
    sources = [analysis.layers[source] for source in picks.sources]
    verbatim = picks.is_verbatim(changesets)
    records_before = sum(len(s.reading.changeset) + s.reading.changeset.marker_count for s in sources)
    content_before = sum(s.reading.changeset.content_bytes for s in sources)
    tar_before = sum(s.reading.changeset.tar_bytes for s in sources)
    records = len(picks.whiteouts) + len(picks.opaques) + len(picks.directories) + len(picks.links)
    content = dropped = lent = 0
    for source, pick in picks.picks.items():
        changeset = changesets[source]
        records += sum(pick.taken)
        for size, taken in zip(changeset.sizes, pick.taken, strict=True):
            stored = _BLOCK + (size + 511 & -512)
            if taken:
                content += size
                lent += stored if source not in picks.sources else 0
            elif source in picks.sources:
                dropped += stored
    for source in picks.sources:
        if source not in picks.picks:
            changeset = changesets[source]
            dropped += sum(_BLOCK + (size + 511 & -512) for size in changeset.sizes)
    markers_before = sum(s.reading.changeset.marker_count for s in sources)
    dropped += _BLOCK * (markers_before - len(picks.whiteouts) - len(picks.opaques))
    dropped += _END_MARK_BYTES * (len(sources) - 1)
    return LayerPlan(
        picks=picks,
        verbatim=verbatim,
        records_before=records_before,
        records_after=records,
        content_bytes_before=content_before,
        content_bytes_after=content,
        tar_bytes_before=tar_before,
        tar_bytes_after=tar_before if verbatim else max(tar_before - dropped + lent, _END_MARK_BYTES),
        compressed_bytes_before=sum(s.reading.compressed_bytes for s in sources),
    )


def _what_if(analysis: Analysis, layers: Sequence[LayerPlan], kept: int) -> tuple[Merge, ...]:
    """Each pair of neighbors as one, all of them as one, and the base written anew."""
    changesets = [layer.reading.changeset for layer in analysis.layers]
    described = [_directories(layer, changesets) for layer in layers]
    merges = []
    for index in range(len(layers) - 1):
        lower, upper = layers[index], layers[index + 1]
        saved = _END_MARK_BYTES + _BLOCK * len(described[index] & described[index + 1])
        merges.append(Merge(lower.sources[0], upper.sources[-1], saved, lower.tar_bytes_after))
    if len(layers) > 2:
        everything = set().union(*described)
        saved = _END_MARK_BYTES * (len(layers) - 1)
        saved += _BLOCK * (sum(map(len, described)) - len(everything))
        lost = sum(layer.tar_bytes_after for layer in layers[:-1])
        merges.append(Merge(layers[0].sources[0], layers[-1].sources[-1], saved, lost))
    if kept:
        saved = sum(analysis.ledger.wasted_by_layer[:kept])
        lost = sum(changeset.tar_bytes for changeset in changesets[:kept])
        merges.append(Merge(0, kept - 1, saved, lost, of_base=True))
    return tuple(merges)


def _directories(layer: LayerPlan, changesets: Sequence[Changeset]) -> set[bytes]:
    """Directories that the written layer has an entry for."""
    found = set(layer.picks.directories)
    for source, pick in layer.picks.picks.items():
        changeset = changesets[source]
        found.update(
            changeset.path(index)
            for index, (kind, taken) in enumerate(zip(changeset.kinds, pick.taken, strict=True))
            if taken and kind == EntryKind.DIRECTORY
        )
    return found
