"""What grew from one image to another, in the machine format."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, Struct, UnsetType

from layerscope.analysis.growth import (
    Change,
    DirectoryGrowth,
    FileGrowth,
    Growth,
    GrowthTable,
    InstructionGrowth,
    PackageGrowth,
)
from layerscope.report.exact import Bytes, Count, ExactPath, LayerIndex, exact_bytes, lossy_text
from layerscope.report.masking import masked
from layerscope.report.printable import without_surrogates

__all__ = [
    "ChangeReport",
    "DirectoryGrowthReport",
    "FileGrowthReport",
    "GrowthReport",
    "InstructionGrowthReport",
    "OthersReport",
    "PackageGrowthReport",
    "growth_report",
]


class ChangeReport(Struct, frozen=True, kw_only=True):
    """A figure in bytes before and after."""

    before_bytes: Bytes
    after_bytes: Bytes


class InstructionGrowthReport(Struct, frozen=True, kw_only=True):
    """The layers of one instruction: stored content bytes. `before` and `after` are its texts, null where it
    is not; they may differ, the two stand in the same place then."""

    before: str | None
    after: str | None
    before_layer: LayerIndex | None
    after_layer: LayerIndex | None
    before_bytes: Bytes
    after_bytes: Bytes
    same_layer: bool


class DirectoryGrowthReport(Struct, frozen=True, kw_only=True):
    """Stored contents in a directory and below it; `partial`: but for what other rows tell of it."""

    path: str
    path_bytes: ExactPath | UnsetType = UNSET
    before_bytes: Bytes
    after_bytes: Bytes
    partial: bool


class PackageGrowthReport(Struct, frozen=True, kw_only=True):
    """Live bytes of a package. No versions: it was not installed, or is gone. `layer` added it; without
    `exact` it may have been there before or after, with few bytes."""

    ecosystem: str
    name: str
    before_versions: tuple[str, ...]
    after_versions: tuple[str, ...]
    layer: LayerIndex | None
    in_base: bool
    before_bytes: Bytes
    after_bytes: Bytes
    exact: bool


class FileGrowthReport(Struct, frozen=True, kw_only=True):
    """Everything stored at one path, in whatever layers; `layer` is the topmost of them."""

    path: str
    path_bytes: ExactPath | UnsetType = UNSET
    layer: LayerIndex
    before_bytes: Bytes
    after_bytes: Bytes
    exact: bool


class OthersReport(Struct, frozen=True, kw_only=True):
    """What the rows of a table do not tell: `count` changes that are known of, and a sum that may be below 0,
    so that rows and others add up to `grown_bytes`."""

    grown_bytes: int
    others_bytes: int
    others_count: Count


class GrowthReport(Struct, frozen=True, kw_only=True):
    """What grew: rows that changed, largest changes first, at most 1000 of a kind.

    With `base_apart` the tables are about the image's own layers, and `base` is what the base image stores;
    without it they are about all layers. `others` has for each table what its rows do not tell.
    """

    base_apart: bool
    stored: ChangeReport
    live: ChangeReport
    wasted: ChangeReport
    compressed: ChangeReport
    own: ChangeReport
    base: ChangeReport
    unowned: ChangeReport
    instructions: tuple[InstructionGrowthReport, ...]
    directories: tuple[DirectoryGrowthReport, ...]
    packages: tuple[PackageGrowthReport, ...]
    base_packages: tuple[PackageGrowthReport, ...]
    files: tuple[FileGrowthReport, ...]
    others: dict[str, OthersReport]


def growth_report(growth: Growth) -> GrowthReport:
    """All of it."""
    tables = ("instructions", "directories", "packages", "base_packages", "files")
    sums = ("stored", "live", "wasted", "compressed", "own", "base", "unowned")
    return GrowthReport(
        base_apart=growth.base_apart,
        **{name: _change(getattr(growth, name)) for name in sums},
        instructions=tuple(map(_instruction, growth.instructions)),
        directories=tuple(map(_directory, growth.directories)),
        packages=tuple(_packages(growth.packages)),
        base_packages=tuple(_packages(growth.base_packages)),
        files=tuple(map(_file, growth.files)),
        others={
            name: OthersReport(
                grown_bytes=table.grown, others_bytes=table.others, others_count=table.others_count
            )
            for name in tables
            for table in (getattr(growth, name),)
        },
    )


def _change(change: Change) -> ChangeReport:
    return ChangeReport(before_bytes=change.before, after_bytes=change.after)


def _instruction(row: InstructionGrowth) -> InstructionGrowthReport:
    return InstructionGrowthReport(
        before=None if row.before is None else masked(without_surrogates(row.before)),
        after=None if row.after is None else masked(without_surrogates(row.after)),
        before_layer=row.before_layer,
        after_layer=row.after_layer,
        before_bytes=row.before_bytes,
        after_bytes=row.after_bytes,
        same_layer=row.same_layer,
    )


def _directory(row: DirectoryGrowth) -> DirectoryGrowthReport:
    return DirectoryGrowthReport(
        path=lossy_text(row.path),
        path_bytes=exact_bytes(row.path),
        before_bytes=row.before_bytes,
        after_bytes=row.after_bytes,
        partial=row.partial,
    )


def _packages(table: GrowthTable[PackageGrowth]) -> Iterator[PackageGrowthReport]:
    for row in table:
        yield PackageGrowthReport(
            ecosystem=row.ecosystem,
            name=without_surrogates(row.name),
            before_versions=row.before_versions,
            after_versions=row.after_versions,
            layer=row.layer,
            in_base=row.in_base,
            before_bytes=row.before_bytes,
            after_bytes=row.after_bytes,
            exact=row.exact,
        )


def _file(row: FileGrowth) -> FileGrowthReport:
    return FileGrowthReport(
        path=lossy_text(row.path),
        path_bytes=exact_bytes(row.path),
        layer=row.layer,
        before_bytes=row.before_bytes,
        after_bytes=row.after_bytes,
        exact=row.exact,
    )
