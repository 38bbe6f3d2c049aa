"""From two snapshots to what grew. Every table adds up: what its rows do not tell is in one sum beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from layerscope.analysis.growth import (
    Change,
    DirectoryGrowth,
    FileGrowth,
    Growth,
    GrowthTable,
    InstructionGrowth,
    PackageGrowth,
)
from layerscope.analysis.layer_alignment import instructions_alike, without_hashes
from layerscope.analysis.snapshot import (
    DirectoryFigures,
    FileFigures,
    LayerFigures,
    PackageFigures,
    Rest,
    Snapshot,
    SnapshotTotals,
)

__all__ = ["TOP_ROWS", "explain_growth"]

TOP_ROWS = 10
_NOTABLE_RATIO = 0.04
"""Of all that changed: a directory below this is told with the one above it."""

_Row = TypeVar("_Row", InstructionGrowth, DirectoryGrowth, PackageGrowth, FileGrowth)
_Pair = tuple[LayerFigures | None, LayerFigures | None]


def explain_growth(before: Snapshot, after: Snapshot, *, top: int = TOP_ROWS) -> Growth:
    """How `after` differs from `before`, with at most `top` rows in each table, largest changes first.

    Exact where both snapshots list everything. Where one may have had no room for something that the other
    lists with more bytes, it counts as 0 there, the row is not `exact`, and the difference is in `others`.
    Where it would have had no room for so few bytes either, nothing is known and no row is made.
    """
    apart = bool(before.base_layers) == bool(after.base_layers)
    old, new = before.totals, after.totals
    own = Change(_own(old, apart=apart), _own(new, apart=apart))
    base = Change(old.base_stored_bytes, new.base_stored_bytes) if apart else Change(0, 0)
    instructions = _instruction_rows(_explained(before, apart=apart), _explained(after, apart=apart))
    return Growth(
        before_name=_name(before),
        after_name=_name(after),
        before=old,
        after=new,
        stored=Change(old.stored_bytes, new.stored_bytes),
        compressed=Change(old.compressed_bytes, new.compressed_bytes),
        live=Change(old.live_bytes, new.live_bytes),
        wasted=Change(old.wasted_bytes, new.wasted_bytes),
        own=own,
        base=base,
        base_apart=apart,
        instructions=_table(instructions, own.grown, top),
        directories=_directory_table(before, after, own.grown, top, apart=apart),
        files=_table(_file_rows(before, after, apart=apart), own.grown, top),
        packages=_package_table(before, after, top, apart=apart, in_base=False),
        base_packages=_package_table(before, after, top, apart=apart, in_base=True),
        unowned=Change(before.unowned_bytes, after.unowned_bytes),
    )


def _own(totals: SnapshotTotals, *, apart: bool) -> int:
    return totals.own_stored_bytes if apart else totals.stored_bytes


def _name(snapshot: Snapshot) -> str:
    return snapshot.tags[0] if snapshot.tags else snapshot.reference


def _table(rows: Iterable[_Row], grown: int, top: int) -> GrowthTable[_Row]:
    """The rows that changed most; `rows` come in the order that settles ties."""
    changed = sorted((row for row in rows if row.grown), key=lambda row: -abs(row.grown))
    shown = tuple(changed[:top])
    return GrowthTable(grown, shown, grown - sum(row.grown for row in shown), len(changed) - len(shown))


def _explained(snapshot: Snapshot, *, apart: bool) -> list[LayerFigures]:
    """The layers that the tables are about."""
    return [layer for layer in snapshot.layers if not (apart and layer.in_base)]


def _instruction_rows(
    before: Sequence[LayerFigures], after: Sequence[LayerFigures]
) -> Iterator[InstructionGrowth]:
    for old, new in _pairs(before, after):
        yield InstructionGrowth(
            before_bytes=old.stored_bytes if old else 0,
            after_bytes=new.stored_bytes if new else 0,
            before=old.instruction if old else None,
            after=new.instruction if new else None,
            before_layer=old.index if old else None,
            after_layer=new.index if new else None,
            same_layer=bool(old and new and old.diff_id and old.diff_id == new.diff_id),
        )


def _pairs(before: Sequence[LayerFigures], after: Sequence[LayerFigures]) -> list[_Pair]:
    """Layers of the same instruction: those with the same bytes, then those of the same text, then those of
    a text alike in the same place. Each layer is in one pair, `after`'s first."""
    partner: dict[int, int] = {}  # position in `after` to position in `before`
    for key in (_same_bytes, _same_text):
        _match(before, after, partner, [key(layer) for layer in before], [key(layer) for layer in after])
    taken = {old: new for new, old in partner.items()}
    _match(before, after, partner, _places(before, taken), _places(after, {new: new for new in partner}))
    partner = {new: old for new, old in partner.items() if old in taken or _is_alike(before[old], after[new])}
    matched = set(partner.values())
    pairs: list[_Pair] = [
        (before[partner[place]] if place in partner else None, layer) for place, layer in enumerate(after)
    ]
    return pairs + [(layer, None) for place, layer in enumerate(before) if place not in matched]


def _match(
    before: Sequence[LayerFigures],
    after: Sequence[LayerFigures],
    partner: dict[int, int],
    old_keys: Sequence[object],
    new_keys: Sequence[object],
) -> None:
    """Pair those with equal keys, in their order, that have no partner yet. None is no key."""
    matched = set(partner.values())
    free: dict[object, list[int]] = {}
    for place in reversed(range(len(before))):
        if place not in matched and old_keys[place] is not None:
            free.setdefault(old_keys[place], []).append(place)
    for place in range(len(after)):
        candidates = free.get(new_keys[place]) if place not in partner else None
        if candidates:
            partner[place] = candidates.pop()


def _is_alike(old: LayerFigures, new: LayerFigures) -> bool:
    """Whether one instruction may be the other one, edited: `RUN make` is not what `RUN rm -rf /x` was."""
    return instructions_alike(without_hashes(old.instruction), without_hashes(new.instruction)) > 0


def _same_bytes(layer: LayerFigures) -> object:
    return layer.diff_id if layer.stored_bytes else None  # empty layers are all alike


def _same_text(layer: LayerFigures) -> object:
    return without_hashes(layer.instruction) or None


def _places(layers: Sequence[LayerFigures], names: dict[int, int]) -> list[object]:
    """For each layer the last matched one below it, by the name that both images have for it, and its
    keyword."""
    found: list[object] = []
    last = -1
    for place, layer in enumerate(layers):
        last = names.get(place, last)
        found.append((last, layer.instruction.partition(" ")[0]))
    return found


def _directory_table(
    before: Snapshot, after: Snapshot, grown: int, top: int, *, apart: bool
) -> GrowthTable[DirectoryGrowth]:
    """The deepest directories that each tell a notable part of what changed."""
    old = {each.path: each for each in before.directories}
    new = {each.path: each for each in after.directories}
    leaves = {}
    for path in old.keys() | new.keys():
        was, now = old.get(path), new.get(path)
        if was is None or now is None:
            listed, lacking = (now, before) if was is None else (was, after)
            if listed is None or _total(listed) <= lacking.more_directories.most_bytes:
                continue
        leaves[path] = (_size(was, apart=apart), _size(now, apart=apart))
    return _table(_Directories(leaves).rows(), grown, top)


def _size(figures: FileFigures | DirectoryFigures | None, *, apart: bool) -> int:
    if figures is None:
        return 0
    return figures.own_bytes if apart else _total(figures)


def _total(figures: FileFigures | DirectoryFigures) -> int:
    return figures.own_bytes + figures.base_bytes


class _Directories:
    """Directories with (bytes before, bytes after, bytes that changed) of all below."""

    def __init__(self, leaves: dict[bytes, tuple[int, int]]) -> None:
        self._sums: dict[bytes, list[int]] = {b"": [0, 0, 0]}
        self._children: dict[bytes, list[bytes]] = {}
        for path in sorted(leaves):
            old, new = leaves[path]
            self._add(path, (old, new, abs(new - old)))

    def _add(self, path: bytes, figures: tuple[int, int, int]) -> None:
        child = None
        while True:
            known = path in self._sums
            sums = self._sums.setdefault(path, [0, 0, 0])
            for column, figure in enumerate(figures):
                sums[column] += figure
            if child is not None:
                self._children.setdefault(path, []).append(child)
            child = None if known else path
            if not path:
                return
            path = path.rpartition(b"/")[0]

    def rows(self) -> Iterator[DirectoryGrowth]:
        """Disjoint rows, the root's first: what is not notable in itself stays with the directory above."""
        least = max(1, _NOTABLE_RATIO * self._sums[b""][2])
        stack = [b""]
        while stack:
            path = stack.pop()
            old, new, changed = self._sums[path]
            notable = [child for child in self._children.get(path, ()) if self._sums[child][2] >= least]
            for child in notable:
                part = self._sums[child]
                old, new, changed = old - part[0], new - part[1], changed - part[2]
            if not notable or changed >= least:
                yield DirectoryGrowth(old, new, path, partial=bool(notable))
            stack.extend(reversed(notable))


def _file_rows(before: Snapshot, after: Snapshot, *, apart: bool) -> Iterator[FileGrowth]:
    old = {each.path: each for each in before.files}
    new = {each.path: each for each in after.files}
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        shown = now or was
        unknown = before.more_files if was is None else after.more_files if now is None else Rest()
        if shown is None or _total(shown) <= unknown.most_bytes:
            continue
        yield FileGrowth(
            before_bytes=_size(was, apart=apart),
            after_bytes=_size(now, apart=apart),
            path=path,
            layer=shown.layer,
            instruction=_instruction((after if now else before).layers, shown.layer),
            exact=not unknown.most_bytes,
        )


def _instruction(layers: Sequence[LayerFigures], index: int) -> str:
    return layers[index].instruction if 0 <= index < len(layers) else ""


def _package_table(
    before: Snapshot, after: Snapshot, top: int, *, apart: bool, in_base: bool
) -> GrowthTable[PackageGrowth]:
    """Packages of one's own layers or of the base image; all of them are one's own if not `apart`."""
    old, new = (_packages(snapshot, apart=apart, in_base=in_base) for snapshot in (before, after))
    rows = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key, []), new.get(key, [])
        unknown = before.more_packages if not was else after.more_packages if not now else Rest()
        first = max(now or was, key=lambda each: each.content_bytes)
        if first.content_bytes <= unknown.most_bytes:
            continue
        rows.append(
            PackageGrowth(
                before_bytes=sum(each.content_bytes for each in was),
                after_bytes=sum(each.content_bytes for each in now),
                ecosystem=key[0],
                name=key[1],
                before_versions=_versions(was),
                after_versions=_versions(now),
                layer=first.added_in,
                instruction=_instruction((after if now else before).layers, first.added_in),
                in_base=in_base,
                exact=not unknown.most_bytes,
            )
        )
    totals = [_package_bytes(snapshot, apart=apart, in_base=in_base) for snapshot in (before, after)]
    return _table(rows, totals[1] - totals[0], top)


def _packages(
    snapshot: Snapshot, *, apart: bool, in_base: bool
) -> dict[tuple[str, str], list[PackageFigures]]:
    found: dict[tuple[str, str], list[PackageFigures]] = {}
    for each in snapshot.packages:
        if (apart and each.in_base) is in_base:
            found.setdefault((each.ecosystem, each.name), []).append(each)
    return found


def _versions(figures: Sequence[PackageFigures]) -> tuple[str, ...]:
    return tuple(sorted({version for each in figures for version in each.versions}))


def _package_bytes(snapshot: Snapshot, *, apart: bool, in_base: bool) -> int:
    rest = snapshot.more_packages
    more = rest.base_bytes if in_base else rest.own_bytes
    if not apart:
        more = 0 if in_base else rest.own_bytes + rest.base_bytes
    listed = _packages(snapshot, apart=apart, in_base=in_base)
    return more + sum(each.content_bytes for group in listed.values() for each in group)
