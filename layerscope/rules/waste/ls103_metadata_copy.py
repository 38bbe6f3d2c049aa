"""Files stored again for another mode, owner or time.

## What it finds

Files that a later layer stores again with the same content: only their mode, owner, times or extended
attributes differ. `RUN chown -R`, `RUN chmod -R` and a second `COPY` of the same tree do that.

## Why it matters

A layer holds whole files. Changing the owner of a file of a lower layer stores its content a second time.

## How to fix it

Give the owner and the mode to the instruction that writes the files: `COPY --chown=1000:1000 --chmod=0755 …`.
For files that a `RUN` writes, run `chown` or `chmod` in that same instruction, or write them as that user.

Files of the base image do not have to belong to the user that a container runs as, if they need only be
read. `chown` only the directories that are written to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from layerscope.analysis.ledger import WasteCause
from layerscope.errors import DockerfileError
from layerscope.image.history import Instruction
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.pairs import LayerPair, pair_drafts

__all__ = ["MetadataCopy"]

_SAMPLE = 200
"""So many of the largest files of a pair of layers tell what was changed."""

_SEVERAL = Fix(
    "give owner and mode to the instruction that writes the files, not to a later one",
    "COPY --chown=1000:1000 --chmod=0755 src /srv/app",
)
_BASE = Fix(
    "the base image stores these files, and each one that is changed is stored again: "
    "change only what is written to at run time",
    "RUN chown app:app /srv/app/data",
)


class _Change(NamedTuple):
    """What most of the bytes were stored again for; None: not for that, or not all for the same."""

    word: str
    """`owner`, `mode`, `owner and mode`, `time or attributes`."""
    owner: str | None = None
    mode: str | None = None


class MetadataCopy(Rule):
    """Every byte of the ledger that is stored again with other metadata."""

    id = "LS103"
    name = "metadata-copy"
    rank = 90

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers."""
        wasted = evidence.wasted(WasteCause.METADATA_ONLY)
        later = _LaterEntries(evidence, wasted)

        def draft(pair: LayerPair) -> Draft:
            change = _change(evidence, pair, later)
            return Draft(
                f"files of layer {pair.written_in} are stored again by layer {pair.hidden_in} "
                f"for another {change.word}",
                _BASE if evidence.in_base(pair.written_in) else _fix(change, evidence, pair.written_in),
                inodes=pair.inodes,
                by_hider=True,
            )

        yield from pair_drafts(
            evidence,
            wasted,
            draft=draft,
            several="files of several layers are stored again for other metadata",
            fix=_SEVERAL,
            by_hider=True,
        )


class _LaterEntries:
    """The entries that took the place of files, looked up once for each layer that hid some."""

    def __init__(self, evidence: Evidence, wasted: Mapping[tuple[int, int], Sequence[int]]) -> None:
        self._evidence = evidence
        self._wasted = wasted
        self._entries: dict[int, dict[bytes, int]] = {}

    def sample(self, pair: LayerPair) -> list[tuple[int, int]]:
        """The largest files of a pair, each with the entry that took its place."""
        if pair.hidden_in not in self._entries:
            largest = [
                self._largest(some) for (_, hider), some in self._wasted.items() if hider == pair.hidden_in
            ]
            paths = [self._evidence.path(inode) for inodes in largest for inode in inodes]
            self._entries[pair.hidden_in] = self._evidence.entries_at(pair.hidden_in, paths)
        entries = self._entries[pair.hidden_in]
        found = ((inode, entries.get(self._evidence.path(inode))) for inode in self._largest(pair.inodes))
        # none: its last name was a hard link elsewhere
        return [(inode, entry) for inode, entry in found if entry is not None]

    def _largest(self, inodes: Sequence[int]) -> list[int]:
        return nlargest(_SAMPLE, inodes, key=self._evidence.size)


def _change(evidence: Evidence, pair: LayerPair, later: _LaterEntries) -> _Change:
    """Compare the largest files with the entries that took their place."""
    words: Counter[str] = Counter()
    owners: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    for inode, entry in later.sample(pair):
        size = evidence.size(inode)
        old_mode, *old_owner = _attributes(evidence, evidence.inodes.metadata_entry(inode))
        mode, *owner = _attributes(evidence, entry)
        changed = [
            word for word, differs in (("owner", owner != old_owner), ("mode", mode != old_mode)) if differs
        ]
        words[" and ".join(changed) or "time or attribute"] += size
        if owner != old_owner:
            owners[f"{owner[0]}:{owner[1]}"] += size
        if mode != old_mode:
            modes[f"{mode:04o}"] += size
    if not words:
        return _Change("owner, mode or time")
    word = max(words, key=lambda each: (words[each], each))
    return _Change(
        word,
        next(iter(owners)) if "owner" in word and len(owners) == 1 else None,
        next(iter(modes)) if "mode" in word and len(modes) == 1 else None,
    )


def _attributes(evidence: Evidence, entry: int) -> tuple[int, int, int]:
    changeset, index, _ = evidence.inodes.locate(entry)
    return changeset.attributes[changeset.attribute_ids[index]]


def _fix(change: _Change, evidence: Evidence, layer: int) -> Fix:
    keyword = evidence.keyword(layer)
    if "time" in change.word and "owner" not in change.word:
        return Fix(
            "store them once: the contents are the same, so the later instruction need not write them, "
            "or must keep their times",
            "COPY --from=build /src/dist /srv/app",
        )
    if keyword == "RUN":
        commands = [f"chown -R {change.owner or 'USER:GROUP'} DIRECTORY"] if "owner" in change.word else []
        commands += [f"chmod -R {change.mode or 'MODE'} DIRECTORY"] if "mode" in change.word else []
        return Fix(
            "change it in the instruction that writes the files",
            "RUN make install && " + " && ".join(commands),
        )
    options = [f"--chown={change.owner or 'USER:GROUP'}"] if "owner" in change.word else []
    options += [f"--chmod={change.mode or 'MODE'}"] if "mode" in change.word else []
    instruction = evidence.analysis.layers[layer].layer.instruction
    copied = _with_options(instruction, options) or f"COPY {' '.join(options)} SOURCE TARGET"
    return Fix("give it to the instruction that copies the files", copied)


def _with_options(instruction: Instruction | None, options: Sequence[str]) -> str:
    """The user's own instruction with these options in place of its own; empty if it is not known for sure.

    BuildKit's history has the sources as they were written, but no `--from`: where they are looked for is
    known where none begins at the root. Other builders write hashes in their place.
    """
    if instruction is None:
        return ""
    text = instruction.lines.text if instruction.lines else instruction.text
    if not instruction.lines and instruction.builder != "buildkit":
        return ""
    try:
        from layerscope.dockerfile.read import read_dockerfile  # noqa: PLC0415  # 13 ms that few need

        (parsed,) = read_dockerfile(text.encode(), "").instructions
    except (DockerfileError, ValueError):
        return ""
    words = [word.text for word in parsed.words]
    rooted = any(word.startswith("/") for word in words[:-1])
    if parsed.keyword not in ("COPY", "ADD") or parsed.heredocs or (rooted and not instruction.lines):
        return ""
    kept = [
        flag.text for flag in parsed.flags if not any(each.startswith(f"--{flag.name}=") for each in options)
    ]
    return " ".join([parsed.keyword, *kept, *options, parsed.arguments])
