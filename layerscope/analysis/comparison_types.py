"""What comparing two images gives, as pure data. `analysis.comparison` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.growth import Growth
from layerscope.analysis.layer_difference import LayerDifference

__all__ = [
    "Comparison",
    "ConfigurationChange",
    "Irreproducibility",
    "IrreproducibleCause",
    "LayerFate",
    "LayerPair",
    "PathChange",
    "PathChanges",
    "PullCost",
    "RebuildCause",
]


class LayerFate(StrEnum):
    """What became of a layer between the old image and the new one."""

    KEPT = "kept"  #: the same layer on the same layers: nothing is pulled or stored again
    REBUILT = "rebuilt"  #: another layer stands at its place
    ADDED = "added"  #: only the new image has it
    REMOVED = "removed"  #: only the old image has it


class RebuildCause(StrEnum):
    """Why a rebuilt layer is another one; each is what is left when those above it do not hold."""

    UNKNOWN = "unknown"  #: one of the two could not be read
    CONTENT = "content"  #: contents of files, or which paths there are
    METADATA = "metadata"  #: the same paths and contents; times, owners, modes or xattrs differ
    ORDER = "order"  #: the same entries in another order
    FORMAT = "format"  #: the same entries in the same order, written as tar in another way
    COMPRESSION = "compression"  #: the same diff ID; the blob is compressed in another way
    PARENTS = "parents"  #: the same layer; only layers below it are others, so engines store it again


class IrreproducibleCause(StrEnum):
    """Why the same instruction gave another layer, most often to be met first."""

    MTIMES = "mtimes"  #: the time of the build is the modification time of what it wrote
    BYTECODE = "bytecode"  #: `.pyc` files hold the time of their source
    LOGS = "logs"  #: logs of package managers and services
    CACHES = "caches"  #: caches, package lists and downloads
    PACKAGE_STATE = "package_state"  #: what package managers note of each run, times among it
    IDENTITIES = "identities"  #: keys, machine ids and seeds, which are made at random
    ACCOUNTS = "accounts"  #: the day of the last password change in `shadow`, and backups of account files
    ARCHIVES = "archives"  #: archives that hold the times of their members
    OWNERS = "owners"  #: the same contents, other owners
    MODES = "modes"  #: the same contents, other permission bits (a umask, a checkout)
    XATTRS = "xattrs"  #: the same contents, other extended attributes
    HARD_LINKS = "hard_links"  #: which of several names is the file and which are links to it
    ORDER = "order"  #: the order in which the builder packed the entries
    FORMAT = "format"  #: how the builder wrote the tar
    COMPRESSION = "compression"  #: how the builder compressed it
    CREATED = "created"  #: of the configuration only the times differ
    CONTENT = "content"  #: contents differ, and nothing about the path says why


@dataclass(frozen=True, slots=True)
class LayerPair:
    """A layer of the old image and the one that stands for it in the new image; None where there is none.

    `old` and `new` are indexes. `cause` and `difference` are of rebuilt layers alone; `difference` is also
    None where the bytes are the same. `parents_changed`: a layer below it is not the same one any more.
    """

    old: int | None
    new: int | None
    fate: LayerFate
    cause: RebuildCause | None = None
    parents_changed: bool = False
    same_instruction: bool = False
    """Whether both were made by the same instruction, as far as the history tells."""
    difference: LayerDifference | None = None


@dataclass(frozen=True, slots=True)
class PullCost:
    """What it costs to pull the new image where the old one is.

    A layer is there already if one of the old image has its blob digest, or its diff ID where a blob digest
    says nothing (an uncompressed layer of a docker-archive). `pulled_bytes` and `reused_bytes` are blobs as
    they are stored here, together all of the new image's; with `compressed` false at least one blob that is
    pulled is stored here uncompressed, so a registry moves less. `stored_bytes` are the contents that an
    engine stores anew: it knows a layer by all layers below it, too.
    """

    pulled_layers: int
    pulled_bytes: int
    reused_layers: int
    reused_bytes: int
    compressed: bool
    stored_layers: int
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path of the root filesystem whose content bytes differ; None where it is not there."""

    path: bytes
    before_bytes: int | None
    after_bytes: int | None

    @property
    def grown(self) -> int:
        """The difference in bytes."""
        return (self.after_bytes or 0) - (self.before_bytes or 0)


@dataclass(frozen=True, slots=True)
class PathChanges:
    """What became of the paths of the final root filesystem.

    Each path of either image is in one of the first five. `content` are those with another type, content,
    link target or device, `metadata` those where only mode, owner, time or xattrs differ. Bytes are contents,
    each inode at its first name in path order; the law: `added_bytes` - `removed_bytes` + `grew_bytes` -
    `shrank_bytes` is what the live bytes grew by. `largest` are the paths whose bytes changed most.
    """

    added: int
    removed: int
    content: int
    metadata: int
    unchanged: int
    added_bytes: int
    removed_bytes: int
    grew_bytes: int
    shrank_bytes: int
    largest: tuple[PathChange, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """One key of the configuration that differs (`config.Env.PATH`, `created`); None where it is not set.

    The values may hold secrets: an output masks them.
    """

    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Irreproducibility:
    """A cause for which an instruction that did not change gave another layer.

    `layers` are those of the new image, `paths` how many paths of them the cause explains (0 where it is
    about a layer as a whole), `examples` a few of these.
    """

    cause: IrreproducibleCause
    layers: tuple[int, ...]
    paths: int
    examples: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Two images, the old one and the new one.

    `layers` are in the order of the new image, from the base up, removed ones where they stood. `causes` are
    about rebuilt layers of the same instruction. `growth` is by instruction, directory, package and file.
    """

    old: Analysis
    new: Analysis
    layers: tuple[LayerPair, ...]
    pull: PullCost
    paths: PathChanges
    growth: Growth
    configuration: tuple[ConfigurationChange, ...] = ()
    causes: tuple[Irreproducibility, ...] = ()

    def __repr__(self) -> str:
        """In one line."""
        counts = ", ".join(f"{self.count(fate)} {fate}" for fate in LayerFate)
        return f"<Comparison of {self.old.image.reference!r} and {self.new.image.reference!r}: {counts}>"

    def count(self, fate: LayerFate) -> int:
        """How many layers had this fate."""
        return sum(pair.fate is fate for pair in self.layers)

    @property
    def differs(self) -> bool:
        """Whether anything is not the same: a layer, or a key of the configuration."""
        return bool(self.configuration) or any(pair.fate is not LayerFate.KEPT for pair in self.layers)

    @property
    def complete(self) -> bool:
        """Whether both images could be read in full."""
        return self.old.complete and self.new.complete
