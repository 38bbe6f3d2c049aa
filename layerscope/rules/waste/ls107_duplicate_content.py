"""Files with the same content at several paths.

## What it finds

Files of at least 20 kB whose content is in the final root filesystem at another path, too. All copies but
the first one count. Passed over are copies that packages of the operating system brought, copies within one
package of a language, and hard links, which share their content already.

## Why it matters

A layer does not know that two of its files are equal, and stores both. Compression does not help either
where they are far apart.

## How to fix it

Keep one copy and make the others symbolic links, in the instruction that would write them: a link that a
later instruction puts in place of a copy frees nothing. What `COPY` brings twice should be copied once. Often
a second copy comes from copying a directory that holds an already copied one, or from `cp -r` where `mv` was
meant, in the same instruction. For copies below `node_modules` try `npm dedupe`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.origins import SYSTEM_ECOSYSTEMS, Writer, writer_of
from layerscope.rules.settlement import NOTABLE_BYTES, NOTABLE_RATIO

__all__ = ["DuplicateContent"]

_LINK = Fix(
    "make symbolic links instead of copies in the instruction that writes them: a later one frees nothing",
    "RUN make install && ln -sf /opt/lib/model.bin /srv/app/model.bin",
)
_COPY = Fix(
    "copy them once: leave them out of the instruction that copies them again, and where both places are "
    "needed make links in a RUN; a link in place of a stored copy frees nothing",
    "RUN ln -s /opt/lib/model.bin /srv/app/model.bin",
)


class _Copies:
    """Files of one tree that are in another one, too: `later` are the copies, `kept` their first ones."""

    def __init__(self) -> None:
        self.later: list[int] = []
        self.kept: list[int] = []
        self.packaged = False
        """A package of a language brought some of them."""


class DuplicateContent(Rule):
    """Live files that are equal, by the two trees that hold them."""

    id = "LS107"
    name = "duplicate-content"
    rank = 95  # whoever knows why a file is there has it; what is left counts as copies of each other

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each two trees that are much alike, and one for all other copies."""
        rest = _Copies()
        for (kept, later), copies in sorted(_by_trees(evidence).items()):
            total = sum(map(evidence.unclaimed, copies.later))
            stored = evidence.analysis.ledger.stored_bytes
            if total >= NOTABLE_BYTES and total >= NOTABLE_RATIO * stored and not copies.packaged:
                trees = f"{_shown(later)} holds what {_shown(kept)} holds, too"
                yield Draft(trees, _fix(evidence, copies), inodes=copies.later, mentions=copies.kept)
            else:
                rest.later += copies.later
                rest.kept += copies.kept
        if rest.later:
            yield Draft(
                "files have the same content as others",
                _fix(evidence, rest),
                inodes=rest.later,
                mentions=rest.kept,
                severity=Severity.INFO,
            )


def _fix(evidence: Evidence, copies: _Copies) -> Fix:
    """What a RUN wrote it can link; what was copied must not be copied again."""
    writers = {writer_of(evidence, layer) for layer, *_ in evidence.by_layer(copies.later)}
    return _LINK if writers <= {Writer.RUN, Writer.UNKNOWN} else _COPY


def _by_trees(evidence: Evidence) -> dict[tuple[bytes, bytes], _Copies]:
    """Copies by the paths of both, without the components at their ends that are the same."""
    found: dict[tuple[bytes, bytes], _Copies] = {}
    for first, others in _equal_files(evidence):
        path = evidence.path(first)
        for inode in others:
            copies = found.setdefault(_trees(path, evidence.path(inode)), _Copies())
            copies.later.append(inode)
            copies.kept.append(first)
            copies.packaged |= evidence.package(inode) is not None
    return found


def _equal_files(evidence: Evidence) -> Iterator[tuple[int, list[int]]]:
    """Files whose content another one has: that one, which is to be kept, and its copies, all unclaimed."""
    by_size: dict[int, list[int]] = {}
    for inode in evidence.large_files:
        by_size.setdefault(evidence.size(inode), []).append(inode)
    for size, inodes in by_size.items():
        if len(inodes) < 2:
            continue
        for group in _by_content(evidence, inodes):
            # What has one owner is kept or given up together. Whose turn it is to be kept does not depend on
            # what is claimed already: else less could be left, and more be found.
            by_owner: dict[tuple[str, int], list[int]] = {_SYSTEM: []}
            for inode in group:
                by_owner.setdefault(_owner(evidence, inode), []).append(inode)
            unclaimed = ([i for i in some if evidence.unclaimed(i) == size] for some in by_owner.values())
            kept, *others = [some for some in unclaimed if some] or [[]]
            if others:
                yield kept[0], [inode for some in others for inode in some]


def _by_content(evidence: Evidence, inodes: Iterable[int]) -> Iterator[list[int]]:
    by_digest: dict[tuple[str, bytes], list[int]] = {}
    for inode in inodes:
        changeset, index, _ = evidence.inodes.locate(inode)
        if digest := changeset.content_digest(index):
            by_digest.setdefault((changeset.content_hash, digest), []).append(inode)
    return (group for group in by_digest.values() if len(group) > 1)


_SYSTEM = ("system", 0)


def _owner(evidence: Evidence, inode: int) -> tuple[str, int]:
    """The operating system, a package, or nobody but the file itself."""
    index = evidence.packages.owners.get(inode)
    if index is None:
        return "file", inode
    ecosystem = evidence.packages.packages[index].ecosystem
    return _SYSTEM if ecosystem in SYSTEM_ECOSYSTEMS else ("package", index)


def _trees(kept: bytes, later: bytes) -> tuple[bytes, bytes]:
    """`opt/a/lib/x` and `srv/a/lib/x` are in `opt` and in `srv`."""
    one, other = kept.split(b"/"), later.split(b"/")
    while len(one) > 1 and len(other) > 1 and one[-1] == other[-1]:
        one.pop()
        other.pop()
    return b"/".join(one), b"/".join(other)


def _shown(path: bytes) -> str:
    return "/" + path.decode(errors="backslashreplace")
