"""Translations and locale definitions.

## What it finds

Translated messages (`/usr/share/locale`), sources that locales are compiled from (`/usr/share/i18n`), and
compiled locales (`/usr/lib/locale`), but for English, `C`, and the languages that `LANG`, `LANGUAGE` or
`LC_*` of the image's configuration name. The archive of compiled locales counts from 20 MB on: then it is
the one with all languages, not a few that were chosen.

## Why it matters

A program in a container speaks the one language that it is configured for. It is a warning where the base
image is known and one's own layers add them, for information otherwise.

## How to fix it

Tell the package manager before it installs:

    RUN printf '%s\\n' 'path-exclude=/usr/share/locale/*' 'path-include=/usr/share/locale/locale.alias' \\
          > /etc/dpkg/dpkg.cfg.d/02-nolocale
    RUN dnf install -y glibc-minimal-langpack && dnf remove -y glibc-all-langpacks && dnf clean all

`ENV LANG=C.UTF-8` gives a program Unicode without any locale being installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule, where_written
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.installing import install
from layerscope.rules.origins import system_package

__all__ = ["Locales"]

_ARCHIVE_BYTES = 20_000_000
_LANGUAGE = re.compile(rb"usr/(?:local/)?(?:share|lib)/locale/([A-Za-z]+)[^/]*/.", re.DOTALL)
_ALWAYS = frozenset({b"c", b"posix", b"en"})
_LEAVE_OUT = (
    "tell the package manager to leave translations out, before it installs; ENV LANG=C.UTF-8 needs none"
)
_OWN = Fix("leave translations out where they are installed, or remove them in the instruction that does it")
_SOURCES = (
    "remove the sources of locales in the instruction that installs them, once the locales that are wanted "
    "are compiled"
)
_COMPILED = Fix(
    "install or compile the locales that are used, and no others (locales-all and glibc-all-langpacks have "
    "all); ENV LANG=C.UTF-8 needs none"
)


class Locales(Rule):
    """Live files of languages that the image is not configured for."""

    id = "LS145"
    name = "locales"
    patterns = {
        "translations": ("usr/share/locale/**", "usr/local/share/locale/**"),
        "compiled": ("usr/lib/locale/**",),
        "sources": ("usr/share/i18n/**",),
    }

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each kind, layer and way to mend it; a warning where it is known to be own."""
        wanted = _ALWAYS | _configured(evidence)
        for topic in self.patterns:
            for layer, inodes in self.matched(evidence, topic).items():
                severity = Severity.WARNING if evidence.known_own(layer) else Severity.INFO
                by_system: dict[str, list[int]] = {}
                for inode in inodes:
                    if _is_foreign(evidence, inode, wanted):
                        package = system_package(evidence, inode)
                        by_system.setdefault(package.ecosystem if package else "", []).append(inode)
                for system, foreign in sorted(by_system.items()):
                    fix = where_written(evidence, layer, _fix(evidence, topic, system, wanted))
                    yield Draft("translations or locales are stored", fix, inodes=foreign, severity=severity)


def _fix(evidence: Evidence, topic: str, system: str, wanted: frozenset[bytes]) -> Fix:
    """What a package manager does not own, no setting of it leaves out."""
    if topic == "sources":
        return Fix(_SOURCES, install(evidence, "rm -rf /usr/share/i18n"))
    if topic == "compiled":
        return _COMPILED
    kept = sorted(language.decode() for language in wanted - {b"c", b"posix"} if language.isalpha())
    if system == "deb":
        includes = " ".join(f"'path-include=/usr/share/locale/{language}*'" for language in kept)
        return Fix(
            _LEAVE_OUT,
            "RUN printf '%s\\n' 'path-exclude=/usr/share/locale/*' "
            f"'path-include=/usr/share/locale/locale.alias' {includes} > /etc/dpkg/dpkg.cfg.d/02-nolocale",
        )
    if system == "rpm":
        return Fix(_LEAVE_OUT, f"RUN echo '%_install_langs {':'.join(kept)}' > /etc/rpm/macros.langs")
    if system == "apk":
        return Fix("do not install the packages with translations: their names end in -lang, or are lang")
    if system == "alpm":
        excepted = " ".join(f"!usr/share/locale/{language}*" for language in kept)
        return Fix(
            _LEAVE_OUT,
            rf"RUN sed -i '/^\[options\]/a NoExtract = usr/share/locale/* {excepted}' /etc/pacman.conf",
        )
    return _OWN


def _is_foreign(evidence: Evidence, inode: int, wanted: frozenset[bytes]) -> bool:
    return all(_is_foreign_path(evidence, inode, name, wanted) for name in evidence.names(inode))


def _is_foreign_path(evidence: Evidence, inode: int, path: bytes, wanted: frozenset[bytes]) -> bool:
    if path.startswith(b"usr/share/i18n/"):
        return True
    if path.startswith(b"usr/lib/locale/locale-archive"):
        return evidence.size(inode) >= _ARCHIVE_BYTES
    language = _LANGUAGE.match(path)
    return language is not None and language[1].lower() not in wanted


def _configured(evidence: Evidence) -> frozenset[bytes]:
    """The languages that variables of the configuration name: `de` for `LANG=de_DE.UTF-8`."""
    config = evidence.analysis.image.config.config
    found = set()
    for variable in config.Env or () if config else ():
        name, _, value = variable.partition("=")
        if name in ("LANG", "LANGUAGE") or name.startswith("LC_"):
            found |= {re.split(r"[_.@]", each)[0].lower() for each in value.split(":")}
    return frozenset(each.encode() for each in found if each)
