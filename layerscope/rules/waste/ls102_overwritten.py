"""Files that a later layer writes again.

## What it finds

Files that one layer stores and a later one stores again with another content, or replaces by something else:
a directory, a link.

## Why it matters

Both contents are in the image; only the last one can be seen. Every pull brings both.

## How to fix it

Write the file once. Where two `RUN` instructions change the same file, make them one: a package manager's
database, for example, is stored again by each instruction that installs something. Where a `COPY` brings a
file that a later instruction edits (`sed -i`), edit it in another stage, or copy the right one.

What the base image stores stays stored: configure it by a file of one's own beside it where the program
allows that (`conf.d`), and upgrade packages by taking a newer base.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.pairs import LayerPair, pair_drafts

__all__ = ["Overwritten"]

_RUN = Fix(
    "write them once: make one RUN of the instructions that change the same files",
    "RUN ./configure --prefix=/usr && make && make install",
)
_COPY = Fix(
    "copy the files as they are meant to be: change them in another stage, and copy them from there",
    "COPY --from=build /src/dist /srv/app",
)
_BASE = Fix(
    "the base image stores the files as they were: choose a base that has them as they are needed, "
    "or leave them alone and put files of your own beside them"
)
_INSTALL = Fix(
    "install all packages in one RUN, so that the databases are stored once more and not several times"
)


class Overwritten(Rule):
    """Every byte of the ledger whose file has another content now, or became something else."""

    id = "LS102"
    name = "overwritten"
    rank = 90
    patterns = {
        "databases": (
            *("var/lib/dpkg/**", "var/lib/apt/extended_states", "var/cache/debconf/**"),
            *("lib/apk/db/**", "usr/lib/apk/db/**", "var/lib/pacman/local/**"),
            *("var/lib/rpm/**", "usr/lib/sysimage/rpm/**", "var/lib/dnf/**"),
            *("etc/ld.so.cache", "var/cache/ldconfig/**"),
        )
    }

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers; one for what every installation writes again."""
        yield from self._databases(evidence)

        def draft(pair: LayerPair) -> Draft:
            copied = evidence.keyword(pair.written_in) in ("COPY", "ADD")
            return Draft(
                f"files of layer {pair.written_in} are written again by layer {pair.hidden_in}",
                _COPY if copied else _RUN,
                inodes=pair.inodes,
                base_fix=_BASE,
            )

        yield from pair_drafts(
            evidence,
            evidence.wasted(WasteCause.OVERWRITTEN, WasteCause.REPLACED),
            draft=draft,
            several="files of several layers are written again by later ones",
            fix=_RUN,
            base_fix=_BASE,
        )

    def _databases(self, evidence: Evidence) -> Iterator[Draft]:
        """The base image's package databases: whoever installs anything writes them again, and has to.

        Those that one's own layers stored are as wasted as other files: one RUN would write them once.
        """
        causes = (WasteCause.OVERWRITTEN, WasteCause.REPLACED)
        inodes = [
            inode
            for layer, found in self.matched(evidence, "databases", live=False).items()
            if evidence.in_base(layer)
            for inode in found
            if evidence.hidden[inode][0] in causes
        ]
        if inodes:
            yield Draft(
                "the base image's package databases are written again, as any installation does",
                _INSTALL,
                inodes=inodes,
                base_fix=_INSTALL,
                severity=Severity.INFO,
            )
