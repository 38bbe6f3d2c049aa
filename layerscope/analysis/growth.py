"""What grew from one image to another: by instruction, directory, package and file, base growth apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from layerscope.analysis.snapshot import SnapshotTotals

__all__ = [
    "Change",
    "DirectoryGrowth",
    "FileGrowth",
    "Growth",
    "GrowthTable",
    "InstructionGrowth",
    "PackageGrowth",
]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure in bytes before and after."""

    before: int
    after: int

    @property
    def grown(self) -> int:
        """The difference; below 0 where it shrank."""
        return self.after - self.before

    @property
    def ratio(self) -> float | None:
        """The difference to what was before; None if that was 0 and now is not."""
        if self.before:
            return self.grown / self.before
        return None if self.after else 0.0


@dataclass(frozen=True, slots=True)
class InstructionGrowth:
    """The layers of one instruction: stored content bytes."""

    before_bytes: int
    after_bytes: int
    before: str | None
    """The instruction as it was; None where there was none."""
    after: str | None
    """As it is now; None where it is gone. It may differ from `before`: the two stand in the same place."""
    before_layer: int | None
    after_layer: int | None
    same_layer: bool = False
    """Both are the same layer, byte for byte."""

    @property
    def grown(self) -> int:
        """The difference in bytes."""
        return self.after_bytes - self.before_bytes


@dataclass(frozen=True, slots=True)
class DirectoryGrowth:
    """One directory and what is below it, but for what other rows tell of it."""

    before_bytes: int
    after_bytes: int
    path: bytes
    """Normalized; empty for the root."""
    partial: bool = False
    """Some directories below have rows of their own: this is what remains."""

    @property
    def grown(self) -> int:
        """The difference in bytes."""
        return self.after_bytes - self.before_bytes


@dataclass(frozen=True, slots=True)
class PackageGrowth:
    """One package: live content bytes."""

    before_bytes: int
    after_bytes: int
    ecosystem: str
    name: str
    before_versions: tuple[str, ...]
    """None of them: it was not installed."""
    after_versions: tuple[str, ...]
    """None of them: it is gone."""
    layer: int | None
    """The layer that added it: of the image after, or, if it is gone, of the one before."""
    instruction: str
    """Of that layer; empty where it is unknown."""
    in_base: bool
    exact: bool = True
    """False where the other image's list had no room for it: it may have been there, with few bytes."""

    @property
    def grown(self) -> int:
        """The difference in bytes."""
        return self.after_bytes - self.before_bytes


@dataclass(frozen=True, slots=True)
class FileGrowth:
    """Everything stored at one path."""

    before_bytes: int
    after_bytes: int
    path: bytes
    layer: int
    """The topmost layer that stores it: of the image after, or, if it is gone, of the one before."""
    instruction: str
    """Of that layer; empty where it is unknown."""
    exact: bool = True
    """False where the other image's list had no room for it: it may have been there, with fewer bytes."""

    @property
    def grown(self) -> int:
        """The difference in bytes."""
        return self.after_bytes - self.before_bytes


_Row = TypeVar("_Row", InstructionGrowth, DirectoryGrowth, PackageGrowth, FileGrowth)


@dataclass(frozen=True, slots=True)
class GrowthTable(Generic[_Row]):
    """Rows that changed, largest change first whatever its sign. The law: the rows' `grown` and `others` add
    up to `grown`."""

    grown: int
    """Of the figure that the table explains."""
    rows: tuple[_Row, ...] = ()
    others: int = 0
    """Bytes that the rows do not tell: smaller changes, grown and shrunk, in one sum."""
    others_count: int = 0
    """How many changes that are not among the rows are known to be in it."""

    def __iter__(self) -> Iterator[_Row]:
        """The rows."""
        return iter(self.rows)


@dataclass(frozen=True, slots=True)
class Growth:
    """How one image differs from an earlier one in bytes.

    The tables are about one's own layers (their stored bytes grew by `own.grown`) where both images have a
    base that is known or neither has (`base_apart`); else about all layers, and `base` is no growth of zero
    but unknown. What the base image grew by is `base`.
    """

    before_name: str
    after_name: str
    before: SnapshotTotals
    after: SnapshotTotals
    stored: Change
    compressed: Change
    live: Change
    wasted: Change
    own: Change
    """Stored bytes of one's own layers; of all where `base_apart` is false."""
    base: Change
    """Stored bytes of the base image; 0 and 0 where `base_apart` is false."""
    base_apart: bool
    instructions: GrowthTable[InstructionGrowth]
    """Own stored bytes."""
    directories: GrowthTable[DirectoryGrowth]
    """Own stored bytes."""
    files: GrowthTable[FileGrowth]
    """Own stored bytes."""
    packages: GrowthTable[PackageGrowth]
    """Live bytes of packages that one's own layers added."""
    base_packages: GrowthTable[PackageGrowth]
    """Live bytes of packages of the base image: why it grew."""
    unowned: Change = Change(0, 0)
    """Live bytes that no package owns, the base image's among them."""

    @property
    def is_nothing(self) -> bool:
        """Whether no figure differs: a comment has nothing to say."""
        return self.before == self.after and not (
            self.instructions.rows or self.directories.rows or self.packages.rows or self.files.rows
        )
