"""What the layers of an image prove: which instruction wrote which paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerscope.advice.paths import ancestors
from layerscope.image.changeset import Changeset
from layerscope.image.entry import IMPLICIT_MODE, Entry, EntryKind
from layerscope.image.image import Image
from layerscope.image.layer import LayerReading

__all__ = ["LayerFacts", "facts_by_line", "links_of"]

_PLAIN = (IMPLICIT_MODE, 0, 0, ())


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What one instruction did to the root filesystem, as its layer shows it.

    A directory of which only the time changed was not written: builders list the parents of what they add.
    """

    layer: int
    written: frozenset[str]
    """Paths that were added, changed or removed, without directories that were made."""
    made: frozenset[str]
    """Directories that were made."""
    special: frozenset[str]
    """Those of them that are not what a builder makes by itself: mode 0755, root's, no attributes."""
    compressed_bytes: int
    tar_bytes: int

    def conflict(self, later: LayerFacts, *, merges: bool, unpacks: bool, makes_parents: bool) -> str:
        """A path for which the order of this and a later instruction counts; empty if there is none.

        `merges` says that this one takes directories that are there already, as COPY and ADD do; `unpacks`
        that it is ADD of an archive, which also sets the attributes of such directories; `makes_parents` that
        the later one makes missing directories as builders do: mode 0755, root's.
        """
        for path in sorted(later.written | later.made):
            for above in ancestors(path):
                if above in self.written:
                    return above
                if above in self.made:
                    shared = above != path and merges and makes_parents
                    if not shared or (above in self.special and not unpacks):
                        return above
        theirs = later.written | later.made
        for path in sorted(self.written | self.made):
            for above in ancestors(path):
                if above in theirs:
                    return above
        return ""


def facts_by_line(image: Image, readings: Sequence[LayerReading]) -> dict[int, LayerFacts]:
    """First line of an instruction to what its layer holds, for layers that are certainly of one instruction.

    The image has to have its lines (`dockerfile.match`).
    """
    found: dict[int, LayerFacts] = {}
    doubtful: set[int] = set()
    directories: dict[bytes, tuple[object, ...]] = {}
    for layer, reading in zip(image.layers, readings, strict=True):
        written, made, special = _effects(reading.changeset, directories)
        instruction = layer.instruction
        if instruction is None or instruction.lines is None or reading.error is not None:
            continue
        line = instruction.lines.first
        if not _of_one(instruction.lines.text) or line in found:
            doubtful.add(line)
        found[line] = LayerFacts(
            layer.index,
            frozenset(map(_text, written)),
            frozenset(map(_text, made)),
            frozenset(map(_text, special)),
            reading.compressed_bytes,
            reading.changeset.tar_bytes,
        )
    return {line: facts for line, facts in found.items() if line not in doubtful}


def links_of(readings: Sequence[LayerReading]) -> dict[str, str]:
    """Every symbolic link that a layer has, with its target; a later one counts."""
    found: dict[str, str] = {}
    for reading in readings:
        changeset = reading.changeset
        for index, target in changeset.link_targets.items():
            if changeset.kinds[index] == EntryKind.SYMLINK:
                found[_text(changeset.path(index))] = target.decode("utf-8", "surrogateescape")
    return found


def _of_one(text: str) -> bool:
    """Whether lines are those of a single instruction; a layer of many begins and ends with others."""
    from layerscope.dockerfile.read import read_dockerfile  # noqa: PLC0415
    from layerscope.errors import DockerfileError  # noqa: PLC0415

    try:
        return len(read_dockerfile(text.encode("utf-8", "surrogateescape"), "lines").instructions) == 1
    except DockerfileError:
        return True  # a heredoc or another escape character: lines of several would parse alike


def _text(path: bytes) -> str:
    return "/" + path.decode("utf-8", "surrogateescape")


def _effects(
    changeset: Changeset, directories: dict[bytes, tuple[object, ...]]
) -> tuple[set[bytes], set[bytes], set[bytes]]:
    """Paths written, directories made, and those of them that are special; `directories` goes along."""
    written: set[bytes] = set(changeset.whiteouts) | set(changeset.opaques)
    made: set[bytes] = set()
    special: set[bytes] = set()
    for path in changeset.whiteouts:
        directories.pop(path, None)
    for entry in changeset.entries():
        if entry.kind is not EntryKind.DIRECTORY:
            written.add(entry.path)
            directories.pop(entry.path, None)
            continue
        attributes = _attributes(entry)
        before = directories.get(entry.path)
        directories[entry.path] = attributes
        if before is None:
            made.add(entry.path)
            if attributes != _PLAIN:
                special.add(entry.path)
        elif before != attributes:
            written.add(entry.path)
    for path in _implied(changeset):
        if path not in directories:
            directories[path] = _PLAIN
            made.add(path)
    return written, made, special


def _implied(changeset: Changeset) -> Iterator[bytes]:
    for parent in changeset.directories:
        directory = parent
        while directory:
            yield directory
            directory = directory.rpartition(b"/")[0]


def _attributes(entry: Entry) -> tuple[object, ...]:
    return (entry.mode, entry.uid, entry.gid, entry.xattrs)
