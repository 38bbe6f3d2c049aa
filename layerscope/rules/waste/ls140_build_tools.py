"""Compilers and other tools for building.

## What it finds

Packages that are needed to build programs and not to run them, installed by the image's own layers: compilers
(`gcc`, `g++`, `clang`, `rustc`, `golang`), `make`, `cmake`, `autoconf`, header packages (`*-dev`, `*-devel`),
`build-essential`, `build-base`, and what only these need (`binutils`, `libgcc-12-dev`). Tools that fetch
sources (`git`, `subversion`, `mercurial`) are named apart, for information.

## Why it matters

They are often the largest part of an image, nothing uses them when it runs, and they help whoever breaks in.

## How to fix it

Build in another stage and copy the result from it. Where that does not fit, remove the tools in the
instruction that installs them: `apt-get purge -y --auto-remove …`, or `apk add --virtual .build …` and
`apk del .build`. A tool that is removed by a later instruction is still stored.

An image that is meant to build other things (a base for a build stage) is right to have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.installing import install, rpm_manager

__all__ = ["BuildTools"]

_TOOLS = r"""
      (?:gcc|g\+\+|cpp|gfortran|gobjc|gdc|gnat|gccgo|clang|llvm|flang|tcc|lld|lldb)(?:-?\d[\d.]*)?
        (?:-c\+\+|-plugin-\w+|-tools|-runtime)?(?:-(?:[a-z0-9_-]+-)?linux-(?:gnu|musl)[a-z0-9]*)?
    | (?:rustc|cargo|rust|go|golang(?:-go|-bin|-src)?|golang-\d[\d.]*(?:-go|-src)?|ghc|fpc|ocaml)
    | (?:make|cmake|cmake-data|cmake-filesystem|ninja|ninja-build|samurai|meson|scons|bazel|ccache)
    | (?:autoconf|automake|autotools-dev|libtool|m4|bison|flex|byacc|gperf|patch|patchutils|swig[\d.]*)
    | (?:pkg-?config|pkgconf(?:-bin|-pkg-config|-m4)?|libpkgconf\d*|nasm|yasm|fakeroot|libfakeroot|debhelper)
    | (?:build-essential|build-base|base-devel|dpkg-dev|libdpkg-perl|devscripts|abuild|alpine-sdk|rpm-build)
    | (?:binutils(?:-common|-[a-z0-9_-]+-linux-gnu[a-z0-9]*|-gold)?|libbinutils|libctf(?:-nobfd)?0)
    | (?:linux-libc-dev|linux-headers.*|kernel-headers|libc-dev-bin|rpcsvc-proto|manpages-dev|fortify-headers)
    | (?:libcc1-0|libisl\d+|libmpc3|libgprofng0|lib(?:a|t|l|ub|hwa)san\d+|libitm1|isl\d*|mpc1)
    | (?:maven|gradle|ant|openjdk-?\d+-jdk(?:-headless)?|java-[\w.]+-openjdk-devel|default-jdk(?:-headless)?)
    | .+-(?:dev|devel|headers)
    """
"""Names of packages. Not `gcc-12-base`, which every Debian has, nor libraries that programs are linked to.
Nothing repeated is repeated again: names are the image's, and one of 250 characters would take for ever."""

_FETCHERS = frozenset({"git", "git-core", "subversion", "mercurial", "mercurial-common", "cvs", "bzr"})
_COMPANIONS = frozenset({"libmpfr6"})
"""Libraries of Debian that hardly anything but compilers needs: meant where a compiler came with them. Not
what libc6-dev brings, libnsl2 and libtirpc3: python3, openssh-server and iproute2 need them as well."""
_SYSTEMS = frozenset({"deb", "apk", "rpm", "alpm"})
_NAMED = 4
"""Packages that a message names."""


class BuildTools(Rule):
    """Live files of packages for building, by the layer that added them."""

    id = "LS140"
    name = "build-tools"
    rank = 40  # before rules about documentation and the like: it goes with its package

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each layer, package manager and kind of tool."""
        tools = re.compile(_TOOLS, re.VERBOSE)
        groups: dict[tuple[int, str, bool], list[int]] = {}
        for index, package in enumerate(evidence.packages.packages):
            if package.ecosystem in _SYSTEMS and not evidence.in_base(package.added_in):
                fetches = package.name in _FETCHERS
                if fetches or tools.fullmatch(package.name):
                    groups.setdefault((package.added_in, package.ecosystem, fetches), []).append(index)
        packages = evidence.packages.packages
        for (layer, ecosystem, fetches), indexes in groups.items():
            if ecosystem == "deb" and not fetches:
                came = (index for index, package in enumerate(packages) if package.added_in == layer)
                indexes += [index for index in came if packages[index].name in _COMPANIONS]
        owned = evidence.owned_by({index for indexes in groups.values() for index in indexes})
        for (_, ecosystem, fetches), indexes in sorted(groups.items()):
            kind = "tools that fetch sources" if fetches else "tools for building"
            yield Draft(
                f"{kind} are installed: {_names(evidence, indexes)}",
                _fix(evidence, ecosystem, fetches=fetches),
                inodes=[inode for index in indexes for inode in owned[index] if inode >= evidence.first_own],
                severity=Severity.INFO if fetches else None,
            )


def _fix(evidence: Evidence, ecosystem: str, *, fetches: bool) -> Fix:
    """Remove what was installed for it and nothing else, before the instruction ends."""
    tool, use = ("git", "git clone --depth 1 URL /src") if fetches else ("gcc", "make install")
    tool = "build-base" if ecosystem == "apk" and not fetches else tool
    manager = rpm_manager(evidence)
    remove = {
        "deb": f"apt-get purge -y --auto-remove {tool}",
        "apk": "apk del .tools",
        "rpm": f"{manager} remove -y {'--clean-deps ' if manager == 'zypper' else ''}{tool}",
        "alpm": f"pacman -Rs --noconfirm {tool}",
    }
    package = f"--virtual .tools {tool}" if ecosystem == "apk" else tool
    return Fix(
        "use them in another stage and copy the result, or remove them in the RUN that installs them",
        install(evidence, f"{use} && {remove[ecosystem]}", package, system=ecosystem),
    )


def _names(evidence: Evidence, indexes: list[int]) -> str:
    """The largest ones, which come first in the table, and how many more."""
    names = list(dict.fromkeys(evidence.packages.packages[index].name for index in sorted(indexes)))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
