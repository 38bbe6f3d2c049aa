"""What one written layer is made of: records of source layers, edited or not, and a few made ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from layerscope.blobs.tar_write import Metadata
from layerscope.image.changeset import Changeset

__all__ = ["Edit", "LayerPicks", "Pick"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Other headers for a record: its name, what it links to, and other metadata if there are any."""

    path: bytes
    target: bytes | None = None
    metadata: Metadata | None = None


@dataclass(slots=True, eq=False)
class Pick:
    """Which entries of one source layer are taken: a flag for each, and the edits of a few."""

    taken: bytearray
    edits: dict[int, Edit] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class LayerPicks:
    """One layer to write. `sources` are the layers it takes the place of, base first."""

    sources: tuple[int, ...]
    picks: dict[int, Pick] = field(default_factory=dict)
    """By source layer; one that is not among `sources` lends the content of an inode."""
    whiteouts: set[bytes] = field(default_factory=set)
    opaques: set[bytes] = field(default_factory=set)
    directories: dict[bytes, Metadata] = field(default_factory=dict)
    """Directories that need an entry and have none."""
    links: list[tuple[bytes, bytes, Metadata]] = field(default_factory=list)
    """Hard links that need an entry and have none: path, target, metadata."""
    root_of: int | None = None
    """The source layer whose entry of the root itself is taken."""

    def take(self, layer: int, changeset: Changeset, index: int, edit: Edit | None = None) -> None:
        """Take one entry of a source layer."""
        pick = self.picks.get(layer)
        if pick is None:
            pick = self.picks[layer] = Pick(bytearray(len(changeset)))
        pick.taken[index] = 1
        if edit is not None:
            pick.edits[index] = edit

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is written."""
        made = self.whiteouts or self.opaques or self.directories or self.links
        return not (self.picks or made) and self.root_of is None

    def made_whiteouts(self, changesets: Sequence[Changeset]) -> list[bytes]:
        """Whiteouts that no source layer has a record for, sorted."""
        there = {path for source in self.sources for path in changesets[source].whiteouts}
        return sorted(self.whiteouts - there)

    def made_opaques(self, changesets: Sequence[Changeset]) -> list[bytes]:
        """The same for opaque markers."""
        there = {path for source in self.sources for path in changesets[source].opaques}
        return sorted(self.opaques - there)

    def is_verbatim(self, changesets: Sequence[Changeset]) -> bool:
        """Whether this is its one source layer to the last record, so that its blob can stay as it is."""
        if len(self.sources) != 1 or self.directories or self.links:
            return False
        (source,) = self.sources
        changeset = changesets[source]
        if set(self.picks) - {source} or (changeset.root_entry is not None and self.root_of != source):
            return False
        pick = self.picks.get(source)
        taken = sum(pick.taken) if pick else 0
        return (
            taken == len(changeset)
            and not (pick and pick.edits)
            and sorted(self.whiteouts) == sorted(changeset.whiteouts)
            and sorted(self.opaques) == sorted(changeset.opaques)
        )
