"""What a budget is: a figure of an image that somebody sets a bound to.

Adding one takes two files: the budget, below `budget/`, and its test.

A budget's module docstring is its page in `docs/rules`, as a rule's is. It measures and decides nothing: what
is allowed, by whom, and what becomes of it, is the gate's.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cached_property
from heapq import nlargest
from typing import TYPE_CHECKING, ClassVar

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Location, PathBytes, Role, Severity

if TYPE_CHECKING:  # who inspects has nothing to compare with, and does not wait for it to be loaded
    from layerscope.analysis.growth import Growth
    from layerscope.analysis.snapshot import Snapshot, SnapshotTotals

__all__ = [
    "PLACES_SHOWN",
    "Bound",
    "Budget",
    "Measured",
    "Measurement",
    "NotMeasured",
    "Patterns",
    "Unit",
    "expression",
    "layer_place",
    "spellings",
    "wildcard",
]

PLACES_SHOWN = 5
"""Layers, and paths of a layer, that a budget names."""

_GLOB = re.compile(r"\*\*/|\*\*|\*")
_GLOB_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


class Unit(StrEnum):
    """What a measured and an allowed value count."""

    BYTES = "bytes"  #: int
    RATIO = "ratio"  #: float, 1.0 is 100 %; growth may be above it or below 0
    COUNT = "count"  #: int: layers, packages, paths


class Bound(StrEnum):
    """How a measured value has to stand to the allowed one. Equal passes in both."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


class Patterns(Enum):
    """Whether a budget is for the whole image, or for what a pattern names in it."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a budget measured, whatever is allowed."""

    value: int | float
    locations: tuple[Location, ...] = ()
    """Where the bytes are, most of them first."""
    before: int | float | None = None
    """The figure in the baseline; `value` is then what was added to it."""
    in_base: bool = False
    """All of it is the base image's."""


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Why there is no figure."""

    reason: str


class Measured:
    """An image as budgets see it; what several ask is found once."""

    def __init__(self, analysis: Analysis, snapshot: Snapshot, growth: Growth | None = None) -> None:
        """`growth` is what `snapshot` grew by since the baseline; None without one."""
        self.analysis = analysis
        self.snapshot = snapshot
        self.growth = growth
        self.evidence = Evidence(analysis, {})

    @property
    def totals(self) -> SnapshotTotals:
        """Sums over all layers."""
        return self.snapshot.totals

    @property
    def layers(self) -> tuple[LayerAnalysis, ...]:
        """All layers, base first."""
        return self.analysis.layers

    def layer_places(self, bytes_of: Callable[[LayerAnalysis], int]) -> tuple[Location, ...]:
        """The layers with the most of some bytes, for those that have any."""
        counted = [(bytes_of(layer), layer) for layer in self.layers]
        found = nlargest(PLACES_SHOWN, counted, key=lambda pair: (pair[0], -pair[1].layer.index))
        return tuple(layer_place(layer, count) for count, layer in found if count > 0)

    @cached_property
    def files(self) -> tuple[tuple[bytes, int, int], ...]:
        """(path, bytes, layer) of every live file with content, as stored; only asked for where paths are
        looked at one by one."""
        return tuple(self._files())

    def _files(self) -> Iterator[tuple[bytes, int, int]]:
        hidden, inodes = self.evidence.hidden, self.evidence.inodes
        for layer, (changeset, first) in enumerate(zip(inodes.changesets, inodes.bases, strict=True)):
            for index, size in enumerate(changeset.sizes):
                if size and first + index not in hidden:
                    yield (self.evidence.names(first + index) or (changeset.path(index),))[0], size, layer

    def file_places(self, files: Iterable[tuple[bytes, int, int]]) -> tuple[Location, ...]:
        """The layers that store these files, most bytes first, with the largest paths of each."""
        by_layer: dict[int, list[tuple[bytes, int]]] = {}
        for path, size, layer in files:
            by_layer.setdefault(layer, []).append((path, size))
        places = [self._file_place(layer, found) for layer, found in by_layer.items()]
        places.sort(key=lambda place: (-place.freed_bytes, place.layer))
        return tuple(places[:PLACES_SHOWN])

    def _file_place(self, layer: int, files: Sequence[tuple[bytes, int]]) -> Location:
        largest = sorted(files, key=lambda found: (-found[1], found[0]))[:PLACES_SHOWN]
        return Location(
            layer=layer,
            role=Role.STORED,
            files=len(files),
            freed_bytes=sum(size for _, size in files),
            directory=_common([path for path, _ in files]),
            paths=tuple(PathBytes(path, size, size) for path, size in largest),
            instruction=self.layers[layer].layer.instruction,
        )

    def growth_places(self) -> tuple[Location, ...]:
        """The layers of the instructions that grew most since the baseline."""
        rows = self.growth.instructions.rows if self.growth else ()
        return tuple(
            layer_place(self.layers[row.after_layer], row.grown)
            for row in rows[:PLACES_SHOWN]
            if row.after_layer is not None and row.grown > 0
        )


def layer_place(analyzed: LayerAnalysis, count: int) -> Location:
    """A whole layer, with some of its bytes."""
    layer = analyzed.layer
    return Location(layer.index, Role.STORED, freed_bytes=count, instruction=layer.instruction)


def spellings(analyzed: LayerAnalysis) -> Iterator[str]:
    """The instruction of a layer, as the history has it and as it stands in the Dockerfile, in one line."""
    instruction = analyzed.layer.instruction
    if instruction is not None:
        yield instruction.text
        if instruction.lines is not None:
            yield " ".join(instruction.lines.text.replace("\\\n", " ").split())


def _common(paths: Sequence[bytes]) -> bytes:
    """The deepest directory that holds all of these paths."""
    first, last = (path.split(b"/")[:-1] for path in (min(paths), max(paths)))
    same = []
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        same.append(one)
    return b"/".join(same)


def expression(glob: str) -> re.Pattern[bytes]:
    """A glob of paths, compiled: `*` within one component, `**` over any number of them.

    A path without either is a file, or a directory with everything below; a leading or a trailing slash
    changes nothing. `/` and `.` are the root with everything.
    """
    cleaned = glob.strip("/")
    if cleaned in ("", "."):  # the root, with everything below it
        cleaned = "**"
    at = 0
    parts = []
    for found in _GLOB.finditer(cleaned):
        parts += [re.escape(cleaned[at : found.start()]), _GLOB_MEANING[found[0]]]
        at = found.end()
    text = "".join([*parts, re.escape(cleaned[at:])])
    if not parts:
        text += "(?:/.*)?"
    return re.compile(text.encode("utf-8", "surrogateescape"), re.DOTALL)


def wildcard(pattern: str) -> re.Pattern[str]:
    """A pattern of names and instructions, compiled: `*` stands for any characters."""
    return re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern))), re.DOTALL)


class Budget(ABC):
    """One budget. Its class is found by walking the folder; there is no list to enter it in."""

    id: ClassVar[str]
    """`LS302`: stable for ever, as `name` is."""
    name: ClassVar[str]
    """`image-size`: the key in a configuration."""
    severity: ClassVar[Severity] = Severity.ERROR
    units: ClassVar[tuple[Unit, ...]] = (Unit.BYTES,)
    """What may be allowed: growth may be bounded in bytes or in percent."""
    bound: ClassVar[Bound] = Bound.AT_MOST
    patterns: ClassVar[Patterns] = Patterns.NONE
    by_baseline: ClassVar[bool] = False
    """Whether there has to be a baseline to measure it."""
    settable: ClassVar[bool] = True
    """Whether it is a key below `budgets` in a configuration."""
    measures: ClassVar[str]
    """What is measured, for a result that passed: `contents of all layers`."""
    exceeds: ClassVar[str]
    """What is wrong if it failed: `the image is larger than allowed`."""
    fix: ClassVar[Fix | None] = None
    """What to do then."""

    @abstractmethod
    def measure(self, image: Measured, unit: Unit, pattern: str) -> Measurement | NotMeasured:
        """Measure it, in one of `units`; `pattern` is empty where none is given."""

    def unreliable(self, image: Measured) -> str:  # noqa: ARG002 (for those that override it)
        """Why a value that is not allowed would mean nothing; empty where it means what it says."""
        return ""
