"""Documentation and manual pages.

## What it finds

Documentation that packages install: below `/usr/share` and `/usr/local/share` the directories `doc`, `man`,
`info`, `gtk-doc`, `help`, `ri` and `lintian`, and the cache of man-db. Copyright and licence texts among it
are not meant: they have to go along with the programs.

## Why it matters

Nobody reads manuals in a container. It is a warning where the base image is known and one's own layers add
them, for information otherwise.

## How to fix it

Tell the package manager before it installs:

    RUN for d in doc man info gtk-doc help lintian; do echo "path-exclude=/usr/share/$d/*"; done \\
          > /etc/dpkg/dpkg.cfg.d/01-nodoc \\
     && echo 'path-include=/usr/share/doc/*/copyright' >> /etc/dpkg/dpkg.cfg.d/01-nodoc

    RUN dnf install -y --nodocs curl && dnf clean all
    RUN gem install --no-document rake

Debian's `-slim` images have that dpkg setting already; Alpine has documentation in packages of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity

__all__ = ["Documentation"]

_LEGAL = (b"copyright", b"license", b"licence", b"copying", b"notice")
_FIX = Fix(
    "tell the package manager to leave documentation out, before it installs",
    'RUN for d in doc man info gtk-doc help lintian; do echo "path-exclude=/usr/share/$d/*"; done '
    "> /etc/dpkg/dpkg.cfg.d/01-nodoc && echo 'path-include=/usr/share/doc/*/copyright' "
    ">> /etc/dpkg/dpkg.cfg.d/01-nodoc",
)


class Documentation(Rule):
    """Live files in directories of documentation, without legal texts."""

    id = "LS144"
    name = "documentation"
    patterns = {
        "documentation": (
            "usr/share/doc/**",
            "usr/share/man/**",
            "usr/share/info/**",
            "usr/share/gtk-doc/**",
            "usr/share/help/**",
            "usr/share/gnome/help/**",
            "usr/share/ri/**",
            "usr/share/lintian/**",
            "usr/local/share/doc/**",
            "usr/local/share/man/**",
            "usr/local/share/info/**",
            "usr/local/share/ri/**",
            "usr/local/man/**",
            "var/cache/man/**",
        )
    }

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each layer; a warning only where it is known to be one's own."""
        severity = Severity.WARNING if evidence.analysis.base.layers else Severity.INFO
        for inodes in self.matched(evidence, "documentation").values():
            pages = [inode for inode in inodes if not _is_legal(evidence, inode)]
            if pages:
                yield Draft("documentation is stored", _FIX, inodes=pages, severity=severity)


def _is_legal(evidence: Evidence, inode: int) -> bool:
    names = (name.rpartition(b"/")[2].lower() for name in evidence.names(inode))
    return any(name.startswith(_LEGAL) for name in names)
