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

from layerscope.rules.base import Draft, Rule, where_written
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.installing import install, rpm_manager
from layerscope.rules.origins import system_package

__all__ = ["Documentation"]

_LEGAL = (b"copyright", b"license", b"licence", b"copying", b"notice")
_LEAVE_OUT = "tell the package manager to leave documentation out, before it installs"
_SYSTEMS = {
    "deb": Fix(
        _LEAVE_OUT,
        "RUN cd /etc/dpkg/dpkg.cfg.d && for d in doc man info gtk-doc help gnome/help ri lintian; do "
        'echo "path-exclude=/usr/share/$d/*"; done > 01-nodoc && '
        'for f in copyright LICENSE COPYING NOTICE; do echo "path-include=/usr/share/doc/*/$f*"; done '
        ">> 01-nodoc",
    ),
    "apk": Fix("do not install the packages with documentation: their names end in -doc, or are docs"),
    "alpm": Fix(
        _LEAVE_OUT,
        r"RUN sed -i '/^\[options\]/a NoExtract = usr/share/doc/* usr/share/man/* usr/share/info/* "
        "usr/share/gtk-doc/* usr/share/help/* usr/share/gnome/help/*' /etc/pacman.conf",
    ),
}
_RPM = {
    "microdnf": "RUN microdnf install -y --nodocs PACKAGE && microdnf clean all",
    "zypper": "RUN echo 'rpm.install.excludedocs = yes' >> /etc/zypp/zypp.conf",
}
_OWN = Fix(
    "leave documentation out where it is installed, or remove it in the instruction that installs it",
    "RUN make install && rm -rf /usr/local/share/doc /usr/local/share/man /usr/local/share/info "
    "/usr/local/man",
)
_RI = Fix("let gem install none", "RUN gem install --no-document GEM")
_CACHE = "remove the cache of manual pages in the instruction that installs"


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
            "usr/share/lintian/**",
            "usr/local/share/doc/**",
            "usr/local/share/man/**",
            "usr/local/share/info/**",
            "usr/local/man/**",
        ),
        "ri": ("usr/share/ri/**", "usr/local/share/ri/**"),
        "cache": ("var/cache/man/**",),
    }

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each kind, layer and way to mend it; a warning where it is known to be own."""
        for topic in self.patterns:
            for layer, inodes in self.matched(evidence, topic).items():
                severity = Severity.WARNING if evidence.known_own(layer) else Severity.INFO
                by_system: dict[str, list[int]] = {}
                for inode in inodes:
                    if not _is_legal(evidence, inode):
                        package = system_package(evidence, inode)
                        by_system.setdefault(package.ecosystem if package else "", []).append(inode)
                for system, pages in sorted(by_system.items()):
                    fix = where_written(evidence, layer, _fix(evidence, topic, system))
                    yield Draft("documentation is stored", fix, inodes=pages, severity=severity)


def _fix(evidence: Evidence, topic: str, system: str) -> Fix:
    """What a package manager does not own, no setting of it leaves out."""
    if topic == "cache":
        return Fix(_CACHE, install(evidence, "rm -rf /var/cache/man/*"))
    if system == "rpm":
        manager = rpm_manager(evidence)
        standard = f"RUN {manager} install -y --setopt=tsflags=nodocs PACKAGE && {manager} clean all"
        return Fix(_LEAVE_OUT, _RPM.get(manager, standard))
    return _SYSTEMS.get(system, _RI if topic == "ri" else _OWN)


def _is_legal(evidence: Evidence, inode: int) -> bool:
    names = (name.rpartition(b"/")[2].lower() for name in evidence.names(inode))
    return any(name.startswith(_LEGAL) for name in names)
